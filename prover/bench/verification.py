"""`zksettle bench verify`: one proof, and batches of proofs under one key, as a ledger verifies them.

What is published for all proofs, such as a grid, is fixed in the key beforehand, once for an epoch.
"""

from collections.abc import Sequence
from functools import partial

from circuits import samples
from circuits.statements import statement
from prover.bench.measure import measure
from prover.bench.report import Measurements
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from settlement.checks import proofclaims


def bench(name: str, keystore: Keystore, sizes: Sequence[int], runs: int) -> Measurements:
    """Verification of one proof of the statement, and of batches of different proofs."""
    from zk.groth16 import verifier

    public, private = samples.honest(name)[0]
    whole, inputs = keystore.open(name).verifying, statement.inputs(public)
    proofs = [pipeline.prove(name, public, private, keystore) for _ in range(max(sizes))]
    items = [proofclaims.folded((whole, inputs, proof)) for proof in proofs]
    key, own, proof = items[0]
    single = measure("verify", "1 proof", lambda: verifier.verify(key, own, proof), runs)
    batches = [
        measure("verify in batch", f"{size} proof{'s' if size > 1 else ''}",
                partial(verifier.verify_batch, items[:size]), runs, size)
        for size in sizes
    ]  # fmt: skip
    return Measurements([single, *batches])
