"""Several proofs under one key at once: their witnesses in lanes, then the proofs, then one verification of all.

The service proves so what waits for it, and a worker of the farm what it has claimed.
"""

from collections.abc import Sequence

import numpy as np

from circuits.frontend import program
from circuits.frontend.program import Program
from zk.errors import InvalidProof
from zk.groth16.keys import Proof
from zk.groth16.provingkey import ProvingKey

AT_ONCE = 8
"""Witnesses that cost about as much as one."""

_FALSE = "the proof made from these inputs does not verify"


def witnesses(steps: Program, inputs: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """The witness of each list of inputs.  Raises ValueError as `program.run_batch`."""
    parts = [inputs[first : first + AT_ONCE] for first in range(0, len(inputs), AT_ONCE)]
    return [witness for part in parts for witness in program.run_batch(steps, part)]


def prove(key: ProvingKey, some: Sequence[np.ndarray], public: Sequence[Sequence[int]]) -> list[Proof | InvalidProof]:
    """For each witness and its public inputs a proof that has been verified, or why there is none.

    Raises ValueError as `zk.groth16.prover.prove`.
    """
    from zk.groth16 import prover, verifier

    claims = [
        (key.verifying, inputs, proof) for inputs, proof in zip(public, prover.prove_many(key, some), strict=True)
    ]
    made: list[Proof | InvalidProof] = [proof for _, _, proof in claims]
    verified = 0
    while verified < len(claims):
        try:
            verifier.verify_batch(claims[verified:])
            break
        except InvalidProof as error:
            assert error.index is not None, "it is one of the batch"
            false = verified + error.index
            made[false] = InvalidProof(f"{_FALSE}: they do not satisfy the circuit")
            verified = false + 1
    return made
