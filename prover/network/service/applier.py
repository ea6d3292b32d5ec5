"""The one thread that writes to the ledger: it takes what waits, and settles bundles together, a block at a time.

A block is what arrived while the one before was settled.  So nobody waits for company: alone, a bundle is settled at
once, and the more arrive, the more share one batch of proofs and one commit.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from typing import TypeVar

from prover.network.service import logs, placing, readers
from prover.network.service.metrics import Metrics, seconds
from prover.network.service.placing import Placed
from prover.network.service.readers import Opener
from prover.network.service.trust import SUSPECT, Allowance
from prover.network.service.waiting import Job, Placing, Waiting, Work
from settlement import engine, stages
from settlement.checks.state import VerifyProofs
from settlement.engine import Receipt
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from zk.errors import FormatError

T = TypeVar("T")

_US_PER_S = 10**6


class Applier:
    """The thread.  `submit` and `act` may be called from any other."""

    def __init__(
        self, open_ledger: Opener, clock: Callable[[], int], verify_proofs: VerifyProofs, metrics: Metrics,
        on_change: Callable[[], None], waiting: Waiting, allowance: Allowance,
    ):  # fmt: skip
        self._open_ledger, self._clock, self._verify_proofs = open_ledger, clock, verify_proofs
        self._metrics, self._on_change, self._waiting = metrics, on_change, waiting
        self._allowance = allowance
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="ledger-applier")

    def start(self) -> None:
        """Opens the ledger for writing and starts.  Raises as opening it does."""
        self._thread.start()
        self._opened.result()

    def close(self) -> None:
        """Does what waits, takes nothing more, and closes the ledger."""
        self._waiting.close()
        self._thread.join()

    def submit(self, peer: str, level: int, data: bytes) -> "Future[Receipt]":
        """The place of the bundle in these bytes, once it has settled, now or before; or Rejected.  Raises Full."""
        job = Job(data, level)
        self._waiting.put(peer, job)
        return job.answer

    def place(self, peer: str, level: int, data: bytes) -> "Future[Placed]":
        """The order of a posting's bytes, once it is on the board; or Rejected, as board.place.  Raises Full."""
        job = Job(Placing(data), level)
        self._waiting.put(peer, job)
        return job.answer

    def act(self, peer: str, level: int, work: Work[T]) -> "Future[T]":
        """What `work` returns or raises, which is called in the applier's thread.  Raises Full."""
        job = Job(work, level)
        self._waiting.put(peer, job)
        return job.answer

    def _run(self) -> None:
        try:
            ledger = self._open_ledger(False)
        except BaseException as error:
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        try:
            while block := self._waiting.take():
                try:
                    if self._do(ledger, block):
                        self._on_change()
                    if not len(self._waiting):
                        ledger.rest()
                except Unavailable:
                    ledger = self._reopened(ledger)
                except Exception as error:  # the thread must outlive everything
                    logs.failed(error)
        finally:
            ledger.close()

    def _reopened(self, ledger: Ledger) -> Ledger:
        """The ledger over another connection, or this one when there is none to be had."""
        try:
            opened = self._open_ledger(False)
        except Exception as error:
            logs.failed(error)
            return ledger
        ledger.close()
        return opened

    def _do(self, ledger: Ledger, block: list[Job]) -> bool:
        """Answers every job; whether any may have changed something.

        Raises Unavailable when the ledger must be opened again.
        """
        block = [job for job in block if job.answer.set_running_or_notify_cancel()]
        for job in block:
            self._metrics.waiting.observe(seconds(time.perf_counter_ns() - job.arrived_ns))
        try:
            with self._allowance.spending() if block and block[0].level >= SUSPECT else nullcontext():
                answers = self._answers(ledger, block)
        except BaseException as error:
            # Of a database that failed before the commit, or refused it, nothing is left: whoever asked asks again.
            told = readers.failed(error) if isinstance(error, self._failures(block)) else error
            for job in block:
                job.answer.set_exception(told)
            if isinstance(told, Unavailable):
                raise told from error
            return True
        for job, answer in zip(block, answers, strict=True):
            if isinstance(answer, Rejected):
                job.answer.set_exception(answer)
            else:
                job.answer.set_result(answer)
        ends = [one for answer in answers for one in (answer if isinstance(answer, list) else [answer])]
        for one in ends:
            if isinstance(one, Rejected):
                self._metrics.refused.labels(one.rejection.name).inc()
        return any(not isinstance(one, Rejected) and not _is_known(one) for one in ends)

    @staticmethod
    def _failures(block: list[Job]) -> tuple[type[Exception], ...]:
        """The exceptions that say nothing of what was asked.  Bundles that are malformed are refused without one."""
        formats = (FormatError,) if isinstance(block[0].work, bytes) else ()
        return Unavailable, sqlite3.Error, OSError, *formats

    def _answers(self, ledger: Ledger, block: list[Job]) -> list[object]:
        bundles = [job.work for job in block if isinstance(job.work, bytes)]
        if bundles:
            with stages.recorded() as durations:
                receipts = engine.submit_all(ledger, bundles, self._clock(), self._verify_proofs)
            self._metrics.passed(durations)
            self._count([(len(data), one) for data, one in zip(bundles, receipts, strict=True)])
            return list(receipts)
        postings = [job.work.data for job in block if isinstance(job.work, Placing)]
        if postings:
            return list(placing.place_all(ledger, postings, self._clock(), self._verify_proofs))
        answers: list[object] = []
        for job in block:
            assert not isinstance(job.work, bytes | Placing), "a block has bundles only, or orders, or neither"
            try:
                answers.append(job.work(ledger, self._clock()))
            except Rejected as rejected:
                answers.append(rejected)
        return answers

    def _count(self, receipts: list[tuple[int, Receipt | Rejected]]) -> None:
        # By height: a bundle that was sent twice settles once.
        settled = {one.height: (size, one) for size, one in receipts if isinstance(one, Receipt) and one.apply_us}
        for size, receipt in settled.values():
            self._metrics.checking.observe(receipt.check_us / _US_PER_S)
            self._metrics.applying.observe(receipt.apply_us / _US_PER_S)
            self._metrics.settled.inc()
            logs.settled(receipt, size)
        if settled:
            self._metrics.block.observe(len(settled))


def _is_known(answer: object) -> bool:
    """Whether this is the place of a bundle that had settled before, or an order that was on the board."""
    return isinstance(answer, Receipt) and not answer.apply_us or isinstance(answer, Placed) and not answer.is_new
