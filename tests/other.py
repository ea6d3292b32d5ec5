"""The path that this process is not on: one lane where it runs on eight, eight where it was asked to run on one."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from zk import width

ROOT = Path(__file__).parents[1]
LANES = 1 if width.LANES == width.EIGHT else width.EIGHT

NEEDED = pytest.mark.skipif(not width.is_wide_cpu(), reason="this CPU has no AVX-512 IFMA: one lane is its only path")


def run(arguments: list[str], timeout_s: int) -> str:
    """What `python ARGUMENTS` prints on that path.  Fails the test when it fails."""
    return Run(arguments).output(timeout_s)


class Run:
    """`python ARGUMENTS` on that path, under way."""

    def __init__(self, arguments: list[str]):
        environment = os.environ | {"ZKSETTLE_LANES": str(LANES), "PYTHONPATH": str(ROOT)}
        self._printed, self._complaints = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=self._printed, stderr=self._complaints
        )

    def output(self, timeout_s: int) -> str:
        """What it printed, once it has ended.  Fails the test when it failed."""
        try:
            code = self._process.wait(timeout_s)
        finally:
            self.stop()
        printed = _read(self._printed)
        assert code == 0, f"with {LANES} lanes: {printed[-4000:]}{_read(self._complaints)[-2000:]}"
        return printed

    def stop(self) -> None:
        """Ends it if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def _read(file) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
