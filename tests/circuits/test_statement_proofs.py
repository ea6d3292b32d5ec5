"""Proofs of the statements, verified by snarkjs, which shares no code with us."""

import pytest

from circuits import registry, samples
from circuits.frontend import program
from circuits.statements import statement
from tests import node
from zk.formats import snarkjs
from zk.groth16 import generator, prover, verifier


@pytest.mark.parametrize("name", registry.names())
def test_snarkjs_accepts_a_proof_of_each_statement_only_with_its_public_inputs(name, tmp_path):
    node.folder()
    circuit = registry.compiled(name)
    public, private = samples.honest(name)[0]
    inputs = statement.inputs(public)
    key = generator.generate(circuit.r1cs)
    proof = prover.prove(key, program.run(circuit.program, inputs + statement.inputs(private)))
    verifier.verify(key.verifying, inputs, proof)

    (tmp_path / "key.json").write_text(snarkjs.encode_verifying_key(key.verifying))
    (tmp_path / "proof.json").write_text(snarkjs.encode_proof(proof))

    def verdict(values: list[int]) -> tuple[int, str]:
        (tmp_path / "public.json").write_text(snarkjs.encode_public(values))
        files = (str(tmp_path / f"{file}.json") for file in ("key", "public", "proof"))
        return node.snarkjs("groth16", "verify", *files)

    code, output = verdict(inputs)
    assert code == 0 and "OK!" in output
    code, output = verdict([*inputs[:-1], inputs[-1] + 1])
    assert code != 0 and "Invalid proof" in output
