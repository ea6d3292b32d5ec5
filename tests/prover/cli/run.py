"""Runs zksettle inside the test's own process, as the installed script does, and keeps what it printed."""

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.cli import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def zksettle(home: Path, *arguments: object) -> Ran:
    """One command on this home.  Neither stream is a terminal."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main.main([*map(str, arguments), "--home", str(home)])
    assert "Traceback" not in out.getvalue() + err.getvalue()
    return Ran(code, out.getvalue(), err.getvalue())


def as_json(home: Path, *arguments: object) -> Any:
    """The document that the command prints with --json; it succeeds and says nothing else."""
    ran = zksettle(home, *arguments, "--json")
    assert ran.code == 0 and ran.err == "", ran
    return json.loads(ran.out)


def refused(ran: Ran, code: int, *words: str) -> None:
    """The command ended with this exit code and one sentence that has these words, and printed nothing else."""
    assert ran.code == code, ran
    assert ran.out == "" and ran.err.count("\n") == 1, ran
    assert "internal error" not in ran.err, ran
    for word in words:
        assert word in ran.err, ran
