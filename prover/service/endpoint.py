"""HOME/service/: the socket on which the service listens, and the lock that it holds.

Both are private to the user: folder 0700, files 0600.  The lock makes a service the only one of its home.  A socket
whose lock is free was left behind by a service that was killed, and is replaced.
"""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prover.machine import files
from prover.service.protocol import Failed
from zk.runtime import ownership

SOCKET, LOCK = "socket", "server"
_NONE_LISTENS = (FileNotFoundError, NotADirectoryError, ConnectionRefusedError, PermissionError, BlockingIOError,
                 TimeoutError)  # fmt: skip
MAX_PATH_BYTES = 103  # the limit of macOS, the lowest of all systems with such sockets; Linux has 107


def check_system() -> None:
    """Raises Failed on a system without Unix domain sockets."""
    if not hasattr(socket, "AF_UNIX"):
        raise Failed("the prover service needs Unix domain sockets, and this system has none")


def is_possible(folder: Path) -> bool:
    """Whether the folder can hold a socket."""
    return hasattr(socket, "AF_UNIX") and len(os.fsencode(folder / SOCKET)) <= MAX_PATH_BYTES


def connect(folder: Path, timeout_s: float) -> socket.socket | None:
    """A connection to the service of this folder, or None when none listens there or its backlog is full."""
    if not is_possible(folder):
        return None
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    channel.settimeout(timeout_s)
    try:
        channel.connect(os.fspath(folder / SOCKET))
    except _NONE_LISTENS:
        channel.close()
        return None
    except BaseException:
        channel.close()
        raise
    return channel


@contextmanager
def bound(folder: Path) -> Iterator[socket.socket]:
    """Yields the service's socket, bound but not listening yet, and removes its file at the end.

    Raises Busy when another service runs for this home, and Failed when the folder cannot hold a socket.
    """
    check_system()
    if not is_possible(folder):
        raise Failed(f"the path {folder / SOCKET} is too long for a socket: use a shorter --home")
    _make_private(folder)
    with files.locked(folder / LOCK, "the prover service of this home"):
        path = folder / SOCKET
        _remove_stale(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            _bind(listener, path)
            try:
                yield listener
            finally:
                path.unlink(missing_ok=True)


def _make_private(folder: Path) -> None:
    try:
        ownership.make_private(folder, "use another --home")
    except PermissionError as error:  # whoever can exchange the socket could read private inputs
        raise Failed(error.strerror or str(error)) from None


def _remove_stale(path: Path) -> None:
    """Removes the socket that a killed service left behind.  This process holds the lock, so nothing listens there."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise Failed(f"{path} is not a socket: move it away so that the service can listen there")
    except FileNotFoundError:
        return
    path.unlink()


def _bind(listener: socket.socket, path: Path) -> None:
    before = os.umask(0o777 ^ files.PRIVATE_FILE)
    try:
        listener.bind(os.fspath(path))
    finally:
        os.umask(before)
