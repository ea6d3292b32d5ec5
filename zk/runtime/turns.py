"""Turns: one process at a time compiles a given kernel; the others wait, then load what it compiled."""

import contextlib
import hashlib
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]


class Turns:
    """The turns of this process, by the names of what it compiles.

    Each lock is one byte of one file, so a process that dies leaves nothing behind (fcntl(2), F_SETLKW).  A process
    holds the lock of a kernel while it compiles the kernels that this one calls; calls form no cycle, so neither do
    waits.  A forked child has none of its parent's locks, so it needs turns of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._held: set[str] = set()

    def take(self, name: str) -> None:
        """Waits until no other process is compiling the kernel of this name."""
        self._lock(name, "LOCK_EX")
        self._held.add(name)

    def end(self, name: str) -> None:
        """Lets the next process continue, if this one has the turn."""
        if name in self._held:
            self._held.remove(name)
            self._lock(name, "LOCK_UN")

    def _lock(self, name: str, operation: str) -> None:
        if fcntl is None:
            return
        place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
        with contextlib.suppress(OSError):  # a file system without locks: two processes may compile the same kernel
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.lockf(self._file, getattr(fcntl, operation), 1, place)
