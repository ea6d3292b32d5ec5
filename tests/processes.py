"""Commands of ours as processes of their own, which end with the block that started them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import PATIENCE_S


@contextmanager
def started(home: Path, *words: object) -> Iterator["subprocess.Popen[str]"]:
    """A `zksettle` command on this home.  Its standard output is a pipe, its standard error the tests'."""
    command = [sys.executable, "-m", "prover.cli.main", *map(str, words), "--home", str(home)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            assert process.stdout is not None
            process.stdout.close()


def document(process: "subprocess.Popen[str]") -> dict:
    """The one JSON document of a command that goes on running after it."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            return json.loads("".join(lines))
    raise AssertionError(f"the command ended and said only {''.join(lines)!r}")
