"""The workers, and the queue of jobs in front of them.

A worker does one job at a time, or several of one statement together (waiting.py).  When it dies with several, its
replacement does each of them alone, so that the job that killed it is known: one that is alone is tried twice, and if
its worker dies again it is refused as poison, and the pool goes on.  A job that misses its deadline is answered at
once; when no job of its worker has time left, that is killed and replaced: a kernel cannot be interrupted.

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
from prover.service.waiting import Waiting
from prover.service.worker import Died, Prepare, Worker
from zk.errors import FormatError

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

    @property
    def alike(self) -> str | None:
        """The statement, whose jobs may be done together."""
        return self.request.fields.get("statement")

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
        self._queue: Waiting[Job] = Waiting(queue)
        self._workers: list[Worker] = []
        self._at_work: dict[int, list[Job]] = {}
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
        elif self._queue.is_full():
            job.finish(Outcome.FULL, FULL)
        else:
            self._queue.put(job)
            timer = loop.call_at(job.deadline_s, job.finish, Outcome.OVERDUE, OVERDUE)
            job.answer.add_done_callback(lambda _: timer.cancel())
        return job

    def status(self) -> dict[str, Any]:
        """The workers and whether they are busy, the queue's length and limit, and the number of answers by outcome."""
        return {
            "workers": [{"pid": worker.pid, "busy": i in self._at_work} for i, worker in enumerate(self._workers)],
            "cores": self._cores,
            "queued": len(self._queue),
            "queue_limit": self._queue.limit,
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
        """Gives one job after another, or several together, to the worker in a place."""
        while True:
            jobs = [job for job in await self._queue.take(self._size) if not job.answer.done()]
            if jobs:
                self._at_work[place] = jobs
                await self._do(place, jobs)
                del self._at_work[place]

    async def _do(self, place: int, jobs: list[Job]) -> None:
        if len(jobs) > 1 and await self._do_together(place, jobs):
            return
        for job in jobs:
            await self._do_alone(place, job)

    async def _do_together(self, place: int, jobs: list[Job]) -> bool:
        """Whether they were done together.  If not, it may be because of any one of them."""
        parts = tuple(part for job in jobs for part in job.request.parts)
        try:
            async with asyncio.timeout_at(max(job.deadline_s for job in jobs)):
                answer = await self._workers[place].ask(self._request(replace(jobs[0].request, parts=parts)))
            for job, one in zip(jobs, protocol.split(answer, len(jobs)), strict=True):
                job.finish_with(one)
        except FormatError:
            return False
        except TimeoutError:
            for job in jobs:
                job.finish(Outcome.OVERDUE, OVERDUE)
            await self._replace(place, "missed the deadlines of its requests")
        except Died:
            await self._replace(place, "died")
            return False
        return True

    async def _do_alone(self, place: int, job: Job) -> None:
        for attempt in range(1, TRIES + 1):
            if job.answer.done():
                return
            try:
                async with asyncio.timeout_at(job.deadline_s):
                    job.finish_with(await self._workers[place].ask(self._request(job.request)))
                return
            except TimeoutError:
                job.finish(Outcome.OVERDUE, OVERDUE)
                await self._replace(place, "missed the deadline of its request")
            except Died:
                if attempt == TRIES:
                    job.finish(Outcome.POISON, POISON)
                await self._replace(place, "died")

    def _request(self, request: Message) -> Message:
        """The request as a worker receives it: with the number of threads that it may use."""
        is_alone = len(self._at_work) == 1 and not len(self._queue)
        threads = self._cores if is_alone else max(1, self._cores // self._size)
        return replace(request, fields=request.fields | {"threads": threads})

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
        for job in self._queue.empty():
            job.finish(Outcome.STOPPING, STOPPING)
        if self._at_work and not working.done():
            await asyncio.wait([job.answer for jobs in self._at_work.values() for job in jobs], timeout=GRACE_S)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        for jobs in self._at_work.values():
            for job in jobs:
                job.finish(Outcome.STOPPING, STOPPING)
        await asyncio.gather(*(worker.end() for worker in self._workers))
