"""Stand-ins for real proofs: a notary records each claim and, to verify, checks the claim itself.

So a false statement is refused because it is false, and a simulation settles hundreds of legs in the time of one proof.
"""

import dataclasses

from circuits import registry
from zk.curves import bn254
from zk.errors import InvalidProof
from zk.groth16.keys import Proof


class Notary:
    """Makes well-formed proofs, each with its own points, and verifies the proofs that it made."""

    def __init__(self) -> None:
        self._newest = bn254.G1
        self._claims: dict[bn254.G1Point, tuple] = {}

    def prove(self, statement: str, public, private) -> Proof:
        """A proof of the claim, whether true or false."""
        self._newest = bn254.add(self._newest, bn254.G1)
        self._claims[self._newest] = registry.get(statement), public, private
        return Proof(self._newest, bn254.G2, bn254.G1)

    def verify(self, claims: list) -> None:
        """Raises InvalidProof, with the index, for the first proof of a false claim or of other public inputs."""
        for index, (_, inputs, proof) in enumerate(claims):
            claim = self._claims.get(proof.a)
            if claim is None:
                raise InvalidProof("the notary made no such proof", index)
            statement, public, private = claim
            if dataclasses.astuple(public) != inputs or statement.relation(public, private) is not None:
                raise InvalidProof("the claim is false, or has other public inputs", index)
