"""One claim's jobs, from their sealed inputs to signed proofs or the reasons why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prover.farm import asking, claiming, evidence, sealing
from prover.farm.claiming import Claimed, Made
from prover.farm.farmkey import FarmKeys, Identity
from prover.farm.jobs import MOST_ATTEMPTS
from prover.farm.proving import CannotServe, Engine, Failed, Task
from prover.farm.session import Session
from settlement.errors import Unavailable
from zk.errors import FormatError
from zk.groth16 import keys
from zk.groth16.keys import Proof

_ENDED = f"{MOST_ATTEMPTS} workers ended while they proved it"


@dataclass(frozen=True)
class Batch:
    """What became of the jobs of one claim: "done", "failed" or "parked" for each, and the number of its attempt."""

    key: bytes
    seconds: float
    outcomes: tuple[str, ...]
    attempts: tuple[int, ...]
    waited_ms: tuple[int, ...]


@dataclass
class Work:
    """A claim at work: `attempts` has the number of each job's attempt; proofs and reasons are added as they come."""

    claimed: Sequence[Claimed] = ()
    attempts: dict[bytes, int] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    reasons: dict[bytes, str] = field(default_factory=dict)
    parked: dict[bytes, str] = field(default_factory=dict)

    def summary(self, seconds: float) -> Batch:
        """What became of it."""
        outcomes = [
            "parked" if job.id in self.parked else "failed" if job.id in self.reasons else "done"
            for job in self.claimed
        ]
        numbers = tuple(min(self.attempts[job.id], MOST_ATTEMPTS) for job in self.claimed)
        waited = tuple(job.waited_ms for job in self.claimed)
        return Batch(self.claimed[0].key, seconds, tuple(outcomes), numbers, waited)


def prove(work: Work, keys_of_farm: FarmKeys, identity: Identity, engine: Engine) -> None:
    """Adds a signed proof or a reason for every job.

    Raises CannotServe, and FormatError when the key is unusable; the jobs then have that as their reason.
    """
    tasks: list[tuple[Claimed, Task]] = []
    for job in work.claimed:
        if work.attempts[job.id] > MOST_ATTEMPTS:
            work.reasons[job.id] = ""  # it has had its attempts, and ended its workers
            continue
        try:
            if job.sealed is None:
                raise FormatError("the job's inputs are missing")
            opened = sealing.open(keys_of_farm, job.sealed, job.id, job.key, job.digest)
            tasks.append((job, Task(opened, job.digest)))
        except FormatError as error:
            work.reasons[job.id] = str(error)
    if not tasks:
        return
    try:
        results = _results(engine, tasks[0][0].key, [task for _, task in tasks])
    except FormatError as error:
        work.reasons.update({job.id: str(error) for job, _ in tasks})
        raise
    for (job, _), result in zip(tasks, results, strict=True):
        if isinstance(result, Failed):
            work.reasons[job.id] = result.reason
        else:
            proof = keys.encode_proof(result)
            work.made.append(Made(job.id, proof, evidence.sign(identity, job.id, job.key, job.digest, proof)))


def settle_failures(control: Session, work: Work) -> None:
    """Writes why attempts failed, and decides which jobs are parked: those that have had all their attempts."""
    if not work.reasons:
        return
    said = {job: asking.printable(reason) for job, reason in work.reasons.items() if reason}
    if said:
        claiming.fail(control, said, work.attempts)
    spent = {job: number for job, number in work.attempts.items() if number > MOST_ATTEMPTS}
    if spent:
        claiming.forgive(control, spent)  # there was none
    ended = [job for job in work.reasons if work.attempts[job] >= MOST_ATTEMPTS]
    reasons = claiming.last_reasons(control, ended)
    work.parked = {job: reasons.get(job, _ENDED) for job in ended}


def _results(engine: Engine, key: bytes, tasks: Sequence[Task]) -> Sequence[Proof | Failed]:
    """What the engine makes.  A bug's message is not told: it might contain a witness."""
    try:
        return engine(key, tasks)
    except (FormatError, CannotServe, Unavailable):
        raise
    except MemoryError:
        raise CannotServe("this machine has too little memory for the proof") from None
    except Exception as error:
        return [Failed(f"internal error ({type(error).__name__})")] * len(tasks)
