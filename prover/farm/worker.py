"""A worker: claims jobs, proves them, and writes the proofs, until it is told to stop.

    claim (a transaction opens) → the attempts are written → prove, verify → sign → the transaction commits

Two sessions: one holds the claims, and the other one is the herald's (herald.py), by which attempts are written too.  A
lost connection loses the claim, not the proofs: they are written afterwards for those jobs that nobody else has taken.
`run` returns when the batch at hand is written, after it was told to stop.
"""

import os
import platform
import threading
import time
from collections.abc import Callable
from pathlib import Path

from prover.farm import asking, batch, claiming, farmkey, keyshelf, schema
from prover.farm.batch import Batch, Work
from prover.farm.claiming import Made, Standing
from prover.farm.farmkey import FarmKeys
from prover.farm.herald import POLL_S, Herald, Tally
from prover.farm.jobs import MOST_ATTEMPTS
from prover.farm.keyshelf import OpenKey
from prover.farm.proving import CannotServe, Engine, Kernels
from prover.farm.session import JOBS, Session
from settlement.errors import Unavailable
from zk import entropy
from zk.errors import FormatError

SHUN_S = 60.0
"""How long a worker leaves the jobs of a key alone that it could not prove under."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
INSTANCE_BYTES = 8
NAME_LENGTH, LONGEST_NAME = 48, 64


class Worker:
    """A worker of the farm whose `keys` these are; `tell` receives sentences, `observe` what each batch was.

    Keys are kept in the folder `cache`, the machine's identity in the file `identity`.  `engine` makes the proofs, our
    own prover by default.  `name` is what the status of the queue calls it, by default the machine and the process.
    """

    def __init__(
        self, url: str, keys: FarmKeys, cache: Path, identity: Path, engine: Engine | None = None,
        observe: Callable[[Batch], None] = lambda batch: None, tell: Callable[[str], None] = lambda sentence: None,
        name: str | None = None,
    ):  # fmt: skip
        self._url, self._keys, self._cache = url, keys, cache
        self._identity = farmkey.identity(identity)
        self.name = (name or f"{platform.node()[:NAME_LENGTH]}-{os.getpid()}")[:LONGEST_NAME]
        public = self._identity.public
        self._standing = Standing(public, entropy.token(INSTANCE_BYTES), self.name, keys.certify(public))
        self._engine: Engine = engine or Kernels(self._fetch)
        self._observe, self._tell, self._tally = observe, tell, Tally()
        self._control: Session | None = None
        self._shunned: dict[bytes, float] = {}
        self._unwritten: list[Made] = []
        self._unforgiven: dict[bytes, int] = {}

    @property
    def identity(self) -> bytes:
        """The public key under which it signs."""
        return self._identity.public

    def run(self, stop: threading.Event) -> None:
        """Works until `stop` is set, and finishes what it has then.  Waits for a database that is away.

        Raises FormatError when the queue is not this farm's or of another version, and herald.Quarantined.
        """
        pause_s = FIRST_PAUSE_S
        while not stop.is_set():
            began_s = time.monotonic()
            try:
                with Session(self._url) as claims, Session(self._url, [JOBS], is_hasty=True) as control:
                    self._attend(claims, control, stop)
            except Unavailable as error:
                if time.monotonic() - began_s > LONGEST_PAUSE_S:  # it worked for a while
                    pause_s = FIRST_PAUSE_S
                self._tell(f"{error}; trying again")
                stop.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _attend(self, claims: Session, control: Session, stop: threading.Event) -> None:
        """Works on two sessions until one is lost, or `stop` is set."""
        schema.check(control)
        if asking.farm(control) != self._keys.public:
            raise FormatError("the queue in this database belongs to another farm key")
        self._control = control
        herald = Herald(control, self._standing, self._keys.public, self._tally)
        try:
            self._recover(claims, control)
            herald.start(stop.is_set)
            while not stop.is_set() and herald.problem is None:
                herald.wake.clear()
                if not self._serve(claims, control, herald.workers):
                    herald.wake.wait(POLL_S)
        finally:
            herald.end()
        if herald.problem is not None:
            raise herald.problem
        claiming.leave(control, self._standing)

    def _serve(self, claims: Session, control: Session, workers: int) -> bool:
        """Claims jobs and proves them, in one transaction.  Returns whether there were any."""
        began_s, work = time.monotonic(), Work()
        try:
            with claims.holding() as connection:
                work.claimed = claiming.claim(connection, self._shuns(), workers)
                if not work.claimed:
                    return False
                self._tally.state = "proving"
                ids = [job.id for job in work.claimed]
                work.attempts = claiming.begin(control, self.identity, ids)
                try:
                    batch.prove(work, self._keys, self._identity, self._engine)
                except FormatError as error:
                    self._shun(work.claimed[0].key, str(error))
                batch.settle_failures(control, work)
                frees = len(work.reasons) > len(work.parked)
                claiming.finish(connection, self._standing, work.made, work.parked, frees=frees)
        except Unavailable:
            self._unwritten += work.made
            self._unforgiven |= {job: number for job, number in work.attempts.items() if number <= MOST_ATTEMPTS}
            raise
        except CannotServe as error:
            claiming.forgive(control, work.attempts)
            self._shun(work.claimed[0].key, str(error))
            return True
        finally:
            self._tally.state = "idle"
        self._tally.done += len(work.made)
        self._tally.failed += len(work.reasons)
        self._observe(work.summary(time.monotonic() - began_s))
        return True

    def _recover(self, claims: Session, control: Session) -> None:
        """Makes good what a lost connection left: proofs that were not written, attempts that were not the job's."""
        if self._unwritten:
            self._tally.done += claiming.write_late(claims, self._standing, self._unwritten)
            self._unwritten = []
        if self._unforgiven:
            claiming.forgive(control, self._unforgiven)
            self._unforgiven = {}

    def _fetch(self, digest: bytes) -> OpenKey:
        assert self._control is not None, "a claim comes before its key"
        try:
            folder = keyshelf.fetch(self._control, digest, self._cache)
            return keyshelf.open_key(folder, keyshelf.contents(self._control, digest))
        except OSError as error:
            raise CannotServe(f"a key cannot be kept in {self._cache}: {error.strerror or error}") from None

    def _shuns(self) -> list[bytes]:
        now_s = time.monotonic()
        self._shunned = {key: until_s for key, until_s in self._shunned.items() if until_s > now_s}
        return list(self._shunned)

    def _shun(self, key: bytes, why: str) -> None:
        self._shunned[key] = time.monotonic() + SHUN_S
        self._tell(f"{why}; this worker leaves the jobs of key {key.hex()[:16]} to others for a while")
