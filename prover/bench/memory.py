"""The memory of this process: what is resident, and the peak since it was last forgotten.

Linux counts both for each process (proc(5)): VmHWM is the peak, and writing 5 to clear_refs forgets it.  getrusage has
a peak too, but on Linux that of a new process begins with its parent's.
"""

from pathlib import Path

import numpy as np

from prover.machine import hardware

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_FORGET_PEAK = "5"
_PAGE_WORDS = 512  # of 8 bytes


def resident_bytes() -> int | None:
    """The memory that is resident now, or None where the system does not tell."""
    return _read("VmRSS")


def peak_bytes() -> int | None:
    """The most that was resident since `forget_peak`, or since the process began; None where the system does not tell.

    What `forget_peak` could not forget is in it.
    """
    peak = _read("VmHWM")
    return hardware.peak_memory_bytes() if peak is None else peak


def forget_peak() -> bool:
    """Begins a new peak.  Whether the system allowed it."""
    try:
        _CLEAR.write_text(_FORGET_PEAK)
    except OSError:
        return False
    return True


def make_resident(values: np.ndarray) -> None:
    """Reads a word of every page of an array that is mapped into memory."""
    words = values.reshape(-1).view(np.uint8)
    int(words[:: 8 * _PAGE_WORDS].sum())


def _read(name: str) -> int | None:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), None)
