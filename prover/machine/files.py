"""Files that are whole or absent, private to their user, and changed by one process at a time."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zk.errors import FormatError

PRIVATE_FILE = 0o600
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
            data = file.read(min(limit, os.fstat(file.fileno()).st_size or limit) + 1)
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > limit:
        raise FormatError(f"{path} is larger than {limit} bytes")
    return data


def digest(path: Path) -> str:
    """The SHA-256 of a file's content, in hex.  Raises FormatError when it is missing or unreadable."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}") from None


def replace(path: Path, data: bytes) -> None:
    """Puts `data` in place of the file, mode 0600: after a crash there is the old file or the new one, never a part."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


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
