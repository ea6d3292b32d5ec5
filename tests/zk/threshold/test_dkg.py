"""Dealing a key: who lies is named and put out, the others get a key, and nobody's part is chosen by another."""

from dataclasses import replace

import galois
import pytest

from tests.reference import babyjubjub as reference
from tests.zk.threshold.groups import CONTEXT, announced, dealt
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, GENERATOR, IDENTITY, ORDER
from zk.errors import FormatError, InvalidProof
from zk.threshold import dkg, keys
from zk.threshold.keys import GroupKey
from zk.threshold.sharing import Quorum

FIELD = galois.GF(ORDER, primitive_element=2, verify=False)
TWO_OF_THREE = Quorum(2, 3)


@pytest.mark.parametrize("threshold, members", [(1, 1), (2, 3), (3, 3), (3, 4)])
def test_the_dealt_shares_lie_on_the_polynomial_of_the_key(threshold, members):
    shares = dealt(threshold, members)
    assert len({share.group for share in shares}) == 1
    line = galois.lagrange_poly(
        FIELD([share.index for share in shares[:threshold]]), FIELD([share.secret for share in shares[:threshold]])
    )
    group = shares[0].group
    assert reference.multiply(int(line(0)), BASE8) == group.public
    for share in shares:
        assert int(line(share.index)) == share.secret
        assert reference.multiply(share.secret, BASE8) == group.share(share.index)
        keys.check_share(share)


def test_two_dealings_give_two_keys():
    assert dealt(1, 1)[0].group.public != dealt(1, 1)[0].group.public


def test_a_rogue_key_has_no_proof_of_possession():
    """The last to announce takes its wish minus all others' parts: the group's key would be the wish."""
    _, announcements = announced(TWO_OF_THREE)
    wish, proof = dkg.announce(TWO_OF_THREE, CONTEXT, 3)
    others = babyjubjub.add(announcements[1].commitments[0], announcements[2].commitments[0])
    rogue = babyjubjub.add(proof.commitments[0], babyjubjub.negate(others))
    total = babyjubjub.add(babyjubjub.add(rogue, others), IDENTITY)
    assert total == babyjubjub.multiply(wish.coefficients[0], BASE8), "the group's key would be its own"
    with pytest.raises(InvalidProof, match="member 3 does not prove that it knows"):
        announcement = replace(proof, commitments=(rogue, *proof.commitments[1:]))
        dkg.check_announcement(TWO_OF_THREE, CONTEXT, announcement)



@pytest.mark.parametrize(
    "change, why",
    [
        (lambda a: replace(a, index=2), "member 2 does not prove"),
        (lambda a: replace(a, index=4), "member 4 is not one of 3"),
        (lambda a: replace(a, index=0), "member 0 is not one of 3"),
        (lambda a: replace(a, commitments=a.commitments[:1]), "1 commitments instead of 2"),
        (lambda a: replace(a, commitments=(*a.commitments, BASE8)), "3 commitments instead of 2"),
        (lambda a: replace(a, commitments=(a.commitments[0], BASE8)), "does not prove"),
        (lambda a: replace(a, commitments=(a.commitments[0], IDENTITY)), "is the identity"),
        (lambda a: replace(a, commitments=(a.commitments[0], GENERATOR)), "is not in the subgroup"),
        (lambda a: replace(a, nonce=GENERATOR), "is not in the subgroup"),
        (lambda a: replace(a, response=(a.response + 1) % ORDER), "does not prove"),
        (lambda a: replace(a, response=a.response + ORDER), "is not below the group order"),
    ],
)
def test_a_changed_announcement_is_refused_for_its_own_reason(change, why):
    _, honest = dkg.announce(TWO_OF_THREE, CONTEXT, 1)
    dkg.check_announcement(TWO_OF_THREE, CONTEXT, honest)
    with pytest.raises(InvalidProof, match=why):
        dkg.check_announcement(TWO_OF_THREE, CONTEXT, change(honest))


def test_an_announcement_is_of_one_dealing_and_one_quorum():
    _, honest = dkg.announce(TWO_OF_THREE, CONTEXT, 1)
    for quorum, context in ((TWO_OF_THREE, b"another dealing"), (Quorum(2, 4), CONTEXT)):
        with pytest.raises(InvalidProof, match="does not prove"):
            dkg.check_announcement(quorum, context, honest)


def test_members_who_saw_other_announcements_have_another_transcript():
    _, announcements = announced(TWO_OF_THREE)
    _, other = dkg.announce(TWO_OF_THREE, CONTEXT, 3)
    assert dkg.transcript(announcements) == dkg.transcript(dict(reversed(announcements.items())))
    assert dkg.transcript(announcements) != dkg.transcript(announcements | {3: other})


def shares_for(member, dealings):
    return {dealer: dkg.share(dealing, member) for dealer, dealing in dealings.items()}


