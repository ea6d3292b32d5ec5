"""Which of many proofs' bytes `keys.decode_proof` would decode, with every check of their points in kernels."""

from collections.abc import Sequence

import numpy as np

from zk.curves import manypoints, rows
from zk.fields.prime import FP, WORDS
from zk.groth16.keys import PROOF_BYTES

# The rows of a proof's coordinates a.x, a.y, b.x.c1, b.x.c0, b.y.c1, b.y.c0, c.x, c.y.
_A, _B, _C = [0, 1], [3, 2, 5, 4], [6, 7]
_COORDINATES = 8


def are_sound(proofs: Sequence[bytes]) -> np.ndarray:
    """Whether each of these PROOF_BYTES bytes is a proof: its coordinates reduced, its points in their groups."""
    assert all(len(proof) == PROOF_BYTES for proof in proofs), "whoever reads a proof takes its bytes"
    numbers, are_reduced = rows.from_bytes(FP, b"".join(proofs))
    coordinates = numbers.reshape(-1, _COORDINATES, WORDS)
    sound = are_reduced.reshape(-1, _COORDINATES).all(axis=1)
    sound &= manypoints.are_in_g2(coordinates[:, _B].reshape(-1, 2, 2, WORDS))
    for part in (_A, _C):
        sound &= manypoints.are_in_g1(coordinates[:, part])
    return sound
