"""Verifies the proofs of many owners in large batches, which is cheaper, and names the owners of the false ones."""

from collections.abc import Sequence
from typing import TypeVar

from settlement.checks.state import VerifyProofs
from settlement.errors import Discrepancy
from zk.errors import InvalidProof
from zk.groth16.keys import Claim

PROOFS_PER_BATCH = 64

Owner = TypeVar("Owner")


def false_owners(members: Sequence[tuple[Owner, Claim]], verify: VerifyProofs) -> list[Owner]:
    """The owners of the claims that are not valid, in order, each of them once.  All claims of all others are valid.

    An owner is found by his first false claim, and the rest of his are then left out: however many they are, he costs
    one search (zk.groth16.verifier) and one more batch.
    """
    return [members[index][0] for index in first_false(members, verify)]


def first_false(
    members: Sequence[tuple[Owner, Claim]], verify: VerifyProofs, most: int | None = None
) -> list[int]:  # fmt: skip
    """As `false_owners`: the indices of their first claims that are not valid.

    After `most` searches, whose owners are in it for the harm, each owner that is left is looked at alone: a search
    among many takes longer than that.
    """
    found: list[int] = []
    waiting = list(range(len(members)))
    while waiting:
        alone = most is not None and len(found) >= most
        owner = members[waiting[0]][0]
        now = [index for index in waiting if members[index][0] == owner] if alone else waiting
        later = [index for index in waiting if members[index][0] != owner] if alone else []
        try:
            verify([members[index][1] for index in now])
        except InvalidProof as error:
            assert error.index is not None, "a batch names its bad member"
            false = now[error.index]
            found.append(false)
            later = later or [index for index in now[error.index + 1 :] if members[index][0] != members[false][0]]
        waiting = later
    return found


class ProofBatches:
    """The proofs that an audit meets, and that wait to be verified.  `count` counts all that were ever collected."""

    def __init__(self, verify: VerifyProofs):
        self._verify = verify
        self._waiting: list[tuple[str, Claim]] = []
        self.count = 0

    def collect(self, owner: str) -> VerifyProofs:
        """A verifier that defers the proofs of `owner`, such as "the bundle at height 3", until a batch is full."""

        def defer(claims: list[Claim]) -> None:
            self._waiting += [(owner, claim) for claim in claims]
            self.count += len(claims)
            if len(self._waiting) >= PROOFS_PER_BATCH:
                self.verify()

        return defer

    def verify(self) -> None:
        """Verifies the waiting proofs.  Raises Discrepancy, naming every owner of a false one."""
        waiting, self._waiting = self._waiting, []
        owners = false_owners(waiting, self._verify)
        if owners:
            raise Discrepancy("; ".join(f"a proof of {owner} does not verify" for owner in owners))
