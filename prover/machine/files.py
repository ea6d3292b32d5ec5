"""Files that are whole or absent, private to the user unless asked otherwise, and changed by one process at a time."""

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from zk import entropy
from zk.errors import FormatError

PRIVATE_FILE = 0o600
PUBLIC_FILE = 0o644
PRIVATE_FOLDER = 0o700

_USUAL_NAME_BYTES = 255
_TOKEN_BYTES = 8  # of randomness in the name of an unfinished file
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class Busy(Exception):
    """Another process holds the lock.  The message is a sentence for the user."""


def make_folder(path: Path) -> Path:
    """The folder, created with mode 0700 if necessary, and so are those above it."""
    if not path.is_dir() and not path.parent.is_dir():
        make_folder(path.parent)
    path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return path


def check_regular(path: Path) -> os.stat_result:
    """The state of a regular file.  Raises FormatError when it is missing, or a folder, a pipe or a device."""
    try:
        state = path.stat()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(state.st_mode):
        raise FormatError(f"{path} is not a file")
    return state


def read(path: Path, limit: int, *, may_be_pipe: bool = False) -> bytes:
    """A file's content.  Raises FormatError when it is missing, unreadable or larger than `limit` bytes.

    A folder, a device or a pipe is no file; where `may_be_pipe`, a pipe is read until its other end is closed.
    """
    # Without O_NONBLOCK, opening a pipe that nobody writes into waits for ever.
    flags = 0 if may_be_pipe else getattr(os, "O_NONBLOCK", 0)
    try:
        with open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags)) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode) and not (may_be_pipe and stat.S_ISFIFO(state.st_mode)):
                raise FormatError(f"{path} is not a file")
            size = state.st_size
            data = file.read((size or limit) + 1) if size <= limit else b""
    except IsADirectoryError:
        raise FormatError(f"{path} is not a file") from None
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
def writing(path: Path, mode: int = PUBLIC_FILE, *, replaces: bool = True) -> Iterator[BinaryIO]:
    """A binary file to write, read and seek in, which takes the place of `path` when the block ends.

        with files.writing(path) as file:
            file.write(…)

    Until then it lies beside `path` under a hidden name.  When the block raises, as it does on Ctrl-C and SIGTERM, it
    is removed and `path` stays as it was; after a crash there is the old file or the new one, never a part.  `mode` is
    the new file's, less the user's umask: PUBLIC_FILE, or PRIVATE_FILE for secrets, witnesses among them.

    A device or a pipe, such as /dev/stdout, is written to directly.  Raises OSError, naming `path`; unless it
    `replaces`, FileExistsError when there is anything at `path`, even if somebody put it there during the block.
    """
    if _is_special(path):
        with _named_when_full(path), path.open("wb") as device:
            yield device
        return
    unfinished = _beside(path)
    try:
        with _named(path):
            file = _open_new(unfinished, mode)
        with _named_when_full(path), file:
            yield file
            _sync(file, path)
        with _named(path):
            os.replace(unfinished, path) if replaces else _rename_to_new(unfinished, path)
            sync_folder(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _rename_to_new(source: Path, path: Path) -> None:
    try:
        os.link(source, path)  # unlike a rename, this replaces nothing
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.rename(source, path)
    else:
        os.unlink(source)


def replace(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Puts `data` in place of the file, as `writing` does."""
    with writing(path, mode) as file:
        file.write(data)


def replace_all(contents: Mapping[Path, bytes], mode: int = PUBLIC_FILE) -> None:
    """Puts the contents in place of the files, as `writing` does.  None is replaced before all are on disk.

    Raises OSError, naming the path; then no file has changed, unless a rename failed after another.
    """
    unfinished = {path: _beside(path) for path in contents if not _is_special(path)}
    try:
        for path, beside in unfinished.items():
            with _named(path), _open_new(beside, mode) as file:
                file.write(contents[path])
                _sync(file, path)
        for path in contents.keys() - unfinished.keys():
            with _named(path), path.open("wb") as file:
                file.write(contents[path])
        for path, beside in unfinished.items():
            with _named(path):
                os.replace(beside, path)
                sync_folder(path.parent)
    except BaseException:
        for beside in unfinished.values():
            beside.unlink(missing_ok=True)
        raise


def max_name_bytes(folder: Path) -> int:
    """How many bytes a file's name may have in an existing folder."""
    return os.pathconf(folder, "PC_NAME_MAX") if hasattr(os, "pathconf") else _USUAL_NAME_BYTES


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _beside(path: Path) -> Path:
    """A hidden path beside this one, whose name is no longer than a name may be."""
    token = entropy.token(_TOKEN_BYTES).hex()
    limit = max_name_bytes(path.parent) if path.parent.is_dir() else _USUAL_NAME_BYTES
    kept = os.fsencode(path.name)[: limit - len(token) - 2].decode("utf-8", "ignore")
    return path.with_name(f".{kept}.{token}")


def remove_unfinished(path: Path) -> None:
    """Removes what `writing` left beside `path` when its process was killed.  The caller holds the lock of `path`."""
    hidden = re.compile(re.escape(f".{path.name}.") + f"[0-9a-f]{{{2 * _TOKEN_BYTES}}}")
    with suppress(OSError), os.scandir(path.parent) as entries:  # a read-only disk keeps it
        for entry in entries:
            if hidden.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                os.unlink(entry.path)


def _open_new(path: Path, mode: int) -> BinaryIO:
    return open(path, "x+b", opener=lambda name, flags: os.open(name, flags, mode))


def _sync(file: BinaryIO, path: Path) -> None:
    with _named(path):
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """An OSError inside names `path`, whatever file it was about."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


@contextmanager
def _named_when_full(path: Path) -> Iterator[None]:
    """An OSError about a full disk or a file-size limit names `path`, which is what is being written."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None


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
    """Holds the lock of `path`: a file of that name followed by `.lock`.

    Whoever writes `path` must hold it: what an earlier holder had not finished writing when it was killed is removed.
    Raises Busy, naming `what`, when another process holds it for longer than `wait_s` seconds; -1 waits for ever.
    """
    import filelock

    make_folder(path.parent)
    lock = filelock.FileLock(path.with_name(path.name + ".lock"), timeout=wait_s, mode=PRIVATE_FILE)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise Busy(f"{what} is in use by another process") from None
    try:
        remove_unfinished(path)
        yield
    finally:
        lock.release()
