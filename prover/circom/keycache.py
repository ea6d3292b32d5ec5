"""The cache of circom proving keys, which are checked and converted once to the layout that the kernels read.

    CACHE/circuits/SHA256-VERSION/NAME.npy      the arrays of the proving key in the .zkey file with that digest
    CACHE/circuits/SHA256-VERSION/manifest      the SHA-256 of each of these files

CACHE is the folder that ZKSETTLE_CACHE names, else the user's; compiled kernels are in CACHE/kernels.  The cache has at
most MAX_ENTRIES entries and MAX_BYTES.  An entry appears complete, by one rename, and its arrays are memory-mapped, so
processes share them.  Every value that could take a kernel out of bounds is checked whenever an entry is opened, and an
entry that is malformed, or another user's, counts as absent.  Its points are not checked again: every proof is
verified, and the entry is discarded when a proof does not verify and a file has changed.  Entries are private to the
user and may be deleted at any time.
"""

import json
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from prover.machine import arrayfolder
from prover.machine.arrayfolder import UNFINISHED
from zk.curves.bn254 import G1Point
from zk.errors import FormatError
from zk.groth16 import provingkey
from zk.groth16.keys import VerifyingKey
from zk.groth16.provingkey import ProvingKey
from zk.runtime import ownership

VERSION = 2  # of the arrays' layout
MAX_ENTRIES = 16
MAX_BYTES = 4 << 30
MANIFEST = "manifest"
UNFINISHED_S = 24 * 3600  # after which the process that created an unfinished folder counts as dead

_ARRAYS = "*.npy"


def folder() -> Path:
    """The folder of the entries, created if necessary.  Raises PermissionError when another user could change them."""
    from zk.runtime import kernelcache

    return ownership.make_private(kernelcache.base.parent / "circuits", kernelcache.SETTING)


def _entry(digest: str) -> Path:
    return folder() / f"{digest}-{VERSION}"


def load(digest: str) -> ProvingKey | None:
    """The cached key of the file with this digest, or None when there is none or it is malformed."""
    entry = _entry(digest)
    try:
        if not all(ownership.is_own(path.lstat()) for path in (entry, *entry.iterdir())):
            return None
        key = provingkey.from_arrays(arrayfolder.load(entry))
    except (OSError, FormatError):
        return None
    with suppress(OSError):  # a read-only cache serves all the same
        os.utime(entry)  # the least recently used entries are removed first
    return key


def is_for(key: ProvingKey, fixed: tuple[VerifyingKey, G1Point, G1Point]) -> bool:
    """Whether the key has these points: the verifying key, and β and δ in G1 (`zkeyheader.read_fixed`)."""
    return _fixed(key) == fixed


def _fixed(key: ProvingKey) -> tuple[VerifyingKey, G1Point, G1Point]:
    return key.verifying, key.beta_g1, key.delta_g1


def is_intact(digest: str) -> bool:
    """Whether the files of the entry are still those that were written."""
    entry = _entry(digest)
    try:
        return json.loads((entry / MANIFEST).read_bytes()) == arrayfolder.digests(entry, _ARRAYS)
    except (OSError, ValueError, FormatError):
        return False


def keep(digest: str, key: ProvingKey) -> ProvingKey | None:
    """Puts the key of the file with this digest into the cache, and removes the least recently used entries.

    Returns the key, memory-mapped from the cache, or None when it cannot be written.  An intact entry that another
    process has written meanwhile stays.  At most MAX_ENTRIES entries and MAX_BYTES remain, and this one in any case.
    """
    try:
        _remove_stale()
        entry_key = load(digest)
        if entry_key is None or not is_for(entry_key, _fixed(key)) or not is_intact(digest):
            _write(digest, key)
    except OSError:  # a full or read-only disk
        return None
    with suppress(OSError):  # another process that removes the same
        _prune()
    return load(digest)


def _write(digest: str, key: ProvingKey) -> None:
    with arrayfolder.creating(_entry(digest)) as unfinished:
        arrayfolder.save(unfinished, provingkey.to_arrays(key))
        (unfinished / MANIFEST).write_text(json.dumps(arrayfolder.digests(unfinished, _ARRAYS)))
        discard(digest)


def discard(digest: str) -> None:
    """Removes the entry, atomically for processes that open it meanwhile.  It stays if it cannot be removed."""
    _remove(_entry(digest))


def _remove(entry: Path) -> None:
    if not entry.exists():
        return
    with suppress(OSError):  # a read-only disk, or another process that was faster
        trash = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=entry.parent))
        try:
            os.rename(entry, trash / entry.name)
        finally:
            shutil.rmtree(trash, ignore_errors=True)


def _remove_stale() -> None:
    """Removes the unfinished folders of processes that were killed."""
    for path in folder().glob(f"{UNFINISHED}*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - UNFINISHED_S:
                shutil.rmtree(path, ignore_errors=True)


def _prune() -> None:
    """Removes the least recently used entries until the others are within the limits; one always stays."""
    entries = [entry for entry in folder().iterdir() if not entry.name.startswith(UNFINISHED)]
    by_use = sorted(entries, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    total_bytes = 0
    for rank, entry in enumerate(by_use):
        total_bytes += sum(path.stat().st_size for path in entry.rglob("*") if path.is_file())
        if rank and (rank >= MAX_ENTRIES or total_bytes > MAX_BYTES):
            _remove(entry)
