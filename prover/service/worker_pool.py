"""The workers, and the queue of jobs in front of them.

A worker does one job at a time, so a worker that dies identifies the job that killed it.  Its replacement tries that
job once more; if it dies too, the job is refused as poison and the pool goes on.  A job that misses its deadline is
answered at once, and its worker is killed and replaced: a kernel cannot be interrupted.

A job that is alone uses all cores.  Several jobs share them: whole proofs in parallel keep the cores busier than parts
of one proof.
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
GRACE_S = 10  # for running proofs when the service stops
START_ATTEMPTS, START_PAUSE_S = 4, 0.2

FULL = "the queue of the prover service is full"
STOPPING = "the prover service is stopping"
OVERDUE = "the prover service did not finish the proof in time"
POISON = f"the prover service refuses this request: it crashed {TRIES} workers"


@dataclass(eq=False)
class Job:
    """A request in progress.  A client that disconnects cancels `answer`."""

    request: Message
    deadline_s: float  # by the event loop's clock
    answer: asyncio.Future[Message]

    def finish(self, outcome: Outcome, sentence: str) -> None:
        """Answers with a sentence unless there is an answer already."""
        self.finish_with(protocol.answer(outcome, sentence))

    def finish_with(self, answer: Message) -> None:
        """Answers unless there is an answer already."""
        if not self.answer.done():
            self.answer.set_result(answer)


class WorkerPool:
    """`size` workers that share `cores` cores, each set up by `prepare`, and a queue of at most `queue` jobs.

    `tell` receives a sentence whenever a worker is replaced.
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
        """Works until `stopping` is set, and then leaves no process behind.

        Proofs that take at most ten seconds longer are finished.  Awaits `ready` once every worker is ready.  Raises
        Failed when a worker cannot be started or replaced.
        """
        working, end = asyncio.create_task(self._work(ready)), asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait([working, end], return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            end.cancel()
            await self._close(working)

    def submit(self, request: Message, deadline_ms: int) -> Job:
        """Queues a request.  If there is no room, the returned job already has its answer."""
        loop = asyncio.get_running_loop()
        job = Job(request, loop.time() + deadline_ms / 1000, loop.create_future())
        job.answer.add_done_callback(self._count)
        if not self._is_open:
            job.finish(Outcome.STOPPING, STOPPING)
        elif self._queue.full():
            job.finish(Outcome.FULL, FULL)
        else:
            self._queue.put_nowait(job)
            timer = loop.call_at(job.deadline_s, job.finish, Outcome.OVERDUE, OVERDUE)
            job.answer.add_done_callback(lambda _: timer.cancel())
        return job

    def status(self) -> dict[str, Any]:
        """The workers and whether they are busy, the queue's length and limit, and the number of answers by outcome."""
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

    async def _work(self, ready: Callable[[], Awaitable[None]]) -> None:
        for _ in range(self._size):  # the first one may compile kernels for all
            self._workers.append(await self._start())
        self._is_open = True
        await ready()
        try:
            async with asyncio.TaskGroup() as group:
                for place in range(self._size):
                    group.create_task(self._keep(place))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _keep(self, place: int) -> None:
        """Gives one job after another to the worker in a place."""
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
                    job.finish_with(await self._workers[place].ask(request))
                return
            except TimeoutError:
                job.finish(Outcome.OVERDUE, OVERDUE)
                await self._replace(place, "missed the deadline of its request")
            except Died:
                if attempt == TRIES:
                    job.finish(Outcome.POISON, POISON)
                await self._replace(place, "died")

    async def _replace(self, place: int, why: str) -> None:
        await self._workers[place].kill()
        self._tell(f"Worker {self._workers[place].pid} {why} and was replaced.")
        self._workers[place] = await self._start()
        self._replaced += 1

    async def _start(self) -> Worker:
        """A ready worker.  The system may briefly refuse a new process, so this tries several times."""
        for _ in range(START_ATTEMPTS - 1):
            try:
                return await Worker.start(self._prepare)
            except Failed:
                await asyncio.sleep(START_PAUSE_S)
        return await Worker.start(self._prepare)

    async def _close(self, working: asyncio.Task) -> None:
        self._is_open = False
        while not self._queue.empty():
            self._queue.get_nowait().finish(Outcome.STOPPING, STOPPING)
        if self._at_work and not working.done():
            await asyncio.wait([job.answer for job in self._at_work.values()], timeout=GRACE_S)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        for job in self._at_work.values():
            job.finish(Outcome.STOPPING, STOPPING)
        await asyncio.gather(*(worker.end() for worker in self._workers))
