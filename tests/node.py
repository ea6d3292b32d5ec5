"""Programs that run on node: snarkjs, circom2 and circomlibjs, against which our results are tested.

They must be in the folder that ZKSETTLE_NODE names (it has a node_modules).  `.ci/run` installs them there; without
them, the tests that need one are skipped with the reason.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TIMEOUT_SECONDS = 300


def folder() -> Path:
    """The folder with node_modules.  Skips the test, with the reason, when there is none."""
    stated = os.environ.get("ZKSETTLE_NODE", "")
    if not shutil.which("node"):
        pytest.skip("node is not installed: this test compares with programs that run on it")
    if not stated or not (Path(stated) / "node_modules").is_dir():
        pytest.skip("ZKSETTLE_NODE does not name a folder with node_modules: see .ci/run for what goes in it")
    return Path(stated)


def _start(arguments: list[str], where: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        arguments, cwd=where, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, stdin=subprocess.DEVNULL
    )


def run(source: str, *arguments: str) -> str:
    """The output of a CommonJS script, which may require any installed package.  Fails the test when node fails."""
    done = _start(["node", "-e", source, "--", *arguments], folder())
    assert done.returncode == 0, f"node failed: {done.stderr[-2000:]}"
    return done.stdout


def snarkjs(*arguments: str) -> tuple[int, str]:
    """The exit code and the output of `snarkjs ARGUMENTS`."""
    done = _start(["node", "node_modules/snarkjs/cli.js", *arguments], folder())
    return done.returncode, done.stdout + done.stderr


def circom(source: Path, output: Path) -> None:
    """Compiles a circom file with circom2 into `output`: CIRCUIT.r1cs, CIRCUIT_js/CIRCUIT.wasm, CIRCUIT.sym.

    circom2 runs in WebAssembly and sees only the folder it starts in, so the source's folder is that folder.
    """
    program = folder() / "node_modules" / "circom2" / "cli.js"
    done = _start(
        ["node", str(program), source.name, "--r1cs", "--wasm", "--sym", "-o", os.path.relpath(output, source.parent)],
        source.parent,
    )
    assert done.returncode == 0, f"circom2 failed: {done.stdout[-2000:]}{done.stderr[-2000:]}"
