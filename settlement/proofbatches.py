"""Collects the proofs that an audit meets and verifies them in large batches, which is much cheaper."""

from settlement.errors import Discrepancy
from settlement.state import VerifyProofs
from zk.errors import InvalidProof
from zk.groth16.keys import Claim

PROOFS_PER_BATCH = 64


class ProofBatches:
    """The proofs that wait to be verified.  `count` counts all that were ever collected."""

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
        """Verifies the waiting proofs.  Raises Discrepancy, naming the owner, when one is bad."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            self._verify([claim for _, claim in waiting])
        except InvalidProof as error:
            assert error.index is not None, "a batch names its bad member"
            raise Discrepancy(f"a proof of {waiting[error.index][0]} does not verify") from error
