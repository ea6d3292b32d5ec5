"""How many threads the kernels of this process run on, for as long as a block takes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "ZKSETTLE_THREADS"  # which zk/runtime/parallel.py reads
MAX = 1024


@contextmanager
def limited_to(count: int | None) -> Iterator[None]:
    """Until the block ends, kernels of the whole process run on so many threads; None leaves the number as it is."""
    before = os.environ.get(VARIABLE)
    if count is not None:
        os.environ[VARIABLE] = str(count)
    try:
        yield
    finally:
        if before is not None:
            os.environ[VARIABLE] = before
        elif count is not None:
            del os.environ[VARIABLE]
