"""Whose process is at the other end of a Unix socket.

Server and client both ask: a server proves only for its own user, and a client shows private inputs only to a server of
its own user.  Where the system does not tell (it is Linux that does), the modes of socket and folder must do.
"""

import os
import socket
import struct

_CREDENTIALS = struct.Struct("iII")  # struct ucred: pid, uid, gid (unix(7))


def user(channel: socket.socket) -> int | None:
    """The effective user id of the peer's process when it connected or listened; None where it cannot be known."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    return _CREDENTIALS.unpack(channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))[1]


def is_own(theirs: int | None, own: int) -> bool:
    """Whether a peer of user `theirs` is to be talked to by a process of user `own`.  The superuser is no exception."""
    return theirs is None or theirs == own


def is_trusted(channel: socket.socket) -> bool:
    """Whether the peer's process belongs to the user of this one."""
    return is_own(user(channel), os.geteuid())
