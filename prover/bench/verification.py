"""`zksettle bench verify`: one proof, and batches of proofs under one key."""

from collections.abc import Sequence
from functools import partial

from circuits import samples
from circuits.statements import statement
from prover.bench.measure import measure
from prover.bench.report import Measurements
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore


def bench(name: str, keystore: Keystore, sizes: Sequence[int], runs: int) -> Measurements:
    """Verification of one proof of the statement, and of batches of different proofs."""
    from zk.groth16 import verifier

    public, private = samples.honest(name)[0]
    inputs = statement.inputs(public)
    key = keystore.open(name).verifying
    items = [(key, inputs, pipeline.prove(name, public, private, keystore)) for _ in range(max(sizes))]
    proof = items[0][2]
    single = measure("verify", "1 proof", lambda: verifier.verify(key, inputs, proof), runs)
    batches = [
        measure("verify in batch", f"{size} proof{'s' if size > 1 else ''}",
                partial(verifier.verify_batch, items[:size]), runs, size)
        for size in sizes
    ]  # fmt: skip
    return Measurements([single, *batches])
