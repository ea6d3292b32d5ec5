"""Compiled kernels are pickles: whoever can change the cache makes us run their code.

The attacker owns, or may write to, a folder above the cache.  He lets the cache be a link to a good folder until it
has been checked, and then turns the link to a folder of his own.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prover.circom import keycache
from prover.service import endpoint
from prover.service.protocol import Failed
from zk.runtime import kernelcache

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="the system has no owners of files")

# Checks the cache by importing the kernels, gives the attacker his turn, and calls a kernel.
VICTIM = """
import os, pathlib, pickle, sys
import numpy as np
from zk.fields import conversion
from zk.fields.prime import FR
from zk.runtime import kernelcache

class Payload:
    def __reduce__(self):
        return os.mkdir, (sys.argv[2],)

kernel = conversion._TO_PLAIN[FR]
index = pathlib.Path(kernel._cache._cache_file._index_path)
cache = pathlib.Path(os.environ["ZKSETTLE_CACHE"])
his = pathlib.Path(sys.argv[1], "kernels", index.parent.name, index.name)
his.parent.mkdir(parents=True)
his.write_bytes(pickle.dumps(Payload()))
cache.unlink()
cache.symlink_to(sys.argv[1])
kernel(np.zeros((8, 4), np.uint64), np.zeros((8, 4), np.uint64))
"""


def run(program: str, *arguments: Path | str, cache: Path) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ZKSETTLE_CACHE": str(cache)}
    return subprocess.run(
        [sys.executable, "-P", "-c", program, *map(str, arguments)], env=environment, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip


def test_a_link_that_is_turned_after_the_check_runs_nothing(tmp_path):
    shared, good, has_run = tmp_path / "shared", tmp_path / "good", tmp_path / "his code has run"
    shared.mkdir()
    shared.chmod(0o777)
    good.mkdir(mode=0o700)
    (shared / "cache").symlink_to(good)
    done = run(VICTIM, tmp_path / "his", has_run, cache=shared / "cache")
    assert not has_run.exists()
    assert f"PermissionError: {shared} can be changed by other users" in done.stderr


def test_the_turned_link_runs_nothing_in_a_folder_of_our_own_either(tmp_path):
    """The program of the test above, where the check must pass: it shows that the attack would be noticed."""
    good, has_run = tmp_path / "good", tmp_path / "his code has run"
    good.mkdir(mode=0o700)
    (tmp_path / "cache").symlink_to(good)
    done = run(VICTIM, tmp_path / "his", has_run, cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert not has_run.exists()


@pytest.mark.parametrize("command", ["warmup", "doctor"])
def test_a_command_says_so_in_one_sentence(tmp_path, command):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    main = "from prover.cli import main; main.run()"
    done = run(main, command, "--json", "--home", tmp_path / "home", cache=shared / "cache")
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "Traceback" not in said and "internal error" not in said
    assert f"{shared} can be changed by other users: make it yours alone with chmod go-w" in said
    assert list(shared.iterdir()) == []


def test_the_folder_of_the_provers_socket_is_refused_too(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o777)
    folder, why = tmp_path / "home" / "service", "home can be changed by other users"
    with pytest.raises(Failed, match=why), endpoint.bound(folder):
        pytest.fail("a stranger can put his socket there")


def test_the_cache_of_circom_keys_is_refused_too(tmp_path, monkeypatch):
    tmp_path.chmod(0o777)
    monkeypatch.setattr(kernelcache, "base", tmp_path / "cache" / "kernels")
    with pytest.raises(PermissionError, match="can be changed by other users"):
        keycache.folder()
