"""Stand-ins for real proofs: a notary records each claim and, to verify, checks the claim itself.

So a false statement is refused because it is false, and a simulation settles hundreds of legs in the time of one proof.
"""

import threading
from typing import Any

import pytest

from circuits import registry
from circuits.statements import statement as statements
from prover.proofs import pipeline
from settlement.pool.pool import Pool
from zk.curves import bn254
from zk.errors import InvalidProof
from zk.groth16.keys import Proof
from zk.hashes import quick


class Notary:
    """Makes well-formed proofs, each with its own points, and verifies the proofs that it made.

    Of a pool it verifies them under its keys only; without one, under any.
    """

    def __init__(self, pool: Pool | None = None) -> None:
        self._newest, self._lock = bn254.G1, threading.Lock()
        self._claims: dict[bn254.G1Point, tuple] = {}
        self._keys = {key.statement: key.verifying for key in pool.keys} if pool else {}

    def prove(self, name: str, public, private) -> Proof:
        """A proof of the claim, whether true or false."""
        with self._lock:
            self._newest = bn254.add(self._newest, bn254.G1)
            self._claims[self._newest] = name, public, private
            return Proof(self._newest, bn254.G2, bn254.G1)

    def prove_for_all(self, patch: pytest.MonkeyPatch) -> None:
        """Has the pipeline return proofs of this notary."""
        patch.setattr(pipeline, "prove", lambda name, public, private, _: self.prove(name, public, private))
        patch.setattr(pipeline, "prove_many", lambda name, pairs, _: [self.prove(name, *pair) for pair in pairs])

    def reason(self, proof: Proof) -> str | None:
        """The phrase for what is false about the claim of a proof, or None."""
        name, public, private = self._claims[proof.a]
        return registry.get(name).relation(public, private, quick.hash)

    def private(self, proof: Proof) -> Any:
        """The private inputs of a proof."""
        return self._claims[proof.a][2]

    def verify(self, claims: list) -> None:
        """Raises InvalidProof, with the index, for the first proof of a false claim, or of other inputs or keys."""
        for index, (key, inputs, proof) in enumerate(claims):
            if proof.a not in self._claims:
                raise InvalidProof("the notary made no such proof", index)
            name, public, _ = self._claims[proof.a]
            if tuple(inputs) != tuple(statements.inputs(public)) or key != self._keys.get(name, key):
                raise InvalidProof("the claim is about other public inputs", index)
            if (reason := self.reason(proof)) is not None:
                raise InvalidProof(f"the claim is false: {reason}", index)
