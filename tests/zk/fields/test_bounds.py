"""With NUMBA_BOUNDSCHECK=1 every access outside an array raises, in Numba's code and in our intrinsics."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INSIDE = {
    "first rows", "last rows", "gather the last", "the last item of a view", "the last part of a row",
    "the last part of a view",
}  # fmt: skip


@pytest.mark.parametrize("lanes", ["", "1"])
def test_a_kernel_raises_exactly_when_it_accesses_memory_outside_an_array(tmp_path, lanes):
    settings = {"NUMBA_BOUNDSCHECK": "1", "ZKSETTLE_CACHE": str(tmp_path), "ZKSETTLE_LANES": lanes}
    done = subprocess.run(
        [sys.executable, "-m", "tests.zk.fields.outofbounds"], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | settings | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {name for name, verdict in json.loads(done.stdout).items() if verdict == "inside"} == INSIDE
