"""The pipeline from the inputs of a statement to its proof: relation → witness → prove → verify.

A false statement is refused before anything is computed, in the words of its relation.  Every proof is verified before
it is returned, so a broken key or a faulty machine cannot publish a proof that leaks or fails.
"""

from typing import Any

from circuits import registry
from circuits.frontend import program
from circuits.statements import statement
from prover.machine import tasks
from prover.proofs.keystores import Keystore
from zk.errors import Unsatisfied
from zk.groth16.keys import Proof


def prove(name: str, public: Any, private: Any, keystore: Keystore) -> Proof:
    """A proof that the statement is true of these inputs.

    Raises Unsatisfied, naming the line of the relation that is false, and FormatError when the key is damaged.
    """
    false_line = registry.get(name).relation(public, private)
    if false_line is not None:
        raise Unsatisfied(f"the {name} statement is false: {false_line}")
    key = keystore.open(name)
    with tasks.task(f"Proving {name}"):
        public_inputs = statement.inputs(public)
        witness = program.run(key.program, public_inputs + statement.inputs(private))
        from zk.groth16 import prover, verifier

        proof = prover.prove(key.proving, witness)
        verifier.verify(key.verifying, public_inputs, proof)
    return proof
