"""Threshold decryption: any t answers give the shared point, n - t may be silent, and a false answer is named."""

from dataclasses import replace
from itertools import combinations

import pytest

from tests.reference import babyjubjub as reference
from tests.zk.threshold.groups import dealt
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, GENERATOR, IDENTITY, ORDER
from zk.errors import FormatError, InvalidProof
from zk.threshold import decryption, sharing

SHARES = dealt(2, 3)
GROUP = SHARES[0].group
SECRET = sharing.recover({share.index: share.secret for share in SHARES[:2]})
E = babyjubjub.multiply(987654321, BASE8)


def answers(*members, ephemeral=E):
    return [decryption.partial(SHARES[member - 1], ephemeral) for member in members]


@pytest.mark.parametrize("members", [*combinations((1, 2, 3), 2), (3, 1), (1, 2, 3)])
def test_any_two_of_three_decrypt(members):
    assert decryption.combine(GROUP, E, answers(*members)) == reference.multiply(SECRET, E)


def test_one_of_three_does_not_and_says_so():
    with pytest.raises(InvalidProof, match="1 of the 2 members that it takes answered"):
        decryption.combine(GROUP, E, answers(2))
    with pytest.raises(InvalidProof, match="member 2 answers twice"):
        decryption.combine(GROUP, E, answers(2, 2))


def test_a_key_of_one_member_needs_nobody_else():
    (share,) = dealt(1, 1)
    assert decryption.combine(share.group, E, [decryption.partial(share, E)]) == reference.multiply(share.secret, E)


@pytest.mark.parametrize(
    "change, why",
    [
        (lambda a: replace(a, point=babyjubjub.add(a.point, BASE8)), "member 1 was not made with its share"),
        (lambda a: replace(a, point=IDENTITY), "of member 1 is the identity"),
        (lambda a: replace(a, point=GENERATOR), "of member 1 is not in the subgroup"),
        (lambda a: replace(a, index=2), "member 2 was not made with its share"),
        (lambda a: replace(a, index=4), "no member 4 of 3"),
        (lambda a: replace(a, index=0), "no member 0 of 3"),
        (lambda a: replace(a, challenge=(a.challenge + 1) % ORDER), "member 1 was not made"),
        (lambda a: replace(a, response=(a.response + 1) % ORDER), "member 1 was not made"),
        (lambda a: replace(a, response=a.response + ORDER), "below the group order"),
        (lambda a: replace(a, challenge=-1), "below the group order"),
    ],
)
def test_a_false_answer_is_named_for_its_own_reason(change, why):
    (honest,) = answers(1)
    decryption.check(GROUP, E, honest)
    with pytest.raises(InvalidProof, match=why):
        decryption.combine(GROUP, E, [change(honest), *answers(2, 3)])


def test_an_answer_is_for_one_point():
    other = babyjubjub.multiply(5, E)
    with pytest.raises(InvalidProof, match="member 1 was not made"):
        decryption.check(GROUP, other, answers(1)[0])


@pytest.mark.parametrize("point, why", [
    (GENERATOR, "not in the subgroup"), (IDENTITY, "is the identity"), ((1, 1), "not on Baby Jubjub"),
])  # fmt: skip
def test_nobody_answers_for_a_point_that_would_reveal_something(point, why):
    with pytest.raises(FormatError, match=why):
        decryption.partial(SHARES[0], point)
    with pytest.raises(InvalidProof, match=why):
        decryption.check(GROUP, point, answers(1)[0])


def test_two_answers_have_two_proofs():
    first, second = answers(1, 1)
    assert first.point == second.point and first.challenge != second.challenge
