"""Ports for services that are started again where they were: nobody else gets them meanwhile."""

import os
import socket
from itertools import count

FIRST, LAST = 20_000, 32_000
"""Below those that a system hands out by itself, to whoever connects or asks for any: Linux begins at 32,768."""
_APART = 131  # between one process of a test run and the next
_numbers = count()


def free() -> int:
    """A port of this machine that nobody listens on, and that `free` returns no second time."""
    for number in _numbers:
        port = FIRST + (_APART * os.getpid() + number) % (LAST - FIRST)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise AssertionError("numbers never end")
