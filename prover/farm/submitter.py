"""Submits jobs and waits for their proofs, each of which it verifies itself.

Threads may share a submitter: it has one session with the database, on which a thread of its own listens.  A lost
connection is opened again; jobs that the database has lost are submitted again under their ids, which queues nothing
twice, and keys that it has lost, or swept, are put there again.  A result that no worker of the farm has signed is put
back, and so is a proof that does not verify, with the evidence against its worker.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from prover.farm import accusing, asking, evidence, jobs, keyshelf, schema, sealing
from prover.farm.asking import Found, Sealed
from prover.farm.evidence import Evidence, NotOfTheFarm
from prover.farm.farmkey import FarmPublic
from prover.farm.jobs import Job, NotProved, Result, State
from prover.farm.keycontents import FarmKey
from prover.farm.line import PATIENCE_S, POLL_S, Line
from prover.farm.session import Missing, Session
from zk.errors import FormatError, InvalidProof
from zk.groth16.keys import Claim, Proof

MOST_ASKED = 1_000  # ids in one query

Check = Callable[[Job, Proof], None]


@dataclass(eq=False)
class _Pending:
    """A job that this submitter waits for, and how it ended, when it has."""

    sealed: Sealed
    check: Check | None
    found: Found | None = None
    is_sent: bool = False


class Submitter:
    """Submits to the queue behind a URL, sealing to this farm's key.  `tell` receives sentences.

    What is asked of a database that is away waits for it at most `patience_s`.
    """

    def __init__(self, url: str, farm: FarmPublic, tell: Callable[[str], None], patience_s: float = PATIENCE_S):
        self._farm, self._tell = farm, tell
        self._changed = threading.Condition()
        self._pending: dict[bytes, _Pending] = {}
        self._keys: dict[bytes, FarmKey] = {}
        self._judge = accusing.Judge(farm)
        self._asked_s = 0.0
        self._line = Line(url, self._opened, self._heard, tell, patience_s)

    @classmethod
    def open(
        cls, url: str, pin: Callable[[FarmPublic], FarmPublic], tell: Callable[[str], None] = lambda sentence: None,
        patience_s: float = PATIENCE_S,
    ) -> "Submitter":  # fmt: skip
        """A submitter.  `pin` receives the key that the database has, and returns the one to seal to (pins.py).

        Raises FormatError when there is no queue of this version or `pin` refuses its key, and Unavailable.
        """
        with Session(url) as session:
            schema.check(session)
            farm = pin(asking.farm(session))
        submitter = cls(url, farm, tell, patience_s)
        submitter._line.start()
        return submitter

    def __enter__(self) -> "Submitter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection.  Jobs that are queued stay queued."""
        self._line.close()
        self._wake()

    def offer(self, key: FarmKey) -> None:
        """Puts a key into the queue's database unless it is there.  Must come before the first job under it.

        Its files must stay where they are: the key is put back from them when the database has lost it.
        """
        if key.digest not in self._keys:
            self._line.do(lambda session: keyshelf.put(session, key))
            self._keys[key.digest] = key

    def submit(self, some: Sequence[Job], check: Check | None = None) -> list[bytes]:
        """Queues jobs, all or none, and returns their ids.  `check` raises InvalidProof instead of the verifier.

        Raises NotProved when the queue is being drained, and Unavailable when its database is away or full.
        """
        pending = {}
        for job in some:
            assert job.key in self._keys, "a key is offered before a job under it"
            digest = sealing.public_digest(job.key, job.public)
            inputs = job.elements if isinstance(job.elements, bytes) else jobs.encode(job.elements)
            sealed = sealing.seal(self._farm, inputs, job.id, job.key, digest)
            pending[job.id] = _Pending(Sealed(job, digest, sealed), check)
        with self._changed:
            self._pending |= pending
        try:
            self._line.do(lambda session: self._queue(session, [one.sealed for one in pending.values()]))
        except BaseException:
            self._forget(pending)
            raise
        for one in pending.values():
            one.is_sent = True
        return list(pending)

    def wait(self, ids: Sequence[bytes], timeout_s: float) -> list[Result]:
        """How these jobs ended, in their order; those that have not ended after so long are QUEUED.

        A job's end is told once.  Raises Unavailable or FormatError when the queue is gone for good.
        """
        deadline_s = time.monotonic() + timeout_s
        results: dict[bytes, Result] = {}
        while left := [job for job in ids if job not in results]:
            ready = self._ready(left, deadline_s)
            if not ready:
                break
            verified = self._verified_together(ready)
            for found in ready:
                result = self._judged(found, verified.get(found.id))
                if result is not None:
                    results[found.id] = result
        self._forget(results)
        return [results.get(job) or Result(job, State.QUEUED) for job in ids]

    def withdraw(self, ids: Sequence[bytes]) -> None:
        """Ends those of these jobs that no worker has begun, and forgets all of them."""
        self._forget(ids)
        self._line.do(lambda session: asking.withdraw(session, ids))

    def _ready(self, ids: Sequence[bytes], deadline_s: float) -> list[Found]:
        """Waits until some of these jobs have ended; none when the time is over."""
        with self._changed:
            while True:
                ready = [found for job in ids if (found := self._pending[job].found) is not None]
                left_s = deadline_s - time.monotonic()
                if ready or left_s <= 0:
                    return ready
                self._line.check()
                self._changed.wait(min(left_s, POLL_S))

    def _verified_together(self, ready: Sequence[Found]) -> dict[bytes, Proof]:
        """The proofs that one batch has verified; none when one of them is false, or there is but one to verify."""
        claims: dict[bytes, Claim] = {}
        for found in ready:
            pending, signed = self._pending[found.id], found.signed
            if signed is None or pending.check is not None:
                continue
            job = pending.sealed.job
            with suppress(InvalidProof):
                claims[found.id] = (self._keys[job.key].verifying, job.public, evidence.proof(signed))
        if len(claims) < 2 or not evidence.all_verify(list(claims.values())):
            return {}
        return {job: proof for job, (_, _, proof) in claims.items()}

    def _judged(self, found: Found, verified: Proof | None) -> Result | None:
        """The result, or None when it is no proof and the job was put back; `verified` is its proof when that is."""
        pending, signed = self._pending[found.id], found.signed
        if signed is None:
            return Result(found.id, found.state, None, found.reason, b"", found.attempts)
        job = pending.sealed.job
        try:
            if (signed.key, signed.digest) != (job.key, pending.sealed.digest):
                raise NotOfTheFarm("the result is of another job")
            evidence.check_signed(signed, self._farm)
            if found.is_accused and self._is_liar(signed.worker):
                raise NotOfTheFarm(f"worker {signed.worker.hex()[:16]} is quarantined")
            proof = evidence.proof(signed) if verified is None else verified
            if pending.check is not None:
                pending.check(job, proof)
            elif verified is None:
                evidence.verify(proof, job.public, self._keys[job.key].verifying)
            return Result(found.id, State.DONE, proof, "", signed.worker, found.attempts)
        except NotOfTheFarm as error:
            self._tell(f"a result was not taken, and its job was queued again: {error}")
        except InvalidProof:
            self._accuse(Evidence(signed, job.public))
        with self._changed:
            pending.found = None
        self._line.do(lambda session: asking.put_back(session, pending.sealed, signed.worker))
        return None

    def _accuse(self, shown: Evidence) -> None:
        worker = shown.signed.worker
        if evidence.shows_a_lie(shown, self._farm, self._keys[shown.signed.key].verifying):
            self._line.do(lambda session: accusing.accuse(session, shown))
            self._tell(f"worker {worker.hex()[:16]} signed a proof that does not verify, and is quarantined")

    def _is_liar(self, worker: bytes) -> bool:
        """Whether there is true evidence against a worker."""
        return self._line.do(lambda session: self._judge.is_liar(session, worker))

    def _opened(self, session: Session) -> None:
        """Checks a new session, and that the database still has the jobs: a failover may have lost some."""
        self._asked_s = 0.0
        schema.check(session)
        if asking.farm(session) != self._farm:
            raise FormatError("the queue's database has another farm key than before")

    def _heard(self, session: Session, told: Sequence[str]) -> None:
        """Asks for the jobs that were told to have ended, and now and then for all of them."""
        named = {word for payload in told for word in payload.split()}
        is_time = time.monotonic() - self._asked_s >= POLL_S
        if is_time:
            self._asked_s = time.monotonic()
        with self._changed:
            ids = [
                job for job, one in self._pending.items()
                if one.found is None and (is_time and one.is_sent or job.hex() in named)
            ]  # fmt: skip
        for first in range(0, len(ids), MOST_ASKED):
            asked = ids[first : first + MOST_ASKED]
            rows = {found.id: found for found in asking.fetch(session, asked)}
            self._resubmit(session, [job for job in asked if job not in rows])
            with self._changed:
                for found in rows.values():
                    if found.state != State.QUEUED and found.id in self._pending:
                        self._pending[found.id].found = found
                self._changed.notify_all()

    def _resubmit(self, session: Session, missing: Sequence[bytes]) -> None:
        with self._changed:
            lost = [self._pending[job].sealed for job in missing if job in self._pending]
        if lost:
            with suppress(NotProved):  # it is drained: later, if it is resumed
                self._queue(session, lost)

    def _queue(self, session: Session, some: Sequence[Sealed]) -> None:
        """Queues jobs, and puts their keys back that the database has no more."""
        try:
            asking.submit(session, some)
        except Missing:
            for digest in {one.job.key for one in some}:
                keyshelf.put(session, self._keys[digest])
            asking.submit(session, some)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _forget(self, ids: Iterable[bytes]) -> None:
        with self._changed:
            for job in ids:
                self._pending.pop(job, None)
