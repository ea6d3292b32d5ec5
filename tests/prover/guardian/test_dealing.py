"""Dealing the guardians' keys: one record for all, private files, and liars who are out or named."""

import stat
from dataclasses import replace

import pytest

from prover.guardian import dealer, dealing, guardianfile
from prover.guardian.dealer import Dealer, Revealed, Shares
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, ORDER
from zk.errors import FormatError, InvalidProof
from zk.threshold import decryption, sharing
from zk.threshold.sharing import Quorum

TWO_OF_THREE = Quorum(2, 3)


@pytest.mark.parametrize("threshold, members", [(1, 1), (2, 3)])
def test_all_guardians_of_a_dealing_have_one_record(tmp_path, threshold, members):
    record = dealing.find_or_deal(tmp_path, members, threshold)
    found = guardianfile.here(tmp_path)
    assert [one.index for one in found] == list(range(1, members + 1))
    assert {dealing.record(one) for one in found} == {record} == {dealing.find_or_deal(tmp_path, members, threshold)}
    assert (record.number, record.threshold, record.members) == (1, threshold, members)
    for shares, key in (
        ([one.decryption for one in found], record.encryption_key),
        ([one.signing for one in found], record.signing_key),
    ):
        secret = sharing.recover({share.index: share.secret for share in shares[:threshold]})
        assert babyjubjub.multiply(secret, BASE8) == key
    assert record.encryption_key != record.signing_key


def test_a_guardians_file_is_private_and_never_replaced(tmp_path):
    (only,) = dealing.deal_here(tmp_path, Quorum(1, 1), 1)
    path = guardianfile.path(tmp_path, 1, 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    for act in (lambda: dealing.deal_here(tmp_path, Quorum(1, 1), 1), lambda: guardianfile.write(tmp_path, only)):
        with pytest.raises(FileExistsError, match="1-1.json already"):
            act()
    assert path.read_bytes() == before and guardianfile.read(path) == only
    assert repr(only) == "Guardian"


def test_new_keys_are_dealt_beside_the_old(tmp_path):
    dealing.deal_here(tmp_path, TWO_OF_THREE, 1)
    dealing.deal_here(tmp_path, Quorum(1, 1), 2)
    assert [(one.number, one.index) for one in guardianfile.here(tmp_path)] == [(1, 1), (1, 2), (1, 3), (2, 1)]
    assert dealing.find_or_deal(tmp_path, 3, 2).number == 2


def test_a_folder_without_all_guardians_is_refused(tmp_path):
    dealing.deal_here(tmp_path, TWO_OF_THREE, 1)
    guardianfile.path(tmp_path, 1, 2).unlink()
    with pytest.raises(FormatError, match="does not have all 3 guardians' files"):
        dealing.find_or_deal(tmp_path, 3, 2)


@pytest.mark.parametrize(
    "old, new, why",
    [
        ('"index": 1', '"index": 2', "not member 2's share"),
        ('"index": 1', '"index": 4', "no member 4 of 3"),
        ('"threshold": 2', '"threshold": 1', "not shares of the dealt key"),
        ('"threshold": 2', '"threshold": 4', "fewer than its threshold of 4"),
        ('"version": 1', '"version": 2', "version is not 1"),
        ('"number": 1', '"number": 0', "not an integer from 1"),
        ('"address": ""', '"address": "a b"', "HOST:PORT"),
        ('"identity"', '"identities"', "identities"),
    ],
)
def test_a_damaged_file_is_refused_with_its_reason(tmp_path, old, new, why):
    dealing.deal_here(tmp_path, TWO_OF_THREE, 1)
    path = guardianfile.path(tmp_path, 1, 1)
    guardianfile.read(path)
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(FormatError, match=why) as error:
        guardianfile.read(path)
    assert "1-1.json" in str(error.value)


def dealers(quorum=TWO_OF_THREE):
    identities = tuple(bytes([index]) * 32 for index in quorum.indices)
    return {index: Dealer(quorum, index, identities) for index in quorum.indices}


class FalseAnnouncement(Dealer):
    """Its proof of possession of the signing key is false."""

    def announce(self, hellos):
        first, second = super().announce(hellos)
        return first, replace(second, response=(second.response + 1) % ORDER)


class FalseShare(Dealer):
    """Sends member 1 a false share of the decryption key, and reveals it when asked."""

    def share(self, announced):
        made = super().share(announced)
        first, second = made[1].values
        return made | {1: Shares(((first + 1) % ORDER, second), made[1].transcript)}


class FalseShareUnrevealed(FalseShare):
    """Does not even reveal it."""

    def reveal(self, complained):
        return ()


class RevealsUnasked(Dealer):
    """Reveals a false share for a member who did not complain, as if in its place."""

    def reveal(self, complained):
        return (Revealed(1, (5, 5)),)


class OtherStory(Dealer):
    """Saw other announcements than the others."""

    def share(self, announced):
        made = super().share(announced)
        return {member: Shares(shares.values, bytes(32)) for member, shares in made.items()}


def dealt_with(liar, index=3):
    among = dealers()
    among[index] = liar(TWO_OF_THREE, index, tuple(bytes([i]) * 32 for i in TWO_OF_THREE.indices))
    return dealing.run_here(among)


@pytest.mark.parametrize("liar", [FalseAnnouncement, FalseShare, FalseShareUnrevealed, RevealsUnasked])
def test_a_liar_stops_no_dealing(liar):
    shares = dealt_with(liar)
    point = babyjubjub.multiply(5, BASE8)
    for key in (0, 1):
        group = shares[1][key].group
        answers = [decryption.partial(shares[index][key], point) for index in (1, 2)]
        assert decryption.combine(group, point, answers) == babyjubjub.multiply(5, group.public)


def test_who_was_told_other_things_is_named():
    with pytest.raises(InvalidProof, match="told members 3 other things"):
        dealt_with(OtherStory)


def test_members_with_other_keys_are_named():
    shares, others = (dealing.run_here(dealers(Quorum(1, 1)))[1] for _ in range(2))
    own = dealer.confirmation(shares)
    dealer.check_confirmations(own, {1: own, 2: own})
    with pytest.raises(InvalidProof, match="members 2 have other keys"):
        dealer.check_confirmations(own, {1: own, 2: dealer.confirmation(others)})


def test_an_announcement_of_another_dealing_counts_for_nothing():
    first, second = dealers(Quorum(1, 1)), dealers(Quorum(1, 1))
    for one in (first, second):
        one[1].own = one[1].announce({1: one[1].hello()})
    with pytest.raises(InvalidProof, match="only 0 of the 1"):
        second[1].share({1: first[1].own})
        second[1].complain({})
        second[1].finish({}, {})


def test_who_repeats_anothers_announcement_deals_nothing():
    among = dealers()
    hellos = {index: one.hello() for index, one in among.items()}
    announced = {index: one.announce(hellos) for index, one in among.items()}
    announced[3] = announced[2]
    shared = {index: one.share(announced) for index, one in among.items()}
    complaints = among[1].complain({sender: shared[sender][1] for sender in among})
    assert complaints == ((), ()), "dealer 3 is out before anybody looks at its shares"
