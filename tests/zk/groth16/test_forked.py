"""A child forked after its parent has proved can prove too, by `os.fork` or multiprocessing's start method `fork`."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the system has no fork")

# In a process of its own, so that a child that hangs can be killed with all that it holds.
PROGRAM = """
import multiprocessing, os
from prover.upkeep import exercises

exercises.proof()
child = os.fork()
if child == 0:
    exercises.proof()
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
with multiprocessing.get_context("fork").Pool(2) as pool:
    pool.apply(exercises.proof)
exercises.proof()
"""

# A child forked while another thread compiles, which holds the compiler's lock.
WHILE_COMPILING = """
import os, threading
import numpy as np
from zk.runtime import kernelcache
from zk.runtime.jit import kernel

@kernel
def double(x: int) -> int:
    return 2 * x

compiling, go_on = threading.Event(), threading.Event()
load = kernelcache.KernelCache.load_overload

def slowly(*arguments):
    compiling.set()
    go_on.wait(1)
    return load(*arguments)

kernelcache.KernelCache.load_overload = slowly
thread = threading.Thread(target=double, args=(21,))
thread.start()
assert compiling.wait(60)
child = os.fork()
if child == 0:
    os._exit(double(2.5) == 5.0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
thread.join()
"""


@pytest.mark.parametrize("program", [PROGRAM, WHILE_COMPILING], ids=["proving", "compiling"])
def test_a_forked_child_does_not_hang(program, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
