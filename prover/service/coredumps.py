"""A process whose memory is not written to disk when it dies, for witnesses are in it."""

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # prctl(2)


def forbid_dumps() -> None:
    """No core dump of this process from now on, and on Linux none through a pipe either, and no debugger.

    A limit of zero does not stop Linux from piping a dump to a program (core(5)); a process that is not dumpable is
    not dumped at all.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
