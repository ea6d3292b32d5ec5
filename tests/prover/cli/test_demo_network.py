"""`zksettle demo --network` tells its story with real processes, and none of them outlives it, however it ends."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S, until


@contextmanager
def told(home, keystore, folder: Path):
    """The demo as a process, with its machines' homes in `folder`."""
    (home / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    command = [sys.executable, "-m", "prover.cli.main", "demo", "--network", "--json", "--keep", str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [*command, "--home", str(home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
        until(lambda: not alive(folder), "the demo's processes end")
    finally:
        for pid in [process.pid, *alive(folder)]:
            if process.pid != pid or process.poll() is None:
                os.kill(pid, signal.SIGKILL)
        process.communicate()


def alive(folder: Path) -> list[int]:
    """The demo's processes that still run: their files are named by their numbers."""
    return [pid for pid in {int(path.stem) for path in folder.glob("logs/*.out")} if Path(f"/proc/{pid}").exists()]


def test_the_story_ends_with_a_receipt_that_a_stranger_verified(keystore, tmp_path):
    (tmp_path / "home").mkdir()
    with told(tmp_path / "home", keystore, tmp_path / "kept") as process:
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, err
    document = json.loads(out)
    assert [act["act"] for act in document["acts"]] == [1, 2, 3, 4, 5, 6]
    steps = [step for act in document["acts"] for step in act["steps"]]
    taken = next(step["result"] for step in steps if "order take" in step["command"])
    assert steps[-1]["machine"] == "stranger" and steps[-1]["result"]["final"]
    assert steps[-1]["result"]["bundle"] == taken["bundle"] and taken["bundle"] in document["acts"][-1]["log"]
    assert {"final", "final_without_one", "story"} <= set(document["measures"]["seconds"])


def service(folder: Path) -> list[Path]:
    return [path for path in folder.glob("logs/*.out") if "served at" in path.read_text()]


def interrupted(process, folder):
    process.send_signal(signal.SIGINT)
    return 130, "interrupted"


def killed(process, folder):
    process.kill()
    return -signal.SIGKILL, ""


def without_its_service(process, folder):
    os.kill(int(service(folder)[0].stem), signal.SIGKILL)
    return 1, "failed at `zksettle"


@pytest.mark.parametrize("end", [interrupted, killed, without_its_service])
def test_no_process_outlives_the_story(keystore, tmp_path, end):
    (tmp_path / "home").mkdir()
    folder = tmp_path / "kept"
    with told(tmp_path / "home", keystore, folder) as process:
        until(lambda: service(folder) or process.poll() is not None, "the ledger is served")
        assert alive(folder), process.stderr.read()
        code, words = end(process, folder)
        process.wait(PATIENCE_S)
        assert process.returncode == code and words in process.stderr.read()
