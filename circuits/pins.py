"""The pinned facts of every statement, read from pinned.json without loading any statement or any mathematics."""

import json
from functools import cache
from pathlib import Path


@cache
def _pinned() -> dict[str, dict[str, object]]:
    return json.loads(Path(__file__).with_name("pinned.json").read_text("utf-8"))


def names() -> tuple[str, ...]:
    """The names of all statements, in the registry's order."""
    return tuple(_pinned())


def fingerprint(name: str) -> str:
    """The statement's fingerprint, 64 hexadecimal digits.  Raises KeyError when there is no such statement."""
    digits = _pinned()[name]["fingerprint"]
    assert isinstance(digits, str), "pinned.json is our own file"
    return digits
