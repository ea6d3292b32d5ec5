"""Files of secret keys: JSON objects with a format and a version, mode 0600, created once and never replaced."""

import json
import os
from pathlib import Path
from typing import Any, TypeVar

from prover.machine import files
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

MAX_FILE_BYTES = 1 << 16

T = TypeVar("T")


def create(path: Path, content: Any, what: str) -> None:
    """Writes a dataclass to the file.  Raises FileExistsError, naming `what` is in it, rather than replace one."""
    if os.path.lexists(path):
        raise FileExistsError(f"there is {what} in {path} already")
    files.remove_unfinished(path)  # of an interrupted creation, which signed nothing
    files.replace(path, json.dumps(dataclassjson.write(content), indent=1).encode() + b"\n")


def find(path: Path, kind: type[T], what: str) -> T | None:
    """The content of the file, or None when it is not there.  Raises FormatError when it is malformed."""
    if not path.exists():
        return None
    name = f"the file of {what} {path}"
    return dataclassjson.read(kind, strictjson.loads(files.read(path, MAX_FILE_BYTES), name, MAX_FILE_BYTES), name)


def read(path: Path, kind: type[T], what: str) -> T:
    """As `find`.  Raises FormatError when the file is missing, too: only the founder of a pool has it."""
    content = find(path, kind, what)
    if content is None:
        raise FormatError(f"there is no file of {what} at {path}: only the machine that created the pool has it")
    return content
