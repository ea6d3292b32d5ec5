"""Runs the checks of many things at once, such as orders: one batch for all signatures, one for all proofs.

The checks of each thing are a generator.  It raises Rejected where a check fails, yields what must be signed or proved
where that is to be looked at, and returns what was checked.  What it yields is verified later, together with what the
others yield; the answer is the same as if each had been verified where it stands, alone:

    the first of its steps that fails, in their order, is why a thing is refused

Proofs are verified in batches of PROOFS_PER_BATCH, so that the search for a false one is over few, and whoever sends
many false ones makes the honest ones among them wait for little more than their own share.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from settlement.bundles.bundle import Leg
from settlement.checks import checks, proofbatches, proofclaims, signatures
from settlement.checks.proofbatches import PROOFS_PER_BATCH
from settlement.checks.proofclaims import Sealed
from settlement.checks.signatures import Signed
from settlement.checks.state import State, VerifyProofs
from settlement.pool.parameters import Parameters
from settlement.rejection import Rejected, Rejection
from zk.groth16.keys import Claim

T = TypeVar("T")
_SEARCHES = 2  # in one batch


class Proved(NamedTuple):
    """What is claimed of a proof, and the rejection and the reason when it does not verify."""

    claim: Claim | Sealed
    rejection: Rejection
    why: str


Step = Signed | Proved
Steps = Generator[Step, None, T]


def signed(state: State, leg: Leg) -> Iterator[Signed]:
    """That a leg's owner signed it."""
    found: list[Signed] = []
    checks.check_leg_signatures(state, (leg,), found.extend)
    yield from found


def proved(state: State, parameters: Parameters, leg: Leg) -> Iterator[Proved]:
    """That a leg's proofs verify.  The epoch that it names is published."""
    for name, claim in proofclaims.labelled(state, parameters, (leg,), ()):
        yield Proved(claim, Rejection.INVALID_PROOF, f"{name} does not verify")


def run(steps: Steps[T], verify: VerifyProofs) -> T:
    """What the checks return.  Raises Rejected as they do, or for the first signature or proof that is false."""
    (answer,) = run_all([steps], verify)
    if isinstance(answer, Rejected):
        raise answer
    return answer


def run_all(all_steps: Sequence[Steps[T]], verify: VerifyProofs) -> list[T | Rejected]:
    """What `run` returns or raises for each of these alone."""
    runs = [_collected(steps) for steps in all_steps]
    _check_signatures(runs)
    _check_proofs(runs, verify)
    return [each.end for each in runs]


@dataclass
class _Run(Generic[T]):
    """What one thing's checks yielded, and how they ended; the first step that fails is their end."""

    steps: list[Step]
    end: T | Rejected

    def fail(self, place: int, refused: Rejected) -> None:
        self.steps, self.end = self.steps[:place], refused


def _collected(steps: Steps[T]) -> _Run[T]:
    found: list[Step] = []
    while True:
        try:
            found.append(next(steps))
        except StopIteration as ended:
            return _Run(found, ended.value)
        except Rejected as refused:
            return _Run(found, refused)


def _check_signatures(runs: Sequence[_Run[T]]) -> None:
    owned = [
        (one, place, step) for one in runs for place, step in enumerate(one.steps) if not isinstance(step, Proved)
    ]  # fmt: skip
    for index, refused in sorted(signatures.rejections([step for *_, step in owned]).items(), reverse=True):
        one, place, _ = owned[index]
        one.fail(place, refused)


def _check_proofs(runs: Sequence[_Run[T]], verify: VerifyProofs) -> None:
    owned = [
        (number, place, step) for number, one in enumerate(runs)
        for place, step in enumerate(one.steps) if isinstance(step, Proved)
    ]  # fmt: skip
    claims = proofclaims.hashed([step.claim for *_, step in owned])
    false: set[int] = set()
    for start in range(0, len(owned), PROOFS_PER_BATCH):
        end = min(start + PROOFS_PER_BATCH, len(owned))
        batch = [index for index in range(start, end) if owned[index][0] not in false]
        for index in proofbatches.first_false([(owned[index][0], claims[index]) for index in batch], verify, _SEARCHES):
            number, place, step = owned[batch[index]]
            runs[number].fail(place, Rejected(step.rejection, step.why))
            false.add(number)
