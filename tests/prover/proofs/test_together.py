"""Several proofs under one key: each is verified, and a false one is told without the others."""

from circuits import samples
from circuits.statements import statement
from prover.proofs import together
from zk.errors import InvalidProof
from zk.fields import array
from zk.fields.prime import FR
from zk.groth16 import verifier

FALSE = "the proof made from these inputs does not verify: they do not satisfy the circuit"


def test_each_witness_has_its_own_proof_and_false_ones_are_told_wherever_they_are(keystore):
    key = keystore.open("escrow")
    public, private = samples.honest("escrow")[0]
    inputs = statement.inputs(public)
    whole = inputs + statement.inputs(private)
    asked = [whole] * 9
    wrong = {0, 4, 5, 8}
    public_inputs = [inputs if i not in wrong else [inputs[0] + 1, *inputs[1:]] for i in range(9)]
    asked = [given + whole[len(inputs) :] for given in public_inputs]
    some = together.witnesses(key.program, asked)
    assert [array.decode(FR, witness[1:2]) for witness in some] == [[given[0]] for given in asked]
    made = together.prove(key.proving, some, public_inputs)
    assert [str(one) for one in made if isinstance(one, InvalidProof)] == [FALSE] * len(wrong)
    assert {i for i, one in enumerate(made) if isinstance(one, InvalidProof)} == wrong
    for i in set(range(9)) - wrong:
        verifier.verify(key.verifying, inputs, made[i])


def test_nothing_asked_is_nothing_made(keystore):
    key = keystore.open("escrow")
    assert together.prove(key.proving, together.witnesses(key.program, []), []) == []
