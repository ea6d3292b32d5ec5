"""Compiled kernels that nothing uses any more: those of other versions of this program, of Python or of Numba.

Every process gives the folders of its version today's date (zk/runtime/kernelcache.py).  A process that looks for a
kernel that has just been removed compiles it again.
"""

import shutil
from contextlib import suppress
from pathlib import Path

UNUSED_DAYS = 30

_DAY_MS = 24 * 3600 * 1000


def total_bytes(folder: Path) -> int:
    """The size of all files in a folder and the folders below it."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # another process has removed it
            total += path.lstat().st_size if not path.is_dir() else 0
    return total


def remove(base: Path, now_ms: int) -> int:
    """Removes the folders in the kernel cache that have not been used for UNUSED_DAYS; returns their size in bytes."""
    oldest_ms, freed = now_ms - UNUSED_DAYS * _DAY_MS, 0
    for folder in base.iterdir():
        with suppress(OSError):
            if folder.is_dir() and folder.lstat().st_mtime_ns // 1_000_000 < oldest_ms:
                freed += total_bytes(folder)
                shutil.rmtree(folder, ignore_errors=True)
    return freed
