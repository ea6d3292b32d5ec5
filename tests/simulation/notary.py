"""Proofs that stand for real ones: a notary remembers what was claimed and checks the claim itself.

So a false statement is refused because it is false, and a simulation settles hundreds of legs in the time of one proof.
"""

import dataclasses

from circuits import registry
from zk.curves import bn254
from zk.errors import InvalidProof
from zk.groth16.keys import Proof


class Notary:
    """Makes proofs, each a well-formed one with points of its own, and verifies those that it made."""

    def __init__(self) -> None:
        self._newest = bn254.G1
        self._claims: dict[bn254.G1Point, tuple] = {}

    def prove(self, statement: str, public, private) -> Proof:
        """A proof of the claim, true or not."""
        self._newest = bn254.add(self._newest, bn254.G1)
        self._claims[self._newest] = registry.get(statement), public, private
        return Proof(self._newest, bn254.G2, bn254.G1)

    def verify(self, items: list) -> None:
        """Raises InvalidProof, with the index, for the first proof of something else or of something false."""
        for index, (_, inputs, proof) in enumerate(items):
            statement, public, private = self._claims[proof.a]
            if dataclasses.astuple(public) != inputs or statement.relation(public, private) is not None:
                raise InvalidProof("the claim is false, or another one", index)
