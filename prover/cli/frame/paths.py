"""Files named on the command line: read whole and within limits, written whole or not at all."""

import os
import re
from itertools import combinations
from pathlib import Path

import click

from zk.errors import FormatError

MAX_BYTES = 4 << 20


class Existing(click.Path):
    """The path of a file to read.  Only reading it fails when there is none, with exit code 3, not wrong usage."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)


class Output(click.Path):
    """The path of a file to write."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)


def check_different(by_name: dict[str, Path]) -> None:
    """Raises click.UsageError when two names are the same file.  Devices, such as /dev/null, may be named twice."""
    regular = [(name, path) for name, path in by_name.items() if os.path.isfile(path) or not os.path.exists(path)]
    for (name, path), (other_name, other) in combinations(regular, 2):
        is_same = os.path.realpath(path) == os.path.realpath(other)  # Path.resolve raises for a link to itself
        if is_same or os.path.exists(path) and os.path.exists(other) and path.samefile(other):
            raise click.UsageError(f"{name} and {other_name} are one file, {other}: give different files")


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """A file's content.  Raises FormatError when it is missing, unreadable or larger than `limit` bytes."""
    from prover.machine import files

    return files.read(path, limit)


def read_text(path: Path) -> str:
    """The text of a file, or of a pipe such as a shell's <(…).  Raises FormatError as `read_bytes`, or if not UTF-8."""
    from prover.machine import files

    try:
        return files.read(path, MAX_BYTES, may_be_pipe=True).decode()
    except UnicodeDecodeError:
        raise FormatError(f"{path} is not text in UTF-8") from None


def write_text(path: Path, text: str) -> None:
    """Replaces the file with a text that everybody may read, because nothing in it is secret.

    A device, such as /dev/stdout, is not replaced but written to.  An OSError names this path.
    """
    from prover.machine import files

    files.replace(path, text.encode(), files.PUBLIC_FILE)


def parse_hex(text: str, what: str) -> bytes:
    """The bytes of hexadecimal digits, with or without 0x.  Raises click.UsageError for anything else."""
    digits = text.removeprefix("0x")
    if len(digits) % 2 or not re.fullmatch("[0-9a-fA-F]+", digits):
        raise click.UsageError(f"{what} is not an even number of hexadecimal digits")
    return bytes.fromhex(digits)


def check_folder(path: Path) -> None:
    """Raises FormatError when no file can be written at the path: its folder is missing, or its name is too long."""
    from prover.machine import files

    if not path.parent.is_dir():
        raise FormatError(f"{path} cannot be written: its folder is not there")
    if (size := len(os.fsencode(path.name))) > (limit := files.max_name_bytes(path.parent)):
        raise FormatError(f"{path} cannot be written: its name has {size} bytes, and {limit} is the limit")
