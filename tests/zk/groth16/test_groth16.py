from dataclasses import replace

import numpy as np
import pytest

from tests.reference import bn254 as twist
from tests.reference import groth16_exponent as reference
from tests.reference import qap
from tests.reference.qap import R
from tests.zk.fields import cubic
from tests.zk.groth16 import known
from zk.curves import bn254
from zk.errors import InvalidProof
from zk.fields import array
from zk.fields.prime import FR
from zk.groth16 import generator, prover, second_opinion, verifier
from zk.groth16.keys import Proof

WITNESS = qap.cubic_witness(3, 11)
PUBLIC = WITNESS[1:3]
SECRETS = generator._Secrets(tau=55555, alpha=R - 9, beta=2**150, gamma=77, delta=R // 5)


@pytest.fixture(scope="module")
def key():
    return generator.generate(cubic.system())


@pytest.fixture(scope="module")
def proof(key):
    return prover.prove(key, cubic.words(WITNESS))


def refused(key, public, proof, why="does not verify") -> None:
    with pytest.raises(InvalidProof, match=why):
        verifier.verify(key.verifying, public, proof)


def test_an_honest_proof_verifies_here_and_with_py_ecc(key, proof):
    verifier.verify(key.verifying, PUBLIC, proof)
    second_opinion.verify(key.verifying, PUBLIC, proof)


def test_py_ecc_refuses_what_is_false(key, proof):
    for public in ([PUBLIC[0] + 1, PUBLIC[1]], PUBLIC[:1], [PUBLIC[0] + R, PUBLIC[1]]):
        with pytest.raises(InvalidProof, match="py_ecc"):
            second_opinion.verify(key.verifying, public, proof)
    for part, point in (("a", bn254.G1Point(1, 3)), ("b", bn254.G2Point(*twist.twist_points(1)[0]))):
        with pytest.raises(InvalidProof, match="py_ecc: a point is not in its group"):
            second_opinion.verify(key.verifying, PUBLIC, replace(proof, **{part: point}))


def test_public_inputs_may_be_0_and_r_minus_1_but_not_r():
    key, public = known.key(2), [0, R - 1]
    for verify in (verifier.verify, second_opinion.verify):
        verify(key, public, known.proof(public))
        with pytest.raises(InvalidProof, match="below the modulus"):
            verify(key, [R, R - 1], known.proof(public))


def test_a_proof_is_the_points_of_the_proof_in_the_exponent(monkeypatch):
    monkeypatch.setattr(generator, "_draw", lambda log_size: SECRETS)
    key = generator.generate(cubic.system())
    logarithms = reference.setup(qap.CUBIC, reference.Secrets(**vars(SECRETS)))
    expected = reference.prove(logarithms, qap.CUBIC, WITNESS, 31, R - 41)
    proof = prover.prove(key, cubic.words(WITNESS), insecure_blinding=(31, R - 41))
    assert proof.a == bn254.multiply(expected.a, bn254.G1)
    assert proof.b == bn254.multiply(expected.b, bn254.G2)
    assert proof.c == bn254.multiply(expected.c, bn254.G1)


def test_the_same_blinding_gives_the_same_proof_and_fresh_blinding_another(key, proof):
    witness = cubic.words(WITNESS)
    fixed = [prover.prove(key, witness, insecure_blinding=(5, 6)) for _ in range(2)]
    assert fixed[0] == fixed[1]
    other = prover.prove(key, witness)
    assert proof.a != other.a and proof.b != other.b and proof.c != other.c
    verifier.verify(key.verifying, PUBLIC, other)


def test_a_proof_without_blinding_is_still_a_proof(key):
    verifier.verify(key.verifying, PUBLIC, prover.prove(key, cubic.words(WITNESS), insecure_blinding=(0, 0)))


@pytest.mark.parametrize("wire", range(1, 7))
def test_a_witness_with_one_false_wire_gives_no_valid_proof(key, wire):
    lie = list(WITNESS)
    lie[wire] = (lie[wire] + 1) % R
    refused(key, lie[1:3], prover.prove(key, cubic.words(lie)))


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("change", [1, -1, R // 2])
def test_a_changed_public_input_is_refused(key, proof, index, change):
    public = list(PUBLIC)
    public[index] = (public[index] + change) % R
    refused(key, public, proof)


@pytest.mark.parametrize("value", [PUBLIC[0] + R, PUBLIC[0] - R, -1, R, 2**256, True, "3", 3.0, None])
def test_a_public_input_has_one_representation(key, proof, value):
    refused(key, [value, PUBLIC[1]], proof, "public input 0 is not an integer below the modulus")


@pytest.mark.parametrize("public", [[], PUBLIC[:1], [*PUBLIC, 0], [1, *PUBLIC]])
def test_the_number_of_public_inputs_is_the_key_s(key, proof, public):
    refused(key, public, proof, "the key is for 2 public inputs")


def test_public_inputs_in_another_order_are_refused(key, proof):
    refused(key, PUBLIC[::-1], proof)


@pytest.mark.parametrize("part", ["a", "b", "c"])
def test_a_proof_with_one_point_changed_is_refused(key, proof, part):
    point = getattr(proof, part)
    generator_point = bn254.G2 if part == "b" else bn254.G1
    for other in (bn254.negate(point), bn254.add(point, generator_point), generator_point):
        refused(key, PUBLIC, replace(proof, **{part: other}))


def test_swapped_points_are_refused(key, proof):
    refused(key, PUBLIC, Proof(proof.c, proof.b, proof.a))


def test_a_proof_under_another_key_is_refused(key, proof):
    refused(generator.generate(cubic.system()), PUBLIC, proof)


def test_a_proof_can_be_rerandomised_so_its_bytes_identify_nothing(key, proof):
    """(x A, B / x, C) is valid for every x; this is why bundle ids are digests of bodies."""
    x = 12345
    other = Proof(bn254.multiply(x, proof.a), bn254.multiply(pow(x, -1, R), proof.b), proof.c)
    verifier.verify(key.verifying, PUBLIC, other)


@pytest.mark.parametrize(
    "damage, why",
    [
        (lambda w: w[:-1], "must have 7 rows of 4 words"),
        (lambda w: w.astype(np.int64), "must have 7 rows of 4 words"),
        (lambda w: w[:, :3], "must have 7 rows of 4 words"),
        (lambda w: np.concatenate((w[:-1], array.plain([R]))), "must have values below the modulus"),
        (lambda w: array.encode(FR, [2, *WITNESS[1:]]), "must begin with one"),
    ],
)
def test_a_malformed_witness_is_refused_before_a_kernel_sees_it(key, damage, why):
    with pytest.raises(ValueError, match=why):
        prover.prove(key, damage(cubic.words(WITNESS)))


@pytest.fixture(scope="module")
def batch(key):
    """Proofs of different statements under two keys."""
    other = generator.generate(cubic.system())
    items = []
    for index in range(6):
        witness = qap.cubic_witness(index, index + 5)
        owner = (key, other)[index % 2]
        items.append((owner.verifying, tuple(witness[1:3]), prover.prove(owner, cubic.words(witness))))
    return items


def test_a_batch_of_proofs_under_two_keys_verifies(batch):
    verifier.verify_batch(batch)
    verifier.verify_batch(batch[:1])
    verifier.verify_batch([])


@pytest.mark.parametrize("bad", range(6))
def test_a_batch_names_its_bad_member(batch, bad):
    key, public, proof = batch[bad]
    for item in (
        (key, (public[0] + 1, public[1]), proof),
        (key, public, replace(proof, c=bn254.negate(proof.c))),
        (key, public[:1], proof),
        (batch[1 - bad % 2][0], public, proof),
    ):
        with pytest.raises(InvalidProof, match=f"proof {bad}") as caught:
            verifier.verify_batch([*batch[:bad], item, *batch[bad + 1 :]])
        assert caught.value.index == bad


def test_the_first_bad_member_is_named_even_when_a_later_one_is_malformed(batch):
    key, public, proof = batch[1]
    bad = [batch[0], (key, (0, 0), proof), batch[2], (batch[3][0], (), batch[3][2])]
    with pytest.raises(InvalidProof) as caught:
        verifier.verify_batch(bad)
    assert caught.value.index == 1


def test_errors_that_cancel_out_do_not_pass_a_batch(batch):
    """C + D in one proof and C - D in another have the same sum: only random weights tell them apart."""
    (key, x, first), (_, y, second) = batch[0], batch[2]
    shift = bn254.multiply(99, bn254.G1)
    first = replace(first, c=bn254.add(first.c, shift))
    second = replace(second, c=bn254.add(second.c, bn254.negate(shift)))
    with pytest.raises(InvalidProof) as caught:
        verifier.verify_batch([(key, x, first), (key, y, second)])
    assert caught.value.index == 0
