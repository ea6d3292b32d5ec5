"""Proving keys of other people's circuits, checked and converted once and kept in the layout the kernels read.

    CACHE/circuits/SHA256-VERSION/NAME.npy      the arrays of the proving key in the .zkey file with that digest
    CACHE/circuits/SHA256-VERSION/manifest      the SHA-256 of each of these files

CACHE is the folder that ZKSETTLE_CACHE names, else the user's; kernels lie beside it in CACHE/kernels.  At most
MAX_ENTRIES entries and MAX_KEPT_BYTES stay.  An entry appears whole, by one rename; its arrays are memory-mapped, so
processes share them.  Whatever could lead a kernel astray is checked at every opening; an entry in which something is
wrong counts as none.  The points are not checked again: whoever proves verifies the proof, and discards the entry when
it does not verify and the files are not what was written.  Entries are private to the user and can be deleted at any
time.
"""

import json
import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from prover.machine import files
from zk.errors import FormatError
from zk.groth16 import keys
from zk.groth16.keys import ProvingKey

VERSION = 2  # of the arrays' layout
MAX_ENTRIES = 16
MAX_KEPT_BYTES = 4 << 30
MANIFEST = "manifest"
UNFINISHED = ".unfinished-"
UNFINISHED_S = 24 * 3600  # after which nobody is at it any more


def folder() -> Path:
    """Where the entries lie.  Raises PermissionError when another user could change them there."""
    from prover.upkeep import warmup

    found = files.make_folder(warmup.folder().parent / "circuits")
    if hasattr(os, "geteuid"):
        state = found.lstat()
        if stat.S_ISLNK(state.st_mode):
            raise PermissionError(f"{found} is a link: name a folder of your own with ZKSETTLE_CACHE")
        if state.st_uid != os.geteuid():
            raise PermissionError(f"{found} belongs to another user: name a folder of your own with ZKSETTLE_CACHE")
        if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(f"{found} can be changed by other users: make it yours with chmod 700")
    return found


def _entry(digest: str) -> Path:
    return folder() / f"{digest}-{VERSION}"


def load(digest: str) -> ProvingKey | None:
    """The key that is kept for the file with this digest; None when there is none or it is damaged."""
    entry = _entry(digest)
    try:
        arrays = {path.stem: np.load(path, mmap_mode="c", allow_pickle=False) for path in entry.glob("*.npy")}
        key = keys.from_arrays(arrays)
    except Exception:  # numpy lets through whatever its parser of headers raises
        return None
    with suppress(OSError):  # a read-only cache serves all the same
        os.utime(entry)  # the entries used longest ago are the first to go
    return key


def is_for(key: ProvingKey, fixed: tuple) -> bool:
    """Whether the key has these points: the verifying key, and β and δ in G1 (`zkeyheader.read_fixed`)."""
    return (key.verifying, key.beta_g1, key.delta_g1) == fixed


def is_intact(digest: str) -> bool:
    """Whether the files of the entry are what was written."""
    entry = _entry(digest)
    try:
        return json.loads((entry / MANIFEST).read_bytes()) == _digests(entry)
    except (OSError, ValueError, FormatError):
        return False


def _digests(entry: Path) -> dict[str, str]:
    return {path.name: files.digest(path) for path in entry.glob("*.npy")}


def keep(digest: str, key: ProvingKey) -> ProvingKey | None:
    """Keeps the key for the file with this digest, and drops what was used longest ago: at most 16 entries and 4 GiB
    stay, and this one in any case.

    The key as it lies there now, for processes to share; None where it cannot be written.  An entry that another
    process made meanwhile stays.
    """
    try:
        _remove_stale()
        others = load(digest)
        if others is None or not is_for(others, (key.verifying, key.beta_g1, key.delta_g1)) or not is_intact(digest):
            _write(digest, key)
    except OSError:  # a full or read-only disk
        return None
    with suppress(OSError):  # another process that removes the same
        _prune()
    return load(digest)


def _write(digest: str, key: ProvingKey) -> None:
    beside = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder()))
    try:
        for name, values in keys.to_arrays(key).items():
            np.save(beside / f"{name}.npy", values, allow_pickle=False)
        (beside / MANIFEST).write_text(json.dumps(_digests(beside)))
        discard(digest)
        os.rename(beside, _entry(digest))
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def discard(digest: str) -> None:
    """Removes the entry, whole at every moment to whoever opens it meanwhile; where it cannot be removed it stays."""
    _remove(_entry(digest))


def _remove(entry: Path) -> None:
    if not entry.exists():
        return
    with suppress(OSError):  # a read-only disk, or another process that was faster
        grave = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=entry.parent))
        try:
            os.rename(entry, grave / entry.name)
        finally:
            shutil.rmtree(grave, ignore_errors=True)


def _remove_stale() -> None:
    """Removes what processes that were killed had begun."""
    for path in folder().glob(f"{UNFINISHED}*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - UNFINISHED_S:
                shutil.rmtree(path, ignore_errors=True)


def _prune() -> None:
    """Removes entries, the one used longest ago first, until the rest is within bounds; one stays."""
    entries = [entry for entry in folder().iterdir() if not entry.name.startswith(UNFINISHED)]
    by_use = sorted(entries, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    kept_bytes = 0
    for place, entry in enumerate(by_use):
        kept_bytes += sum(path.stat().st_size for path in entry.rglob("*") if path.is_file())
        if place and (place >= MAX_ENTRIES or kept_bytes > MAX_KEPT_BYTES):
            _remove(entry)
