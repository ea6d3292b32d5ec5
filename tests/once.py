"""Folders that all processes of a test run share, each made by the first that needs it: nobody writes into them."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from prover.machine import files


def folder(factory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of this name in pytest's folder for this run, filled by `make` in the first process that asks.

    The other processes wait for it.  When `make` raises, the next that asks tries again.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the folder of all workers
    path = base / name
    with files.locked(path, name, wait_s=-1):
        if not path.exists():
            unfinished = path.with_name(f"{name}-unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(path)
    return path
