"""The threads that read the ledger: each has a connection of its own, for a ledger belongs to one thread."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from prover.network.service import logs
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from zk.errors import FormatError

T = TypeVar("T")

THREADS = 4
Opener = Callable[[bool], Ledger]
"""Opens the ledger; the argument says whether for reading only."""


def failed(error: Exception) -> Unavailable:
    """What a failure of the ledger's database is to whoever asked, who can do nothing but ask again.

    The operator's log has the kind of it.
    """
    if isinstance(error, Unavailable):
        return error
    logs.failed(error)
    return Unavailable(f"the ledger's database failed ({type(error).__name__})")


class Readers:
    """The threads of one service.  `run` is called in its event loop, `close` from anywhere."""

    def __init__(self, open_ledger: Opener, threads: int = THREADS):
        self._open_ledger = open_ledger
        self._threads = threads
        self._own = threading.local()
        self._shared: dict[Hashable, asyncio.Task[Any]] = {}
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="ledger-reader")

    async def run(self, question: Callable[[Ledger], T]) -> T:
        """The answer of `question`, which is called with a ledger in one of the threads.

        Raises what it raises, and errors.Unavailable when the database fails.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._answer, question)

    async def shared(self, name: Hashable, question: Callable[[Ledger], T]) -> T:
        """As `run`, but whoever asks the same before a thread has begun with it gets the same answer.

        So it costs the same however many ask, and is never older than anybody's question.  `name` says which question.
        """
        waiting = self._shared.get(name)
        if waiting is None:
            waiting = asyncio.get_running_loop().create_task(self.run(partial(self._begun, name, question)))
            self._shared[name] = waiting
            waiting.add_done_callback(lambda done: self._forget(name, done))
        return await asyncio.shield(waiting)

    def _begun(self, name: Hashable, question: Callable[[Ledger], T], ledger: Ledger) -> T:
        self._shared.pop(name, None)
        return question(ledger)

    def _forget(self, name: Hashable, done: "asyncio.Task[Any]") -> None:
        """Lets nobody wait for an answer that failed before its thread began."""
        if self._shared.get(name) is done:
            del self._shared[name]

    def close(self) -> None:
        """Ends the threads after what they were asked, and closes their ledgers."""
        together = threading.Barrier(self._threads)  # so that each thread takes exactly one of these
        for _ in range(self._threads):
            self._pool.submit(self._close_own, together)
        self._pool.shutdown()

    def _answer(self, question: Callable[[Ledger], T]) -> T:
        ledger: Ledger | None = getattr(self._own, "ledger", None)
        if ledger is None:
            try:
                ledger = self._own.ledger = self._open_ledger(True)
            except (FormatError, sqlite3.Error, OSError) as error:  # it was sound when the service started
                raise failed(error) from error
        try:
            return question(ledger)
        except (Unavailable, sqlite3.Error, OSError) as error:  # the next question opens it again
            self._own.ledger = None
            ledger.close()
            raise failed(error) from error

    def _close_own(self, together: threading.Barrier) -> None:
        together.wait()
        ledger: Ledger | None = getattr(self._own, "ledger", None)
        if ledger is not None:
            ledger.close()
