"""Files that are whole or absent, private to their user unless told otherwise, and changed by one process at a time."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from zk import entropy
from zk.errors import FormatError

PRIVATE_FILE = 0o600
PUBLIC_FILE = 0o644
PRIVATE_FOLDER = 0o700


class Busy(Exception):
    """Another process holds the lock.  The message is a sentence for the user."""


def make_folder(path: Path) -> Path:
    """The folder, made with mode 0700 where it is missing, and so are those above it."""
    if not path.is_dir() and not path.parent.is_dir():
        make_folder(path.parent)
    path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return path


def read(path: Path, limit: int) -> bytes:
    """A file's content.  Raises FormatError when it is missing, unreadable or larger than `limit` bytes."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read((size or limit) + 1) if size <= limit else b""
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}") from None
    if max(size, len(data)) > limit:
        raise FormatError(f"{path} is larger than {limit} bytes")
    return data


def digest(path: Path) -> str:
    """The SHA-256 of a file's content, in hex.  Raises FormatError when it is missing or unreadable."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}") from None


@contextmanager
def writing(path: Path, mode: int = PUBLIC_FILE) -> Iterator[BinaryIO]:
    """A binary file to write, read and seek in, that takes the place of `path` when the block ends.

        with files.writing(path) as file:
            file.write(…)

    It lies beside `path` under a hidden name until then.  When the block raises, and Ctrl-C raises, it is removed, and
    what was at `path` is as it was; after a crash there is the old file or the new one, never a part.  `mode` is of
    the new file, less the user's umask: PUBLIC_FILE, or PRIVATE_FILE for secrets, witnesses among them.

    What is no file, such as /dev/stdout, is written to as it is.  Raises OSError, naming `path`.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    beside = path.with_name(f".{path.name[:200]}.{entropy.token(8).hex()}")
    try:
        with _named(path):
            file = open(beside, "x+b", opener=lambda name, flags: os.open(name, flags, mode))
        with file:
            yield file
            with _named(path):
                file.flush()
                os.fsync(file.fileno())
        with _named(path):
            os.replace(beside, path)
            sync_folder(path.parent)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """An OSError inside names `path`, whatever file was at it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def replace(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Puts `data` in place of the file, as `writing` does."""
    with writing(path, mode) as file:
        file.write(data)


def sync_folder(path: Path) -> None:
    """Makes renames in a folder durable, where the system can (POSIX)."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, what: str, wait_s: float = 0) -> Iterator[None]:
    """Holds the lock of `path` (a file of that name with `.lock` behind it).

    Raises Busy, naming `what`, when another holder keeps it longer than `wait_s` seconds; -1 waits for ever.
    """
    import filelock

    make_folder(path.parent)
    lock = filelock.FileLock(path.with_name(path.name + ".lock"), timeout=wait_s, mode=PRIVATE_FILE)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise Busy(f"{what} is in use by another process") from None
    try:
        yield
    finally:
        lock.release()
