"""Memory that a process shares with those that it becomes, and a lock over it."""

import fcntl
import mmap
import os
from types import TracebackType

_NUMBER_BYTES = 8


def numbers(count: int) -> memoryview:
    """So many numbers, of 64 bits and a sign, that are 0, and that a process shares with those that it becomes."""
    return memoryview(mmap.mmap(-1, count * _NUMBER_BYTES)).cast("q")


class Lock:
    """Held by one process at a time, and by none that has died: the system takes it back.

    Within a process it holds nobody off, so only one of its threads may write to what it is for.  For a single process
    it does nothing.
    """

    def __init__(self, processes: int):
        self._file = os.memfd_create("zksettle-lock") if processes > 1 else None

    def __enter__(self) -> None:
        if self._file is not None:
            fcntl.lockf(self._file, fcntl.LOCK_EX)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
