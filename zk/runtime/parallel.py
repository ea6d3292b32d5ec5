"""A pool of threads.  Kernels release the GIL, so ordinary threads keep every core busy.

Its size is ZKSETTLE_THREADS, or else the number of cores that this process may use.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

from zk.errors import FormatError
from zk.runtime import profile


def threads() -> int:
    """The number of threads in the pool.  Raises FormatError when ZKSETTLE_THREADS is not a number from 1 to 1024."""
    setting = os.environ.get("ZKSETTLE_THREADS", "")
    if not setting:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not (setting.isascii() and setting.isdigit() and 1 <= int(setting) <= 1024):
        raise FormatError("ZKSETTLE_THREADS must be a number from 1 to 1024")
    return int(setting)


@lru_cache(maxsize=1)
def _pool(size: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(size, thread_name_prefix="zksettle")


if hasattr(os, "register_at_fork"):  # a forked child has the pool, but none of its threads: it makes a pool of its own
    os.register_at_fork(after_in_child=_pool.cache_clear)


def submit(function: Callable, *arguments) -> Future:
    """Start `function` on the pool.  A task must not wait for another task of the pool: that may deadlock."""
    return _pool(threads()).submit(profile.in_phase(function), *arguments)


def map(function: Callable, items: Iterable) -> list:
    """The results of `function` over `items`, in order.  The longest items should come first."""
    return list(_pool(threads()).map(profile.in_phase(function), items))
