"""A batch of signatures has the verdict of each one, whoever made them and however their errors might cancel."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import babyjubjub as slow
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, GENERATOR, IDENTITY, ORDER
from zk.errors import InvalidProof
from zk.fields.prime import R
from zk.signature import Claim, Signature

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "circomlibjs.json").read_text())["eddsa"]
OTHER_BASE = babyjubjub.hash_to_curve(b"another base")
TORSION = slow.multiply(ORDER, GENERATOR)
ORDER_TWO = (0, R - 1)


@cache
def honest(secret=99, message=5, base=BASE8):
    return Claim(signature.public(secret, base), message, signature.sign(secret, message, base), base)


def signed(claim, **changes):
    return claim._replace(signature=replace(claim.signature, **changes))


def plus(point, other):
    return slow.add(point, other)


CHANGES = {
    "nothing": lambda c: c,
    "another base's": lambda c: c._replace(base=BASE8 if c.base == OTHER_BASE else OTHER_BASE),
    "another message": lambda c: c._replace(message=c.message + 1),
    "a message of -1": lambda c: c._replace(message=-1),
    "a message of R": lambda c: c._replace(message=R),
    "a message plus R": lambda c: c._replace(message=c.message + R),
    "another key": lambda c: c._replace(key=signature.public(98)),
    "the identity as key": lambda c: c._replace(key=IDENTITY),
    "a key of order two": lambda c: c._replace(key=ORDER_TWO),
    "a key plus a point of order 8": lambda c: c._replace(key=plus(c.key, TORSION)),
    "a key off the curve": lambda c: c._replace(key=(c.key[0], c.key[1] + 1)),
    "a key that is not reduced": lambda c: c._replace(key=(c.key[0] + R, c.key[1])),
    "s plus the order": lambda c: signed(c, s=c.signature.s + ORDER),
    "s of -1": lambda c: signed(c, s=-1),
    "s of 0": lambda c: signed(c, s=0),
    "s plus 1": lambda c: signed(c, s=(c.signature.s + 1) % ORDER),
    "the identity as R": lambda c: signed(c, r=IDENTITY),
    "R plus a point of order 2": lambda c: signed(c, r=plus(c.signature.r, ORDER_TWO)),
    "R plus a point of order 8": lambda c: signed(c, r=plus(c.signature.r, TORSION)),
    "R plus the base": lambda c: signed(c, r=plus(c.signature.r, BASE8)),
    "R off the curve": lambda c: signed(c, r=(1, 1)),
    "R that is not reduced": lambda c: signed(c, r=(c.signature.r[0] + R, c.signature.r[1])),
    "R below 0": lambda c: signed(c, r=(c.signature.r[0] - R, c.signature.r[1])),
}


def is_valid(claim):
    try:
        signature.verify(*claim)
    except InvalidProof:
        return False
    return True


@pytest.mark.parametrize("name", CHANGES)
def test_a_batch_of_one_has_the_verdict_of_the_single_check(name):
    claim = CHANGES[name](honest())
    assert is_valid(claim) == (name == "nothing")
    assert signature.verify_batch([claim]) == ([] if name == "nothing" else [0])


@settings(max_examples=12)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*CHANGES, *["nothing"] * 20]), st.integers(1, 4), st.sampled_from([BASE8, OTHER_BASE])
        ),
        max_size=12,
    )
)
def test_a_batch_names_exactly_the_claims_that_the_single_check_refuses(members):
    claims = [CHANGES[name](honest(secret, 7, base)) for name, secret, base in members]
    assert signature.verify_batch(claims) == [i for i, claim in enumerate(claims) if not is_valid(claim)]


def test_circomlibs_signatures_are_valid_together_and_for_their_messages_only():
    claims = [
        Claim(tuple(map(int, v["public"])), int(v["message"]), Signature(tuple(map(int, v["r"])), int(v["s"])))
        for v in VECTORS
    ]
    assert len(claims) > 1 and signature.verify_batch(claims) == []
    claims[1] = claims[1]._replace(message=claims[1].message + 1)
    assert signature.verify_batch(claims) == [1]


def test_no_claims_are_all_valid():
    assert signature.verify_batch([]) == []


def test_one_claim_may_be_made_twice_and_a_false_one_too():
    false = CHANGES["another message"](honest())
    assert signature.verify_batch([honest(), false, honest(), false]) == [1, 3]


def test_many_claims_are_checked_in_several_sums(monkeypatch):
    monkeypatch.setattr(signature, "_AT_ONCE", 2)
    claims = [honest(secret) for secret in range(1, 6)]
    claims[4] = CHANGES["s plus 1"](claims[4])
    claims[1] = CHANGES["the identity as R"](claims[1])
    assert signature.verify_batch(claims) == [1, 4]


def errors_that_cancel():
    """Two forged signatures: s is one too large in the first and one too small in the second."""
    first, second = honest(3), honest(4)
    return [signed(first, s=first.signature.s + 1), signed(second, s=second.signature.s - 1)]


def test_errors_that_cancel_under_equal_weights_do_not_under_random_ones(monkeypatch):
    forged = errors_that_cancel()
    for _ in range(5):
        assert signature.verify_batch(forged) == [0, 1]
    monkeypatch.setattr(entropy, "token", lambda length: bytes(length))
    assert signature.verify_batch(forged) == [], "equal weights would be fooled, so the test above means something"


def test_the_weights_are_different_and_never_zero(monkeypatch):
    drawn = []
    real = entropy.token
    monkeypatch.setattr(entropy, "token", lambda length: drawn.append(real(length)) or drawn[-1])
    assert signature.verify_batch([honest(secret) for secret in range(1, 5)]) == []
    weights = [drawn[0][i : i + 16] for i in range(0, len(drawn[0]), 16)]
    assert len(drawn) == 1 and len(set(weights)) == 4 and {len(weight) for weight in weights} == {16}
    monkeypatch.setattr(entropy, "token", lambda length: bytes(length))
    assert signature.verify_batch([CHANGES["s plus 1"](honest())]) == [0]


def with_a_part_of_small_order(secret, part, *, in_key):
    """A signature by who knows the secret, valid up to a point of small order that was added to the key or to R."""
    key, r = signature.public(secret), slow.multiply(1234 + secret, BASE8)
    key, r = (slow.add(key, part), r) if in_key else (key, slow.add(r, part))
    s = (1234 + secret + signature.challenge(r, key, 5) * secret) % ORDER
    return Claim(key, 5, Signature(r, s))


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize("in_key", [True, False])
def test_parts_of_small_order_are_found_each_time_even_where_they_cancel(times, in_key):
    part, opposite = slow.multiply(times, TORSION), slow.multiply(8 - times, TORSION)
    forged = [with_a_part_of_small_order(secret, p, in_key=in_key) for secret, p in ((3, part), (4, opposite))]
    assert signature.verify_batch([with_a_part_of_small_order(3, IDENTITY, in_key=in_key)]) == []
    for _ in range(10):  # without a look at the subgroup an attempt passes with probability 1/8 or more
        assert signature.verify_batch([honest(1), *forged]) == [1, 2]
