"""A file that was written is on disk when the function returns: its content, and its name in the folder."""

import os
import signal
import subprocess
import sys

import pytest

from prover.machine import arrayfolder, files


@pytest.fixture
def synced(monkeypatch):
    """What each fsync makes durable: for a file its name, for a folder its name and the names in it at that time."""
    calls = []

    def record(handle: int) -> None:
        path = os.readlink(f"/proc/self/fd/{handle}")
        calls.append((os.path.basename(path), sorted(os.listdir(path)) if os.path.isdir(path) else None))

    monkeypatch.setattr(os, "fsync", record)
    return calls


pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="only Linux shows what a handle refers to")


def test_the_content_is_synced_before_the_rename_and_the_folder_after_it(synced, tmp_path):
    folder = files.make_folder(tmp_path / "folder")
    files.replace(folder / "wallet.json", b"content")
    (content, _), (name, names) = synced
    assert content.startswith(".wallet.json.") and (name, names) == ("folder", ["wallet.json"])


def test_of_several_files_all_contents_are_synced_before_the_first_rename(synced, tmp_path):
    folder = files.make_folder(tmp_path / "folder")
    files.replace_all({folder / "a": b"1", folder / "b": b"2"})
    assert [name[:3] for name, names in synced if names is None] == [".a.", ".b."]
    assert synced[-1] == ("folder", ["a", "b"]) and synced[1][1] is None


def test_a_folder_of_arrays_is_synced_with_its_parent(synced, tmp_path):
    parent = files.make_folder(tmp_path / "parent")
    with arrayfolder.creating(parent / "key") as folder:
        files.replace(folder / "a.npy", b"array")
    assert synced[-1] == ("parent", ["key"])


KILLED = """
import os, signal, sys
from pathlib import Path
from prover.machine import files
path = Path(sys.argv[1])
with files.locked(path, "the wallet"), files.writing(path) as file:
    file.write(b"a part")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_unfinished_goes_when_the_next_one_holds_the_lock(tmp_path):
    path = tmp_path / "her [x].json"
    others = {".her [x].json.notes", ".her [x].json.0123456789abcdeg", ".his.json.0123456789abcdef", "her [x].json"}
    for name in others:
        (tmp_path / name).write_text(name)
    for _ in range(3):
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-P", "-c", KILLED, path], env=environment, timeout=300)
        assert done.returncode == -signal.SIGKILL
    (unfinished,) = {entry.name for entry in tmp_path.iterdir()} - others - {"her [x].json.lock"}
    assert (tmp_path / unfinished).read_bytes() == b"a part"
    with files.locked(path, "the wallet"), files.writing(path) as file:
        file.write(b"whole")
        assert len(list(tmp_path.iterdir())) == len(others) + 2, "what is being written stays"
    assert {entry.name for entry in tmp_path.iterdir()} - {"her [x].json.lock"} == others
    assert path.read_bytes() == b"whole"
