"""The path that this process is not on: one lane where it runs on eight, eight where it was asked to run on one."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from zk.runtime import cpu

ROOT = Path(__file__).parents[1]
LANES = 1 if cpu.LANES == cpu.EIGHT else cpu.EIGHT

ASKED = "ZKSETTLE_BOTH_PATHS"
"""Compiling every kernel a second time takes two minutes, which .ci/run spends and a user need not."""


def needed(test: Callable) -> Callable:
    """Marks a test that runs where both paths exist, when that is asked for."""
    asked = pytest.mark.skipif(ASKED not in os.environ, reason=f"set {ASKED}=1 to compile and test the other path too")
    return pytest.mark.skipif(not cpu.is_wide_cpu(), reason="this CPU has no AVX-512 IFMA: one lane is its only path")(
        asked(test)
    )


def run(arguments: list[str], timeout_s: int) -> str:
    """What `python ARGUMENTS` prints on that path.  Fails the test when it fails."""
    environment = os.environ | {"ZKSETTLE_LANES": str(LANES), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout_s
    )
    assert done.returncode == 0, f"with {LANES} lanes: {done.stdout[-4000:]}{done.stderr[-2000:]}"
    return done.stdout
