"""Which user owns the process at the other end of a Unix socket.

Both ends check: a server proves only for its own user, and a client sends private inputs only to a server of its own
user.  Only Linux reports this; elsewhere the permissions of the socket and its folder must suffice.
"""

import os
import socket
import struct

_CREDENTIALS = struct.Struct("iII")  # struct ucred: pid, uid, gid (unix(7))


def user(channel: socket.socket) -> int | None:
    """The effective user id of the peer's process when it connected or listened, or None if unknown."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    return _CREDENTIALS.unpack(channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))[1]


def is_own(theirs: int | None, own: int) -> bool:
    """Whether a process of user `own` may talk to a peer of user `theirs`.  The superuser is no exception."""
    return theirs is None or theirs == own


def is_trusted(channel: socket.socket) -> bool:
    """Whether the peer's process belongs to the user of this one."""
    return is_own(user(channel), os.geteuid())
