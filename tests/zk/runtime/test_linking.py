"""An inner kernel is code to link: it has no address, and a kernel compiled later finds it in the cache."""

import os
import subprocess
import sys
from pathlib import Path

import zk

ROOT = Path(zk.__file__).parents[1]
KERNELS = """
from zk.runtime.jit import inner, kernel

@inner
def collatz(a):
    steps = 0
    while a != 1:
        a = 3 * a + 1 if a % 2 else a // 2
        steps += 1
    return steps

@kernel
def first(a):
    return collatz(a)

@kernel
def second(a):
    return 1000 + collatz(a)
"""
ASK = """
import kernels
print(kernels.{}(27))
compiled, = kernels.collatz.overloads.values()
print(type(compiled.library).__name__, compiled.library.get_pointer_to_function(compiled.fndesc.mangled_name))
print(sum(kernels.collatz.stats.cache_hits.values()))
"""


def test_an_inner_kernel_has_no_machine_code_and_is_linked_from_the_cache(tmp_path):
    (tmp_path / "kernels.py").write_text(KERNELS)
    variables = os.environ | {"ZKSETTLE_CACHE": str(tmp_path / "cache"), "PYTHONPATH": f"{tmp_path}:{ROOT}"}

    def ask(kernel: str) -> list[str]:
        command = [sys.executable, "-c", ASK.format(kernel)]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout.split()

    assert ask("first") == ["111", "LinkedLibrary", "0", "0"]
    assert ask("second") == ["1111", "LinkedLibrary", "0", "1"]