def test_a_false_share_is_complained_of_and_its_dealer_must_reveal_it():
    dealings, announcements = announced(TWO_OF_THREE)
    received = shares_for(2, dealings)
    received[1] += 1
    assert dkg.complaints(2, announcements, received) == (1,)
    truth = {(1, 2): dkg.share(dealings[1], 2)}
    assert dkg.qualified(TWO_OF_THREE, announcements, {2: (1,)}, truth) == (1, 2, 3)
    for revealed in ({}, {(1, 2): received[1]}, {(1, 2): truth[1, 2] + ORDER}, {(1, 3): truth[1, 2]}):
        assert dkg.qualified(TWO_OF_THREE, announcements, {2: (1,)}, revealed) == (2, 3)


def test_a_member_complains_of_what_it_did_not_receive():
    dealings, announcements = announced(TWO_OF_THREE)
    received = shares_for(3, dealings)
    del received[2]
    assert dkg.complaints(3, announcements, received) == (2,)
    assert dkg.complaints(3, announcements, shares_for(2, dealings)) == (1, 2, 3), "another member's shares"


def test_a_dealer_with_t_complaints_is_out_whatever_it_reveals():
    dealings, announcements = announced(TWO_OF_THREE)
    revealed = {(1, member): dkg.share(dealings[1], member) for member in (2, 3)}
    assert dkg.qualified(TWO_OF_THREE, announcements, {2: (1,), 3: (1,)}, revealed) == (2, 3)


def test_the_key_of_the_dealers_that_are_left_has_shares_for_all():
    dealings, announcements = announced(TWO_OF_THREE)
    left = (2, 3)
    shares = [dkg.finish(TWO_OF_THREE, i, announcements, shares_for(i, dealings), left) for i in (1, 2, 3)]
    secret = sum(dealings[dealer].coefficients[0] for dealer in left) % ORDER
    assert {share.group.public for share in shares} == {babyjubjub.multiply(secret, BASE8)}
    for share in shares:
        keys.check_share(share)


def test_a_key_takes_the_threshold_of_honest_dealers():
    _, announcements = announced(TWO_OF_THREE)
    assert dkg.qualified(TWO_OF_THREE, announcements, {3: (1,)}, {}) == (2, 3)
    with pytest.raises(InvalidProof, match="only 1 of the 2 members .* out are 1, 2"):
        dkg.qualified(TWO_OF_THREE, announcements, {3: (1, 2)}, {})
    del announcements[1]
    with pytest.raises(InvalidProof, match="out are 1, 2"):
        dkg.qualified(TWO_OF_THREE, announcements, {3: (2,)}, {})


def test_nobody_finishes_with_a_false_share():
    dealings, announcements = announced(TWO_OF_THREE)
    received = shares_for(1, dealings) | {2: 5}
    with pytest.raises(InvalidProof, match="the share of member 2 for member 1"):
        dkg.finish(TWO_OF_THREE, 1, announcements, received, (1, 2, 3))
    dkg.finish(TWO_OF_THREE, 1, announcements, received, (1, 3))


def test_a_key_from_outside_is_checked():
    group = dealt(2, 4)[0].group
    keys.check(group)
    first, second, third, fourth = group.shares
    for shares, public, why in (
        ((first, second, third), group.public, "3 public shares instead of 4"),
        ((first, second, fourth, third), group.public, "not shares of the dealt key"),
        ((first, second, third, babyjubjub.add(fourth, BASE8)), group.public, "not shares of the dealt key"),
        (group.shares, babyjubjub.add(group.public, BASE8), "not shares of the dealt key"),
        ((first, second, third, IDENTITY), group.public, "member 4 is the identity"),
        (group.shares, GENERATOR, "the dealt key is not in the subgroup"),
    ):
        with pytest.raises(FormatError, match=why):
            keys.check(GroupKey(group.quorum, public, shares))


def test_a_share_from_outside_is_checked():
    share = dealt(2, 3)[0]
    for change, why in (
        ({"secret": share.secret + 1}, "not member 1's share"),
        ({"index": 2}, "not member 2's share"),
        ({"index": 4}, "no member 4 of 3"),
        ({"index": 0}, "no member 0 of 3"),
    ):
        with pytest.raises(FormatError, match=why):
            keys.check_share(replace(share, **change))


def test_a_rerandomised_key_is_dealt_like_any_other():
    alpha = ORDER - 3
    shares = [keys.rerandomised(share, alpha) for share in dealt(2, 3)]
    line = galois.lagrange_poly(FIELD([1, 3]), FIELD([shares[0].secret, shares[2].secret]))
    assert reference.multiply(int(line(0)), BASE8) == shares[0].group.public
    for share in shares:
        keys.check_share(share)


def test_no_secret_is_in_a_repr():
    dealing, _ = dkg.announce(TWO_OF_THREE, CONTEXT, 1)
    assert repr(dealing) == "Dealing" and repr(dealt(1, 1)[0]) == "KeyShare"
