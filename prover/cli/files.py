"""Files named on the command line: read whole and within limits, written whole or not at all."""

import json
from pathlib import Path
from typing import Any

import click

from zk.errors import FormatError

MAX_BYTES = 4 << 20


class Existing(click.Path):
    """A file that must be there.  Missing, it is malformed input (exit code 3), not wrong usage."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)


def read_text(path: Path) -> str:
    """The text of a file.  Raises FormatError when it is missing, unreadable, larger than MAX_BYTES or not UTF-8."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise FormatError(f"{path} is larger than {MAX_BYTES} bytes")
        return data.decode()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise FormatError(f"{path} is not text in UTF-8") from None


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON document with everybody's default permissions; it holds nothing secret."""
    path.write_text(json.dumps(value, indent=1) + "\n", "utf-8")
