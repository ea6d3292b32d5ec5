"""The workers, and the queue of jobs before them.

A worker does one job at a time, so the worker that dies names the job that ended it.  That job is given once more to
the worker that takes its place; when it ends that one too, it is refused as poison, and the crew goes on.  A job whose
time is over is answered at once, and the worker that was at it is killed and replaced: a kernel cannot be interrupted.

A job that is alone gets all cores.  As soon as there are several, each gets its share: whole proofs side by side keep
the cores busier than parts of one.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from prover.service import protocol
from prover.service.protocol import Failed, Message, Outcome
from prover.service.worker import Died, Prepare, Worker

QUEUE = 128
TRIES = 2
GRACE_S = 10  # how much longer a proof may take when the service stops
HIRES, HIRE_PAUSE_S = 4, 0.2

FULL = "the queue of the prover service is full"
STOPPING = "the prover service is stopping"
OVERDUE = "the prover service did not prove it in time"
POISON = f"the prover service refuses this request: it ended {TRIES} workers"


@dataclass(eq=False)
class Job:
    """One request on its way.  Who goes away cancels `answer`."""

    request: Message
    deadline_s: float  # by the event loop's clock
    answer: asyncio.Future[Message]

    def settle(self, outcome: Outcome, sentence: str) -> None:
        """Answers with a sentence, if there is no answer yet."""
        self.settle_with(protocol.answer(outcome, sentence))

    def settle_with(self, answer: Message) -> None:
        """Answers, if there is no answer yet."""
        if not self.answer.done():
            self.answer.set_result(answer)


class Crew:
    """`size` workers made by `prepare` for `cores` cores, and a queue of at most `queue` jobs.

    `tell` is given sentences about what happens to workers.
    """

    def __init__(self, prepare: Prepare, size: int, cores: int, tell: Callable[[str], None], queue: int = QUEUE):
        self._prepare, self._size, self._cores, self._tell = prepare, size, cores, tell
        self._queue: asyncio.Queue[Job] = asyncio.Queue(queue)
        self._workers: list[Worker] = []
        self._at_work: dict[int, Job] = {}
        self._answered: Counter[str] = Counter()
        self._replaced = 0
        self._is_open = False

    async def run(self, ready: Callable[[], Awaitable[None]], stopping: asyncio.Event) -> None:
        """Works until `stopping` is set; then no process of it is left.

        Proofs that take no more than ten seconds longer are finished.
        Awaits `ready` when every worker is.  Raises Failed when a worker cannot be made or replaced.
        """
        life, end = asyncio.create_task(self._live(ready)), asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait([life, end], return_when=asyncio.FIRST_COMPLETED)
            if life.done():
                life.result()
        finally:
            end.cancel()
            await self._close(life)

    def submit(self, request: Message, deadline_ms: int) -> Job:
        """The job of a request.  It has its answer already when there is no room for it."""
        loop = asyncio.get_running_loop()
        job = Job(request, loop.time() + deadline_ms / 1000, loop.create_future())
        job.answer.add_done_callback(self._count)
        if not self._is_open:
            job.settle(Outcome.STOPPING, STOPPING)
        elif self._queue.full():
            job.settle(Outcome.FULL, FULL)
        else:
            self._queue.put_nowait(job)
            timer = loop.call_at(job.deadline_s, job.settle, Outcome.OVERDUE, OVERDUE)
            job.answer.add_done_callback(lambda _: timer.cancel())
        return job

    def status(self) -> dict[str, Any]:
        """Workers and whether they are at work, the length of the queue and its limit, and answers by their outcome."""
        return {
            "workers": [{"pid": worker.pid, "busy": i in self._at_work} for i, worker in enumerate(self._workers)],
            "cores": self._cores,
            "queued": self._queue.qsize(),
            "queue_limit": self._queue.maxsize,
            "replaced": self._replaced,
            "answered": dict(sorted(self._answered.items())),
        }

    def _count(self, answer: asyncio.Future[Message]) -> None:
        self._answered["abandoned" if answer.cancelled() else answer.result().fields["outcome"]] += 1

    async def _live(self, ready: Callable[[], Awaitable[None]]) -> None:
        for _ in range(self._size):  # the first one may compile kernels for all
            self._workers.append(await self._hire())
        self._is_open = True
        await ready()
        try:
            async with asyncio.TaskGroup() as group:
                for place in range(self._size):
                    group.create_task(self._keep(place))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _keep(self, place: int) -> None:
        """Gives one job after the other to the worker of a place."""
        while True:
            job = await self._queue.get()
            if not job.answer.done():
                self._at_work[place] = job
                await self._do(place, job)
                del self._at_work[place]

    async def _do(self, place: int, job: Job) -> None:
        for attempt in range(1, TRIES + 1):
            if job.answer.done():
                return
            is_alone = len(self._at_work) == 1 and self._queue.empty()
            threads = self._cores if is_alone else max(1, self._cores // self._size)
            try:
                async with asyncio.timeout_at(job.deadline_s):
                    request = replace(job.request, fields=job.request.fields | {"threads": threads})
                    job.settle_with(await self._workers[place].ask(request))
                return
            except TimeoutError:
                job.settle(Outcome.OVERDUE, OVERDUE)
                await self._replace(place, "was at a request whose time is over")
            except Died:
                if attempt == TRIES:
                    job.settle(Outcome.POISON, POISON)
                await self._replace(place, "died")

    async def _replace(self, place: int, why: str) -> None:
        await self._workers[place].kill()
        self._tell(f"Worker {self._workers[place].pid} {why}; another takes its place.")
        self._workers[place] = await self._hire()
        self._replaced += 1

    async def _hire(self) -> Worker:
        """A worker that is ready.  The system may refuse a process for a moment, so it is asked several times."""
        for _ in range(HIRES - 1):
            try:
                return await Worker.start(self._prepare)
            except Failed:
                await asyncio.sleep(HIRE_PAUSE_S)
        return await Worker.start(self._prepare)

    async def _close(self, life: asyncio.Task) -> None:
        self._is_open = False
        while not self._queue.empty():
            self._queue.get_nowait().settle(Outcome.STOPPING, STOPPING)
        if self._at_work and not life.done():
            await asyncio.wait([job.answer for job in self._at_work.values()], timeout=GRACE_S)
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        for job in self._at_work.values():
            job.settle(Outcome.STOPPING, STOPPING)
        await asyncio.gather(*(worker.end() for worker in self._workers))
