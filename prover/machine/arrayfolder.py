"""Folders of NumPy arrays that appear whole, are memory-mapped, and list the SHA-256 of their files.

    FOLDER/PREFIX-NAME.npy     one array each, or NAME.npy without a prefix
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from prover.machine import files

UNFINISHED = ".unfinished-"  # how the names of folders begin that are not complete yet


@contextmanager
def creating(folder: Path, label: str = "") -> Iterator[Path]:
    """A private folder to fill, which is renamed to `folder` when the block ends and removed when the block raises.

    It lies beside `folder`, and its name begins with UNFINISHED and the label.  Raises OSError; also when there is
    something at `folder` that is not an empty folder.
    """
    unfinished = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{label}", dir=folder.parent))
    try:
        yield unfinished
        os.rename(unfinished, folder)
        files.sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def save(folder: Path, arrays: Mapping[str, np.ndarray], prefix: str = "") -> None:
    """Writes one file for each array."""
    for name, values in arrays.items():
        np.save(folder / f"{prefix}{name}.npy", values, allow_pickle=False)


def load(folder: Path, prefix: str = "") -> dict[str, np.ndarray]:
    """The arrays whose files have this prefix, mapped into memory.  Raises whatever NumPy's header parser raises."""
    # Copy-on-write maps are as fast as read-only ones, for which Numba would compile every kernel a second time.
    paths = sorted(folder.glob(f"{prefix}*.npy"))
    return {path.stem.removeprefix(prefix): np.load(path, mmap_mode="c", allow_pickle=False) for path in paths}


def digests(folder: Path, pattern: str = "*") -> dict[str, str]:
    """The SHA-256 of every file that matches, in hex, by its name.  Raises FormatError when one cannot be read."""
    return {path.name: files.digest(path) for path in sorted(folder.glob(pattern))}
