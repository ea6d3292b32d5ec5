"""The receipts of what was just settled, of a whole block at once: one visit to the database, however many wait.

The bundles of a block have their answers in the same moment, so their receipts are asked for together too.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from prover.network.service.readers import Readers
from prover.network.wire.receipts import Receipt
from settlement import engine
from settlement.ledger import Ledger

Make = Callable[[Sequence[engine.Receipt], Ledger], Sequence[Receipt]]


class Receipting:
    """Collects what is asked for in one turn of the event loop.  Belongs to its thread."""

    def __init__(self, readers: Readers, make: Make):
        self._readers, self._make = readers, make
        self._waiting: list[tuple[engine.Receipt, asyncio.Future[Receipt]]] = []
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself would forget them

    async def receipt(self, place: engine.Receipt) -> Receipt:
        """The receipt of the bundle that settled at this place.  Raises what reading the ledger raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Receipt] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._begin)
        self._waiting.append((place, future))
        return await future

    def _begin(self) -> None:
        waiting, self._waiting = self._waiting, []
        task = asyncio.get_running_loop().create_task(self._answer(waiting))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, waiting: Sequence[tuple[engine.Receipt, asyncio.Future[Receipt]]]) -> None:
        try:
            made = await self._readers.run(partial(self._make, [place for place, _ in waiting]))
        except Exception as error:
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), receipt in zip(waiting, made, strict=True):
            if not future.done():  # or whoever asked is gone
                future.set_result(receipt)
