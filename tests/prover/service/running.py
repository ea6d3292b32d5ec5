"""A service in a thread of the test's process, with workers that do not prove."""

import asyncio
import contextlib
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from prover.service import client
from prover.service.protocol import Message
from prover.service.server import Server
from prover.service.worker import Prepare
from prover.service.worker_pool import QUEUE, WorkerPool
from tests.prover.service import workers

PATIENCE_S = 30


@dataclass
class Running:
    """What a test sees of a service: where it is, what it told, and how it ended."""

    folder: Path
    told: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    ended: BaseException | None = None

    def ask(self, words: str, deadline_ms: int = 20_000) -> Message | None:
        """A request for `workers.obey`."""
        return client.prove_statement(self.folder, "leg", words.encode(), self.heard.append, deadline_ms)

    def status(self) -> dict:
        found = client.status(self.folder)
        assert found is not None, "the service is running"
        return found.fields

    def until(self, is_so: Callable[[dict], bool]) -> dict:
        """The status, as soon as something is so."""
        end_s = time.monotonic() + PATIENCE_S
        while not is_so(found := self.status()):
            assert time.monotonic() < end_s, found
            time.sleep(0.01)
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
