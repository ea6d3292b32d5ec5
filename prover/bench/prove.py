"""`zksettle bench prove`: what a proof of a statement takes, step by step, and what verifying it takes."""

from circuits import registry, samples, verifying
from circuits.frontend import program
from circuits.statements import statement
from prover.bench.measure import Timing, measure
from prover.proofs import pipeline
from prover.proofs.keystore import Keystore

BATCH = 64


def bench(name: str, keystore: Keystore, runs: int) -> list[Timing]:
    """Relation, witness, proof, the whole pipeline, one verification, and one of a batch of 64."""
    from zk.groth16 import prover

    opening = measure("open key", "", lambda: Keystore(keystore.folder(name).parent, 0).open(name), runs)
    kind, key = registry.get(name), keystore.open(name)
    public, private = samples.honest(name)[0]
    inputs = statement.inputs(public) + statement.inputs(private)
    witness = program.run(key.program, inputs)
    proof = prover.prove(key.proving, witness)
    batch = [(name, key.verifying, public, proof)] * BATCH
    size = f"2^{key.proving.log_size}"
    return [
        opening,
        measure("relation", "", lambda: kind.relation(public, private), runs),
        measure("witness", f"{key.proving.wires} wires", lambda: program.run(key.program, inputs), runs),
        measure("proof", size, lambda: prover.prove(key.proving, witness), runs),
        measure("pipeline", size, lambda: pipeline.prove(name, public, private, keystore), runs),
        measure("verify", "1 proof", lambda: verifying.verify(name, key.verifying, public, proof), runs),
        measure("verify in batch", f"{BATCH} proofs, each", lambda: verifying.verify_batch(batch), runs).divided(
            "verify in batch", BATCH
        ),
    ]
