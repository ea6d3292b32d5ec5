"""Compiled kernels that are damaged, or somebody else's, are compiled again."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

LOADS = """
import sys
from numba.core.event import Listener, register
compiled = []
class Count(Listener):
    on_start = staticmethod(lambda event: compiled.append(event))
    on_end = staticmethod(lambda event: None)
register("numba:compile", Count())
import numpy as np
from zk.fields import conversion
from zk.fields.prime import FR
rows = np.arange(4, dtype=np.uint64).reshape(1, 4)
assert (conversion.to_plain(FR, conversion.from_plain(FR, rows)) == rows).all()
print(len(compiled))
"""


def compiled_with(cache: Path) -> int:
    """How many kernels a new process with this cache compiles."""
    variables = os.environ | {"ZKSETTLE_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-P", "-c", LOADS], capture_output=True, text=True, env=variables)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_damaged_files_and_those_of_somebody_else_are_compiled_again(tmp_path):
    """After a power failure a file may be empty; in a folder that was open once, another user may have put his."""
    whole = compiled_with(tmp_path)
    assert whole > 0 and compiled_with(tmp_path) == 0
    saved = [path for path in (tmp_path / "kernels").rglob("*.nb[ci]") if path.parent.name.startswith("zk.fields.conv")]
    assert len(saved) == 3
    for path in saved:
        path.write_bytes(b"" if path.suffix == ".nbi" else path.read_bytes()[:100])
    assert compiled_with(tmp_path) > 0 and compiled_with(tmp_path) == 0
    if os.geteuid() == 0:
        for path in saved:
            os.chown(path, 12345, -1)
        assert compiled_with(tmp_path) > 0
