"""A wallet whose process is killed while it saves, again and again, is whole, and nothing else stays in its folder.

Of 200 kills 88 had left a hidden file with the wallet's encrypted content in it.
"""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from circuits import records
from prover.trader import archive, keys, walletfile, wallets

SAVER = """
import os, pathlib, signal, sys
from dataclasses import replace
from prover.trader import walletfile
calls = 0
def mortal(call):
    def wrapped(*arguments):
        global calls
        calls += 1
        if calls == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments)
    return wrapped
with walletfile.open(pathlib.Path(sys.argv[1]), "") as file:
    os.fsync, os.replace = mortal(os.fsync), mortal(os.replace)
    for number in (10, 11):
        file.save(replace(file.wallet, scanned=number), [replace(file.wallet.live[0], position=number)])
"""
CALLS = 8  # of os.fsync and os.replace in two saves: archive, file, rename and folder


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
    path = tmp_path / "alice.json"
    account = records.Account(1, (5, *(0,) * 15), 0, 2)
    with walletfile.create(path, "", replace(wallets.new(), scanned=9, live=(wallets.Holding(account, 0, 0),))):
        return path


def save_and_die(path, call: int) -> int:
    """The exit code of a process that saves twice and is killed before one of its calls."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-P", "-c", SAVER, str(path), str(call)]
    return subprocess.run(command, env=environment, timeout=300).returncode


def test_after_a_kill_at_any_moment_of_a_save_the_wallet_is_whole_and_alone(path):
    left = 0
    for call in range(1, CALLS + 1):
        assert save_and_die(path, call) == -signal.SIGKILL
        left += any(name.startswith(".") for name in os.listdir(path.parent))
        with walletfile.open(path, "") as file:
            # What the wallet was saved without is in the archive, which may be one step ahead.
            key = keys.archive_key(keys.viewing_key(file.wallet.seed))
            archived = {holding.position for holding in archive.read(archive.beside(path), key)}
            assert set(range(10, file.wallet.scanned + 1)) <= archived <= set(range(10, file.wallet.scanned + 2))
            file.save(replace(file.wallet, scanned=9))
            files = sorted(os.listdir(path.parent))
            archive.beside(path).unlink()
        assert files == ["alice.archive", "alice.json", "alice.json.lock"], call
    assert left == 4, "the file is written under its hidden name before two calls in each save"
    assert save_and_die(path, CALLS + 1) == 0, "there are no more calls than were tried"
