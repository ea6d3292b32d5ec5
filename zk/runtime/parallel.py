"""Threads: kernels release the GIL, so a pool of ordinary threads keeps every core busy.

The pool is sized by ZKSETTLE_THREADS, else by the cores this process may use.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

from zk.errors import FormatError
from zk.runtime import profile


def threads() -> int:
    """How many threads the pool has.  Raises FormatError when ZKSETTLE_THREADS is not a number from 1 to 1024."""
    stated = os.environ.get("ZKSETTLE_THREADS", "")
    if not stated:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not (stated.isascii() and stated.isdigit() and 1 <= int(stated) <= 1024):
        raise FormatError("ZKSETTLE_THREADS is not a number from 1 to 1024")
    return int(stated)


@lru_cache(maxsize=1)
def _pool(size: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(size, thread_name_prefix="zksettle")


def submit(function: Callable, *arguments) -> Future:
    """Start `function` on the pool.  A task must not wait for another task of the pool."""
    return _pool(threads()).submit(profile.carried(function), *arguments)


def map(function: Callable, items: Iterable) -> list:
    """The results of `function` over `items`, in order; the longest items should come first."""
    return list(_pool(threads()).map(profile.carried(function), items))
