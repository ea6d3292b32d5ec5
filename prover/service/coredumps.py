"""Keeps a process that holds witnesses from being written to disk when it crashes."""

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # prctl(2)


def forbid_dumps() -> None:
    """Disables core dumps of this process; on Linux also dumps through a pipe, and debuggers.

    A limit of zero does not keep Linux from piping a dump to a program (core(5)), so the process is also marked as not
    dumpable.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
