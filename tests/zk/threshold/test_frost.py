"""FROST: any t members sign as one, a reference with the whole secret agrees, and who signs falsely is named."""

import json
from dataclasses import replace
from itertools import combinations

import pytest

from tests import node
from tests.reference import threshold as plain
from tests.zk.threshold.groups import dealt
from zk import domains, signature
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, GENERATOR, IDENTITY, ORDER
from zk.errors import InvalidProof
from zk.fields.prime import R
from zk.threshold import frost, keys, sharing

SHARES = dealt(2, 3)
GROUP = SHARES[0].group
SECRET = sharing.recover({share.index: share.secret for share in SHARES[:2]})


def rounds(shares, message):
    """The commitments and the answers of these members."""
    begun = [frost.commit(share) for share in shares]
    commitments = [commitment for _, commitment in begun]
    answers = {
        share.index: frost.sign(share, nonces, message, commitments)
        for share, (nonces, _) in zip(shares, begun, strict=True)
    }
    return commitments, answers


def signed(shares, message):
    return frost.combine(shares[0].group, message, *rounds(shares, message))


@pytest.mark.parametrize("message", [0, 1, R - 1])
@pytest.mark.parametrize("members", [*combinations((0, 1, 2), 2), (2, 0), (0, 1, 2)])
def test_any_two_of_three_sign_for_that_message_only(members, message):
    result = signed([SHARES[member] for member in members], message)
    signature.verify(GROUP.public, message, result)
    with pytest.raises(InvalidProof):
        signature.verify(GROUP.public, (message + 1) % R, result)


def test_a_group_of_one_signs():
    (share,) = dealt(1, 1)
    signature.verify(share.group.public, 7, signed([share], 7))


@pytest.mark.parametrize("alpha", [0, 1, ORDER - 1, 2**250 + 3])
def test_a_rerandomised_key_signs_as_the_key_of_s_plus_alpha(alpha):
    shares = [keys.rerandomised(share, alpha) for share in SHARES[1:]]
    rk = babyjubjub.add(GROUP.public, babyjubjub.multiply(alpha, BASE8))
    result = signed(shares, 99)
    signature.verify(rk, 99, result)
    if alpha:
        with pytest.raises(InvalidProof):
            signature.verify(GROUP.public, 99, result)


def test_one_who_knows_the_whole_secret_signs_the_same():
    nonces = {1: (11, 2**200), 3: (ORDER - 5, 17)}
    chosen, message = [SHARES[0], SHARES[2]], 2**247 + 9
    commitments = [
        frost.Commitment(i, *(babyjubjub.multiply(nonce, BASE8) for nonce in pair)) for i, pair in nonces.items()
    ]
    answers = {
        share.index: frost.sign(share, frost.Nonces(*nonces[share.index]), message, commitments) for share in chosen
    }
    result = frost.combine(GROUP, message, commitments, answers)
    assert (result.r, result.s) == plain.frost(domains.THRESHOLD_BINDING, SECRET, message, nonces)


def test_circomlibjs_accepts_the_groups_signatures_for_their_message_only():
    script = """
        require("circomlibjs").buildEddsa().then((eddsa) => {
          const F = eddsa.babyJub.F;
          const point = (p) => [F.e(p[0]), F.e(p[1])];
          const [key, message, r, s] = JSON.parse(process.argv[1]);
          console.log(JSON.stringify([0n, 1n].map((added) => eddsa.verifyPoseidon(
            F.e(BigInt(message) + added), { R8: point(r), S: BigInt(s) }, point(key)))));
          process.exit(0);
        });
    """
    message = 2**248 - 1
    result = signed(SHARES[:2], message)
    case = [[str(c) for c in GROUP.public], str(message), [str(c) for c in result.r], str(result.s)]
    assert json.loads(node.run(script, json.dumps(case))) == [True, False]


def test_nonces_sign_once():
    nonces, own = frost.commit(SHARES[0])
    _, other = frost.commit(SHARES[1])
    frost.sign(SHARES[0], nonces, 1, [own, other])
    with pytest.raises(frost.NoncesSpent, match="would reveal the share"):
        frost.sign(SHARES[0], nonces, 2, [own, other])


def test_nonces_are_spent_by_a_list_that_is_refused():
    nonces, own = frost.commit(SHARES[0])
    with pytest.raises(InvalidProof):
        frost.sign(SHARES[0], nonces, 1, [own])
    with pytest.raises(frost.NoncesSpent):
        frost.sign(SHARES[0], nonces, 1, [own, frost.commit(SHARES[1])[1]])


def test_two_first_rounds_have_four_nonces():
    points = [point for _, one in (frost.commit(SHARES[0]) for _ in range(2)) for point in (one.hiding, one.binding)]
    assert len(set(points)) == 4


def test_too_few_signers_say_so():
    with pytest.raises(InvalidProof, match="1 of the 2 members that it takes sign"):
        rounds(SHARES[:1], 1)


@pytest.mark.parametrize(
    "change, why",
    [
        (lambda own, other: [own, own], "twice in the list"),
        (lambda own, other: [replace(own, hiding=BASE8), other], "does not have this member's own"),
        (lambda own, other: [replace(own, index=3), other], "does not have this member's own"),
        (lambda own, other: [own, replace(other, index=4)], "no member 4 of 3"),
        (lambda own, other: [own, replace(other, index=0)], "no member 0 of 3"),
        (lambda own, other: [own, replace(other, binding=GENERATOR)], "of member 2 is not in the subgroup"),
        (lambda own, other: [own, replace(other, hiding=IDENTITY)], "of member 2 is the identity"),
    ],
)
def test_a_member_signs_no_list_that_could_be_a_trap(change, why):
    nonces, own = frost.commit(SHARES[0])
    _, other = frost.commit(SHARES[1])
    with pytest.raises(InvalidProof, match=why):
        frost.sign(SHARES[0], nonces, 1, change(own, other))


def test_a_message_beyond_the_modulus_is_refused():
    with pytest.raises(InvalidProof, match="message"):
        rounds(SHARES[:2], R)


@pytest.mark.parametrize(
    "change, named",
    [
        (lambda answers: answers | {1: (answers[1] + 1) % ORDER}, "members 1 are"),
        (lambda answers: answers | {1: answers[1] + ORDER}, "members 1 are"),
        (lambda answers: {1: answers[2], 2: answers[1]}, "members 1, 2 are"),
        (lambda answers: {1: answers[1]}, "members 2 are"),
        (lambda answers: {}, "members 1, 2 are"),
    ],
)
def test_who_signs_falsely_or_not_at_all_is_named(change, named):
    commitments, answers = rounds(SHARES[:2], 5)
    frost.combine(GROUP, 5, commitments, answers)
    with pytest.raises(InvalidProof, match=named):
        frost.combine(GROUP, 5, commitments, change(answers))


def test_an_answer_counts_for_its_message_and_its_list_alone():
    commitments, answers = rounds(SHARES[:2], 5)
    with pytest.raises(InvalidProof, match="members 1, 2 are"):
        frost.combine(GROUP, 6, commitments, answers)
    with pytest.raises(InvalidProof, match="members 1, 2 are"):
        frost.combine(GROUP, 5, [commitments[0], replace(commitments[1], hiding=BASE8)], answers)


def test_no_nonce_is_in_a_repr():
    assert repr(frost.commit(SHARES[0])[0]) == "Nonces"
