"""Proving keys of other people's circuits, checked and converted once and kept in the layout the kernels read.

    CACHE/circuits/SHA256-VERSION/NAME.npy      the arrays of the proving key in the .zkey file with that digest

CACHE is the folder that ZKSETTLE_CACHE names, else the user's; kernels lie beside it in CACHE/kernels.  At most
MAX_ENTRIES entries and MAX_KEPT_BYTES stay.  An entry appears whole, by one rename; its arrays are memory-mapped, so
processes share them.  Whatever could lead a kernel astray is checked at every opening; an entry in which something is
wrong counts as none.  The points are not checked again: whoever proves verifies the proof, and discards the entry when
it does not verify.  Entries are private to the user and can be deleted at any time.
"""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

from prover.machine import files
from zk.groth16 import keys
from zk.groth16.keys import ProvingKey

VERSION = 1  # of the arrays' layout
MAX_ENTRIES = 16
MAX_KEPT_BYTES = 4 << 30
UNFINISHED = ".unfinished-"


def folder() -> Path:
    """Where the entries lie.  Raises PermissionError when the folder belongs to another user, who could change them."""
    from prover.machine import warmup

    found = files.make_folder(warmup.folder().parents[1] / "circuits")
    if hasattr(os, "geteuid") and found.stat().st_uid != os.geteuid():
        raise PermissionError(f"{found} belongs to another user: name a folder of your own with ZKSETTLE_CACHE")
    return found


def _entry(digest: str) -> Path:
    return folder() / f"{digest}-{VERSION}"


def load(digest: str) -> ProvingKey | None:
    """The key that is kept for the file with this digest; None when there is none or it is damaged."""
    entry = _entry(digest)
    try:
        arrays = {path.stem: np.load(path, mmap_mode="c", allow_pickle=False) for path in entry.glob("*.npy")}
        key = keys.from_arrays(arrays)
        os.utime(entry)  # the entries used longest ago are the first to go
    except Exception:  # numpy lets through whatever its parser of headers raises
        return None
    return key


def keep(digest: str, key: ProvingKey) -> None:
    """Keeps the key for the file with this digest, in place of what was there, and drops what was used longest ago.

    At most 16 entries and 4 GiB stay, and this one in any case.  Where it cannot be written it is not kept.
    """
    try:
        beside = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder()))
        try:
            for name, values in keys.to_arrays(key).items():
                np.save(beside / f"{name}.npy", values, allow_pickle=False)
            discard(digest)
            os.rename(beside, _entry(digest))
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        _prune()
    except OSError:  # a full or read-only disk, or another process that was faster
        return


def discard(digest: str) -> None:
    """Removes the entry, whole at every moment to whoever opens it meanwhile."""
    _remove(_entry(digest))


def _remove(entry: Path) -> None:
    if entry.exists():
        grave = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=entry.parent))
        os.rename(entry, grave / entry.name)
        shutil.rmtree(grave, ignore_errors=True)


def _prune() -> None:
    """Removes entries, the one used longest ago first, until the rest is within bounds; one stays."""
    by_use = sorted(folder().iterdir(), key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    kept_bytes = 0
    for place, entry in enumerate(by_use):
        kept_bytes += sum(path.stat().st_size for path in entry.rglob("*") if path.is_file())
        if place and (place >= MAX_ENTRIES or kept_bytes > MAX_KEPT_BYTES):
            _remove(entry)
