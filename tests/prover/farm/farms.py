"""A farm for tests: a queue in an empty database, workers in threads, and proofs that are quickly made.

The key's secrets are known (tests/zk/groth16/known.py), so a proof of any public inputs is three multiplications.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from prover.farm import keycontents, opening
from prover.farm.farmkey import FarmKeys, read
from prover.farm.jobs import Job, decode
from prover.farm.keycontents import FarmKey
from prover.farm.session import Session
from prover.farm.submitter import Submitter
from prover.farm.worker import Worker
from tests.zk.groth16 import known

VERIFYING = known.key(2)


@dataclass
class Farm:
    """A queue and what belongs to it; `told` has every sentence that was told."""

    url: str
    folder: Path
    keys: FarmKeys
    key: FarmKey
    told: list[str] = field(default_factory=list)

    def worker(self, engine=None, name: str = "machine", **given) -> Worker:
        """A worker on a machine of this name."""
        identity = self.folder / f"{name}.json"
        cache = self.folder / "cache"
        return Worker(self.url, self.keys, cache, identity, engine or honest, tell=self.told.append, **given)

    @contextmanager
    def working(self, *workers: Worker) -> Iterator[None]:
        """These workers work in threads."""
        stop = threading.Event()
        threads = [threading.Thread(target=_run, args=(worker, stop, self.told)) for worker in workers]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    @contextmanager
    def submitting(self) -> Iterator[Submitter]:
        """A submitter that has offered the key."""
        with Submitter.open(self.url, lambda found: found, self.told.append) as submitter:
            submitter.offer(self.key)
            yield submitter

    def job(self, number: int = 1, **given) -> Job:
        """A job with the public inputs (number, 7)."""
        public = (number, 7)
        return Job(self.key.digest, [*public, 1234567891], public, **given)

    def sql(self, query: str, *values):
        """The rows of a statement."""
        with Session(self.url) as session:
            return session.rows(query, values)


def make(url: str, folder: Path, name: str = "toy") -> Farm:
    """A farm in an empty database, whose key has this name."""
    opening.init(url, folder / "farm.json")
    arrays = folder / f"arrays-{name}"
    arrays.mkdir()
    (arrays / "proving-a.npy").write_bytes(b"of no engine here")
    return Farm(url, folder, read(folder / "farm.json"), keycontents.of_folder(arrays, name, "00" * 32, VERIFYING))


def honest(key: bytes, tasks):
    """The engine of an honest worker."""
    return [known.proof(decode(task.elements, "inputs")[:2]) for task in tasks]


def lying(key: bytes, tasks):
    """The engine of a worker that proves something else."""
    return [known.proof((99, 99)) for task in tasks]


def _run(worker: Worker, stop: threading.Event, told: list[str]) -> None:
    with suppress(Killed):
        try:
            worker.run(stop)
        except Exception as error:
            told.append(f"{type(error).__name__}: {error}")


class Killed(BaseException):
    """Ends a worker's thread as a kill ends a process: its transaction never commits."""
