"""The one thread in which everything of nostr-sdk runs, and its event loop, which the wheel must be told of.

Its callbacks come from threads of its own and are run in this loop.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
_BEGINNING = threading.Lock()  # two threads that come first at the same time would make two loops


def run(coroutine: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
    """What the coroutine returns, which is run in the loop.  Raises what it raises, and TimeoutError."""
    return start(coroutine).result(seconds)


def call(function: Callable[[], object]) -> None:
    """Lets the loop call this soon."""
    _loop().call_soon_threadsafe(function)


def start(coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
    """Begins to run a coroutine in the loop."""
    with _BEGINNING:
        loop = _loop()
    return asyncio.run_coroutine_threadsafe(coroutine, loop)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    import nostr_sdk

    loop = asyncio.new_event_loop()
    nostr_sdk.uniffi_set_event_loop(loop)
    threading.Thread(target=loop.run_forever, name="zksettle-nostr", daemon=True).start()
    return loop
