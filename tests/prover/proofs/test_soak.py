"""What tests/soak/proofs.py draws at random is true, so that it stops for a fault of the prover and no other."""

import random
from itertools import islice

from tests.soak import proofs
from zk.groth16 import prover, verifier


def test_a_soak_of_proofs_draws_true_statements_and_satisfied_systems(keystore):
    source = random.Random(1)
    drawn = [*islice(proofs.statements(source, keystore), 6), *islice(proofs.systems(source), 3)]
    for key, public, wires in drawn:
        verifier.verify(key.verifying, public, prover.prove(key, wires))
