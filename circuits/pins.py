"""What is pinned of every statement: read from pinned.json, without loading any statement or any mathematics."""

import json
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def _pinned() -> dict[str, dict[str, object]]:
    return json.loads(Path(__file__).with_name("pinned.json").read_text("utf-8"))


def names() -> tuple[str, ...]:
    """The names of all statements, in the registry's order."""
    return tuple(_pinned())


def fingerprint(name: str) -> str:
    """The statement's fingerprint, 64 hexadecimal digits.  Raises KeyError when there is no such statement."""
    found = _pinned()[name]["fingerprint"]
    assert isinstance(found, str), "pinned.json is our own file"
    return found
