"""How tests wait for what others do: as long as it takes, for machines stand still for seconds, and nothing is timed.

A test that waits for nothing else than a time has lost already.  What must happen is awaited by `until`; what must not
happen is looked for after something that comes later.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

PATIENCE_S = 300.0
"""After this something hangs: a failure, never a limit that anything comes near."""
PAUSE_S = 0.01
TRIES = 3

T = TypeVar("T")


def until(is_so: Callable[[], object], what: object = "it never came") -> None:
    """Returns once this holds; `what` is said of it, or what it returns, when it never does."""
    end_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end_s, what() if callable(what) else what
        time.sleep(PAUSE_S)


async def soon(is_so: Callable[[], object], what: object = "it never came") -> None:
    """As `until`, in an event loop, which goes on meanwhile."""
    end_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end_s, what
        await asyncio.sleep(PAUSE_S)


def give_httpx_time() -> None:
    """Has httpx wait as long as any test, where nobody tells it how long: else five seconds."""
    limits = httpx._config.DEFAULT_TIMEOUT_CONFIG
    limits.connect = limits.read = limits.write = limits.pool = PATIENCE_S


def cheaply(act: Callable[[], T], most_s: float) -> T:
    """What this returns, which takes less processor time than that in one of three tries: a virtual machine that is
    stopped meanwhile has every program of it look busy."""
    for _ in range(TRIES):
        began_s = time.process_time()
        result = act()
        if (took_s := time.process_time() - began_s) < most_s:
            return result
    raise AssertionError(f"it took {took_s:.1f} s of processor time, and at most {most_s:g} s are allowed")
