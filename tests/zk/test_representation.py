"""Proofs of knowledge of a representation agree with a second implementation, and false ones are invalid."""

from dataclasses import replace

import pytest

from circuits import generators
from tests.reference import babyjubjub as plain_curve
from tests.reference import representation as plain
from zk import entropy, representation
from zk.curves import babyjubjub
from zk.curves.babyjubjub import GENERATOR, IDENTITY, ORDER
from zk.errors import FormatError, InvalidProof
from zk.fields.prime import R
from zk.representation import Proof

BASES = (*generators.assets()[:2], generators.blinding())
SECRETS = (5, 0, ORDER - 7)
CONTEXT = b"a test"
POINT = representation.point(SECRETS, BASES)
HONEST = representation.prove(SECRETS, BASES, CONTEXT)
ORDER_TWO = (0, R - 1)


@pytest.mark.parametrize("secrets", [(1,), (ORDER - 1,), (-3, 8), (0, 1), (2**250 + 3, -(2**66), 17)])
@pytest.mark.parametrize("context", [b"", b"x" * 1_000])
def test_our_proofs_pass_the_second_implementation_and_its_proofs_pass_ours(secrets, context):
    bases = BASES[: len(secrets)]
    point = representation.point(secrets, bases)
    assert point == plain.combine(secrets, bases)
    ours = representation.prove(secrets, bases, context)
    representation.verify(point, bases, context, ours)
    assert plain.verify(point, bases, context, ours.r, ours.responses)
    r, responses = plain.prove(secrets, [entropy.scalar(ORDER) for _ in bases], bases, context)
    representation.verify(point, bases, context, Proof(r, tuple(responses)))


def forged() -> Proof:
    """R chosen after z for a guessed challenge: what the Fiat–Shamir hash prevents."""
    responses = (3, 4, 5)
    guess = babyjubjub.negate(babyjubjub.multiply(12345, POINT))
    return Proof(babyjubjub.add(representation.point(responses, BASES), guess), responses)


@pytest.mark.parametrize(
    "proof, why",
    [
        (replace(HONEST, responses=(*HONEST.responses[:2], (HONEST.responses[2] + 1) % ORDER)), "does not verify"),
        (replace(HONEST, responses=HONEST.responses[::-1]), "does not verify"),
        (replace(HONEST, r=POINT), "does not verify"),
        (forged(), "does not verify"),
        (replace(HONEST, responses=HONEST.responses[:2]), "2 responses for 3 bases"),
        (replace(HONEST, responses=(HONEST.responses[0] + ORDER, *HONEST.responses[1:])), "not below the group order"),
        (replace(HONEST, responses=(-1, *HONEST.responses[1:])), "not below the group order"),
        (replace(HONEST, r=babyjubjub.add(HONEST.r, ORDER_TWO)), "not in the subgroup"),
        (replace(HONEST, r=(1, 1)), "not on Baby Jubjub"),
        (replace(HONEST, r=IDENTITY), "is the identity"),
    ],
)
def test_a_false_proof_is_invalid_here_and_there(proof, why):
    with pytest.raises(InvalidProof, match=why):
        representation.verify(POINT, BASES, CONTEXT, proof)
    assert not plain.verify(POINT, BASES, CONTEXT, proof.r, proof.responses)


@pytest.mark.parametrize(
    "point", [IDENTITY, babyjubjub.add(POINT, ORDER_TWO), GENERATOR, (1, 1), (POINT[0] + R, POINT[1])]
)
def test_a_point_that_is_not_of_order_l_has_no_proof(point):
    """With R = Σ z_i·B_i − e·C and C of order 2, every even e would pass: so C is checked before the equation."""
    with pytest.raises(InvalidProof, match="the point"):
        representation.verify(point, BASES, CONTEXT, HONEST)


def test_a_point_of_order_two_would_have_a_proof_without_that_check():
    responses = (3, 4, 5)
    r = representation.point(responses, BASES)
    context = next(b"%d" % i for i in range(99) if plain.challenge(BASES, ORDER_TWO, r, b"%d" % i) % 2 == 0)
    e = plain.challenge(BASES, ORDER_TWO, r, context)
    assert plain.combine(responses, BASES) == plain_curve.add(r, plain_curve.multiply(e, ORDER_TWO))
    with pytest.raises(InvalidProof, match="the point is not in the subgroup"):
        representation.verify(ORDER_TWO, BASES, context, Proof(r, responses))


def test_a_proof_is_for_its_point_its_bases_and_its_context_only():
    representation.verify(POINT, BASES, CONTEXT, HONEST)
    others = [
        (babyjubjub.add(POINT, BASES[0]), BASES, CONTEXT),
        (POINT, (BASES[1], BASES[0], BASES[2]), CONTEXT),
        (POINT, BASES, CONTEXT + b"\0"),
        (POINT, BASES, b""),
    ]
    for point, bases, context in others:
        with pytest.raises(InvalidProof, match="does not verify"):
            representation.verify(point, bases, context, HONEST)


def test_every_proof_has_nonces_of_its_own(monkeypatch):
    first, second = (representation.prove(SECRETS, BASES, CONTEXT) for _ in range(2))
    assert first.r != second.r
    monkeypatch.setattr(entropy, "token", bytes)  # a source of randomness that always says zero
    same, again = (representation.prove(SECRETS, BASES, CONTEXT) for _ in range(2))
    assert same == again
    for other in (representation.prove(SECRETS, BASES, b"other"), representation.prove((5, 1, 2), BASES, CONTEXT)):
        assert other.r != same.r
        assert all(a != b for a, b in zip(other.responses, same.responses, strict=True))


def test_two_representations_of_one_point_have_different_nonces(monkeypatch):
    """Equal nonces for unequal secrets would tell their difference."""
    monkeypatch.setattr(entropy, "token", bytes)
    bases = BASES[0], babyjubjub.multiply(2, BASES[0])
    first, second = (representation.prove(secrets, bases, CONTEXT) for secrets in ((3, 0), (1, 1)))
    assert representation.point((3, 0), bases) == representation.point((1, 1), bases)
    assert first.r != second.r


def test_one_nonce_serves_one_base():
    """The same k for two bases would tell x_1 − x_2."""
    one = representation.prove((9, 9), BASES[:2], CONTEXT)
    assert one.responses[0] != one.responses[1]


def test_nobody_proves_the_identity():
    with pytest.raises(ValueError, match="the identity"):
        representation.prove((0, ORDER, 0), BASES, CONTEXT)


def test_a_proof_is_read_back_from_its_bytes_and_other_bytes_are_refused():
    data = representation.encode(HONEST)
    assert len(data) == representation.encoded_bytes(3) == 160
    assert representation.decode(data, 3, "it") == HONEST
    for changed, why in (
        (data[:-1], "it has 159 bytes instead of 160"),
        (data + b"\0", "it has 161 bytes"),
        (R.to_bytes(32, "big") + data[32:], "it: R is not below the modulus"),
        (data[:64] + ORDER.to_bytes(32, "big") + data[96:], "it: a response is not below the modulus"),
        (bytes(31) + b"\0" + bytes(31) + b"\1" + data[64:], "it: R is the identity"),
        (bytes(64) + data[64:], "it: R is not on"),
    ):
        with pytest.raises(FormatError, match=why):
            representation.decode(changed, 3, "it")
