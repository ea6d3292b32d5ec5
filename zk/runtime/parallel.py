"""A pool of threads.  Kernels release the GIL, so ordinary threads keep every core busy.

Its size is ZKSETTLE_THREADS, or else the number of cores that this process may use.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
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


_is_alone: ContextVar[bool] = ContextVar("is_alone", default=False)  # whether this thread does all that it hands over


@lru_cache(maxsize=1)
def _pool(size: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(size, thread_name_prefix="zksettle")


if hasattr(os, "register_at_fork"):  # a forked child has the pool, but none of its threads: it makes a pool of its own
    os.register_at_fork(after_in_child=_pool.cache_clear)


def submit(function: Callable, *arguments) -> Future:
    """Start `function` on the pool.  A task must not wait for another task of the pool: that may deadlock."""
    if not _is_alone.get():
        return _pool(threads()).submit(profile.in_phase(function), *arguments)
    done: Future = Future()
    try:
        done.set_result(function(*arguments))
    except BaseException as error:  # as a pool does: whoever asks for the result gets it
        done.set_exception(error)
    return done


def map(function: Callable, items: Iterable) -> list:
    """The results of `function` over `items`, in order.  The longest items should come first."""
    if _is_alone.get():
        return [function(item) for item in items]
    return list(_pool(threads()).map(profile.in_phase(function), items))


def submit_alone(function: Callable, *arguments) -> Future:
    """As `submit`, where one thread does all of it: what `function` hands to the pool runs there and then."""
    if _is_alone.get():
        return submit(function, *arguments)

    def alone():
        _is_alone.set(True)
        return function(*arguments)

    # In a context of its own, which has the recorder of this thread's phases.
    return _pool(threads()).submit(copy_context().run, alone)


def map_alone(function: Callable, items: Iterable) -> list:
    """As `map`, for many long items of like length, which then neither wait for each other nor share a core's cache."""
    tasks = [submit_alone(function, item) for item in items]
    return [task.result() for task in tasks]
