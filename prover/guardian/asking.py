"""Requests to several guardians at once: answers are taken as they come, and who hangs holds up nobody else.

Every guardian is asked in a thread of its own, one request after the other, because the thread of one in this process
keeps the ledger open.  Whoever stops waiting for an answer withdraws its request; one that is under way goes on alone,
and the thread, a daemon, keeps no process from ending.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

Result = dict[str, Any] | Exception
Ask = Callable[[int, Mapping[str, Any]], dict[str, Any]]
"""From a member and a request to its answer."""


class _Request:
    """One request, and the round that waits for its answer."""

    def __init__(self, content: Mapping[str, Any], index: int, results: "SimpleQueue[tuple[int, Result]]"):
        self.content, self.index, self.results = content, index, results
        self.is_withdrawn = False


class Askers:
    """A thread for each of these members, until `close`.  `ask` is called in it."""

    def __init__(self, members: Iterable[int], ask: Ask):
        self._ask = ask
        self._queues: dict[int, SimpleQueue[_Request | None]] = {index: SimpleQueue() for index in members}
        for index, queue in self._queues.items():
            threading.Thread(target=self._work, args=(index, queue), daemon=True).start()

    def close(self) -> None:
        """Ends the threads, each after the request that it is at."""
        for queue in self._queues.values():
            queue.put(None)

    def put(self, request: _Request) -> None:
        """Hands a request to its colleague's thread."""
        self._queues[request.index].put(request)

    def _work(self, index: int, queue: "SimpleQueue[_Request | None]") -> None:
        while (request := queue.get()) is not None:
            if not request.is_withdrawn:
                request.results.put((index, self._result(index, request)))

    def _result(self, index: int, request: _Request) -> Result:
        try:
            return self._ask(index, request.content)
        except Exception as error:  # raised again, or noted, by whoever waits
            return error


class Round:
    """Requests of one purpose.  `waiting` are the members that were asked and have not answered."""

    def __init__(self, askers: Askers):
        self._askers, self._results = askers, SimpleQueue[tuple[int, Result]]()
        self._requests: dict[int, _Request] = {}

    @property
    def waiting(self) -> set[int]:
        """The members that were asked and have not answered."""
        return set(self._requests)

    def ask(self, index: int, request: Mapping[str, Any]) -> None:
        """Asks one member."""
        self._requests[index] = _Request(request, index, self._results)
        self._askers.put(self._requests[index])

    def next(self, until_s: float) -> tuple[int, Result] | None:
        """The next member that has answered, and its answer or why there is none; None when that monotonic time comes.

        Answers that are there already count, however late it is.
        """
        try:
            index, result = self._results.get(timeout=max(until_s - time.monotonic(), 1e-3))
        except Empty:
            return None
        del self._requests[index]
        return index, result

    def end(self) -> None:
        """Withdraws the requests that have no answer yet."""
        for request in self._requests.values():
            request.is_withdrawn = True
        self._requests.clear()
