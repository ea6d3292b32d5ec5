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
from zk.errors import FormatError

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
    """The arrays of integers whose files have this prefix, mapped into memory.

    Raises FormatError, naming the file, when one is unreadable or damaged, or when it holds something else.
    """
    return {path.stem.removeprefix(prefix): _mapped(path) for path in sorted(folder.glob(f"{prefix}*.npy"))}


def _mapped(path: Path) -> np.ndarray:
    files.check_regular(path)
    try:
        # Copy-on-write maps are as fast as read-only ones, for which Numba would compile every kernel a second time.
        # Unlike np.load, this never takes a file for a pickle or an archive.
        values = np.lib.format.open_memmap(path, mode="c")
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception:  # NumPy's parser of headers may raise anything
        raise FormatError(f"{path} is damaged: it does not hold an array of integers") from None
    if values.dtype.kind not in "iu":
        raise FormatError(f"{path} is damaged: it does not hold an array of integers")
    return values


def digests(folder: Path, pattern: str = "*") -> dict[str, str]:
    """The SHA-256 of every file that matches, in hex, by its name.  Raises FormatError when one cannot be read."""
    return {path.name: files.digest(path) for path in sorted(folder.glob(pattern))}
