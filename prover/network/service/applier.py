"""The one thread that writes to the ledger: it takes what waits, and settles bundles together, a block at a time.

A block is what arrived while the one before was settled, up to MAX_LEGS legs.  So nobody waits for company: alone, a
bundle is settled at once, and the more arrive, the more share one commit.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from prover.network import receipts
from prover.network.service import logs
from prover.network.service.metrics import Metrics, seconds
from prover.network.service.readers import Opener
from settlement import checks, digests, engine
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from settlement.state import VerifyProofs

T = TypeVar("T")
Done = TypeVar("Done", covariant=True)

MAX_LEGS = 60
MAX_WAITING = 256


class Full(Exception):
    """So many requests wait that another one cannot."""


class Work(Protocol[Done]):
    """Something to be done with the ledger at a time."""

    def __call__(self, ledger: Ledger, now_ms: int) -> Done: ...


@dataclass(eq=False)
class _Job:
    """Something that waits: the bytes of a bundle, or other work."""

    work: bytes | Work[Any]
    answer: Future[Any] = field(default_factory=Future)
    arrived_ns: int = field(default_factory=time.perf_counter_ns)


class Applier:
    """The thread, and the queue before it.  `submit` and `act` may be called from any thread."""

    def __init__(
        self, open_ledger: Opener, clock: Callable[[], int], verify_proofs: VerifyProofs, metrics: Metrics,
        on_change: Callable[[], None], max_waiting: int = MAX_WAITING,
    ):  # fmt: skip
        self._open_ledger, self._clock, self._verify_proofs = open_ledger, clock, verify_proofs
        self._metrics, self._on_change = metrics, on_change
        self._waiting: queue.Queue[_Job | None] = queue.Queue(max_waiting)
        self._is_closing = False
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="ledger-applier")
        metrics.queue.set_function(self._waiting.qsize)

    def start(self) -> None:
        """Opens the ledger for writing and starts.  Raises as opening it does."""
        self._thread.start()
        self._opened.result()

    def close(self) -> None:
        """Does what waits, takes nothing more, and closes the ledger."""
        self._is_closing = True
        self._waiting.put(None)
        self._thread.join()

    def submit(self, data: bytes) -> "Future[BundleId]":
        """The id of the bundle in these bytes, once it has settled, now or before; or Rejected.  Raises Full."""
        return self._put(_Job(data))

    def act(self, work: Work[T]) -> "Future[T]":
        """What `work` returns or raises, which is called in the applier's thread.  Raises Full."""
        return self._put(_Job(work))

    def _put(self, job: _Job) -> Future[Any]:
        if self._is_closing:
            raise Full("the service is ending")
        try:
            self._waiting.put_nowait(job)
        except queue.Full:
            raise Full(f"{self._waiting.maxsize} requests wait already") from None
        return job.answer

    def _run(self) -> None:
        try:
            ledger = self._open_ledger(False)
        except BaseException as error:
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        with ledger:
            following: _Job | None = None
            while (job := following or self._waiting.get()) is not None:
                block, following = self._block(job) if isinstance(job.work, bytes) else ([job], None)
                for each in block:
                    self._metrics.waiting.observe(seconds(time.perf_counter_ns() - each.arrived_ns))
                try:
                    self._do(ledger, block)
                    self._on_change()
                except Exception as error:  # the thread must outlive everything
                    logs.failed(error)

    def _block(self, first: _Job) -> tuple[list[_Job], _Job | None]:
        """The bundles that wait behind the first one, and the job after them that is none of this block, or None.

        The end of the queue is put back: it is the last thing in it, because nothing is taken after it.
        """
        block, legs = [first], _legs(first)
        while True:
            try:
                job = self._waiting.get_nowait()
            except queue.Empty:
                return block, None
            if job is None:
                self._waiting.put(None)
                return block, None
            legs += _legs(job)
            if not isinstance(job.work, bytes) or legs > MAX_LEGS:
                return block, job
            block.append(job)

    def _do(self, ledger: Ledger, block: list[_Job]) -> None:
        num_settled = 0
        for job in block:
            if not job.answer.set_running_or_notify_cancel():
                continue
            try:
                if isinstance(job.work, bytes):
                    bundle_id, is_new = self._settle(ledger, job.work)
                    num_settled += is_new
                    job.answer.set_result(bundle_id)
                else:
                    job.answer.set_result(job.work(ledger, self._clock()))
            except Rejected as rejected:
                self._metrics.refused.labels(rejected.rejection.name).inc()
                job.answer.set_exception(rejected)
            except BaseException as error:
                job.answer.set_exception(error)
        if num_settled:
            self._metrics.block.observe(num_settled)

    def _settle(self, ledger: Ledger, data: bytes) -> tuple[BundleId, bool]:
        """The bundle's id, and whether it settled now and not before."""
        bundle_id = digests.bundle_id(checks.decode_bundle(data))
        if ledger.reader.bundle_height(bundle_id) is not None:
            return bundle_id, False
        try:
            receipt = engine.submit(ledger, data, self._clock(), self._verify_proofs)
        except Rejected:
            if ledger.reader.bundle_height(bundle_id) is not None:  # another process settled it meanwhile
                return bundle_id, False
            raise
        self._metrics.checking.observe(receipt.check_us / 1e6)
        self._metrics.applying.observe(receipt.apply_us / 1e6)
        self._metrics.settled.inc()
        logs.settled(receipt, len(data))
        return bundle_id, True


def _legs(job: _Job) -> int:
    """How many legs and seizures a bundle says that it has: its bytes may be anything yet."""
    return receipts.num_moves(job.work) if isinstance(job.work, bytes) else 0
