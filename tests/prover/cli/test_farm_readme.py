"""The commands with which both pages begin a queue do what they say, in their order; the worker is one in a thread."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from circuits import samples
from circuits.statements import statement
from prover.circom import keycache
from prover.farm import farmkey, keycontents, opening
from prover.farm.worker import Worker
from tests.prover.cli.run import as_json, zksettle
from tests.prover.farm import farms

ROOT = Path(__file__).parents[3]
URL = "postgresql://db/zksettle"
PAGES = {
    "the farm's": (Path(opening.__file__).parent / "README.md", r"^\w+\$ zksettle (.*--queue.*)"),
    "the first": (ROOT / "README.md", r"^\$ zksettle (.*--queue.*)"),
}


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run(page, url, home, tmp_path, circom_folders, monkeypatch):
    path, pattern = PAGES[page]
    lines = [shlex.split(line.replace(URL, url), comments=True)
             for line in re.findall(pattern, path.read_text("utf-8"), re.MULTILINE)]  # fmt: skip
    begun, (working,), *rest = lines[0], [line for line in lines if line[:2] == ["prover", "worker"]], *lines[1:]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path / "cache")
    for name in ("circuit.zkey", "witness.wtns", "input.json", "circuit_js/circuit.wasm"):
        shutil.copy(circom_folders["words"] / name, tmp_path)
    public, private = samples.honest("leg")[0]
    Path("INPUT.json").write_text(
        json.dumps({"public": statement.to_json(public), "private": statement.to_json(private)})
    )
    for name in ("queues.json", "farm/key.json"):
        (home / name).unlink(missing_ok=True)
    made = as_json(home, *begun)
    shutil.copy(made["key"], working[working.index("--key") + 1])
    worker_keys = farmkey.read(Path("farm.json"))
    worker = Worker(url, worker_keys, tmp_path / "keys", tmp_path / "worker.json")
    farm = farms.Farm(url, tmp_path, worker_keys, keycontents.of_zkey(Path("circuit.zkey")))
    with farm.working(worker):
        for line in rest:
            if line != working:
                ran = zksettle(home, *(made["public"] if word == "DIGITS" else word for word in line))
                assert ran.code == 0, (line, ran)
    done = farm.sql("SELECT count(*) FROM jobs WHERE state = 'done'")
    assert done == [(sum("prove" in line or "fullprove" in line for line in rest),)]
