"""A service in a thread of the test's process, with workers that do not prove."""

import asyncio
import contextlib
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from prover.service import client
from prover.service.protocol import Message
from prover.service.server import Server
from prover.service.worker import Prepare
from prover.service.worker_pool import QUEUE, WorkerPool
from tests import patience
from tests.patience import PATIENCE_S
from tests.prover.service import workers

DEADLINE_MS = 600_000


@dataclass
class Running:
    """What a test sees of a service: where it is, what it told, and how it ended."""

    folder: Path
    told: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    ended: BaseException | None = None

    def ask(self, words: str, deadline_ms: int = DEADLINE_MS) -> Message | None:
        """A request for `workers.obey`."""
        return client.prove_statement(self.folder, "leg", words.encode(), self.heard.append, deadline_ms)

    @contextlib.contextmanager
    def busy(self, threads: ThreadPoolExecutor) -> Iterator["Future[Message | None]"]:
        """The answer of a worker that has a request until the block ends, or `release`."""
        asked = threads.submit(self.ask, f"hold {self.released}")
        try:
            self.until(lambda now: any(one["busy"] for one in now["workers"]))
            yield asked
        finally:
            self.release()

    @property
    def released(self) -> Path:
        return self.folder.with_name("released")

    def release(self) -> None:
        """Lets go of the worker."""
        self.released.touch()

    def status(self) -> dict:
        found = client.status(self.folder)
        assert found is not None, "the service is running"
        return found.fields

    def until(self, is_so: Callable[[dict], bool]) -> dict:
        """The status, as soon as something is so."""
        found: dict = {}

        def is_now() -> bool:
            found.update(self.status())
            return is_so(found)

        patience.until(is_now, found)
        return found


@contextlib.contextmanager
def service(folder: Path, size: int = 1, prepare: Prepare = workers.prepare, queue: int = QUEUE) -> Iterator[Running]:
    """A service of `size` workers for two cores, stopped when the context ends."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tests.prover.service.workers"])
    running, ready = Running(folder), threading.Event()
    pool = WorkerPool(prepare, size, 2, running.told.append, queue)
    thread = threading.Thread(target=_run, args=(running, ready, pool))
    thread.start()
    assert ready.wait(PATIENCE_S)
    try:
        yield running
    finally:
        client.stop(folder)
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def _run(running: Running, ready: threading.Event, pool: WorkerPool) -> None:
    try:
        asyncio.run(Server(running.folder, pool).run(ready.set))
    except Exception as error:
        running.ended = error
    finally:
        ready.set()
