"""A light follower has the rows of a full one, and notices every byte that was changed on the way to it."""

from dataclasses import replace

import pytest

from settlement import events
from settlement.audit import audit
from settlement.bundles import bundle, digests, encoding
from settlement.errors import Discrepancy
from settlement.following import following, lightfollowing, skimming
from settlement.following.following import Received
from settlement.ledger import Ledger
from tests.settlement import copies
from tests.settlement.audit import histories
from tests.settlement.bundles.samples import any_proof
from zk import domains, signature
from zk.errors import FormatError
from zk.fields import prime
from zk.fields.prime import R


@pytest.fixture(scope="module", autouse=True)
def remembered():
    with pytest.MonkeyPatch.context() as patch:
        histories.remember_publications(patch)
        yield


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A ledger with events of every kind."""
    path = tmp_path_factory.mktemp("original") / "ledger.sqlite"
    histories.write(path)
    with Ledger.open(path, read_only=True) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def received(original):
    return copies.received(original)


@pytest.fixture
def copy(original, tmp_path):
    with Ledger.create(tmp_path / "copy.sqlite", original.pool, original.reader.event(0).created_ms) as ledger:
        yield ledger


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_a_light_follower_has_every_row_of_the_original(original, received, copy, tmp_path, at_once):
    for start in range(0, len(received), at_once):
        last = lightfollowing.follow(copy, received[start : start + at_once])
    assert last == original.reader.last_event()
    stored = copies.rows(copies.path_of(original))
    assert all(stored.values())
    assert copies.rows(tmp_path / "copy.sqlite") == stored
    assert audit.audit(tmp_path / "copy.sqlite", any_proof).digest == last.digest


def test_whatever_was_changed_in_what_was_sent_is_noticed_and_nothing_of_it_is_taken(received, copy):
    for place, one in enumerate(received):
        for at in range(0, len(one.sent), max(1, len(one.sent) // 12)):
            changed = bytearray(one.sent)
            changed[at] ^= 1
            with pytest.raises(Discrepancy):
                lightfollowing.follow(copy, [Received(one.leaf, bytes(changed))])
        longer = (one.leaf, one.sent + b"\0"), (one.leaf + b"\0", one.sent)
        for leaf, sent in ((one.leaf, b""), (b"", one.sent), *longer):
            with pytest.raises(Discrepancy):
                lightfollowing.follow(copy, [Received(leaf, sent)])
        if place + 1 < len(received):
            with pytest.raises(Discrepancy):
                lightfollowing.follow(copy, received[place + 1 : place + 2])
        assert copy.reader.last_event().height == place
        lightfollowing.follow(copy, [one])


def test_whatever_a_leaf_says_of_what_was_sent_is_checked(received, copy):
    body_start = len(domains.EVENT) + 17
    for place, one in enumerate(received):
        for at in range(body_start, len(one.leaf), 3):
            changed = bytearray(one.leaf)
            changed[at] ^= 1
            with pytest.raises(Discrepancy):
                lightfollowing.follow(copy, [Received(bytes(changed), one.sent)])
        assert copy.reader.last_event().height == place
        lightfollowing.follow(copy, [one])


def test_the_root_of_the_tree_after_every_bundle_is_computed_here(original, received, copy):
    """The leaf of a whole block's first bundle claims another root, and everything else is as it was."""
    is_bundle = [events.read(one.leaf).kind == events.BUNDLE for one in received]
    place = next(i for i in range(len(received)) if is_bundle[i] and is_bundle[i + 1])
    one = received[place]
    root_at = len(one.leaf) - 8 - 1
    lie = Received(one.leaf[:root_at] + bytes([one.leaf[root_at] ^ 1]) + one.leaf[root_at + 1 :], one.sent)
    with pytest.raises(Discrepancy, match=f"the event at height {place + 1}, or what the leaf says of it"):
        lightfollowing.follow(copy, [*received[:place], lie, *received[place + 1 :]])
    assert copy.reader.last_event().height == 0


def test_events_that_another_process_took_meanwhile_are_passed_over(original, received, copy):
    lightfollowing.follow(copy, received[:5])
    assert lightfollowing.follow(copy, received[:5]).height == 5
    assert lightfollowing.follow(copy, received) == original.reader.last_event()


def test_another_history_that_another_process_took_is_not_continued(received, copy):
    other = Received(received[0].leaf[:-1] + bytes([received[0].leaf[-1] ^ 1]), received[0].sent)
    lightfollowing.follow(copy, received[:3])
    with pytest.raises(Discrepancy, match="another process has taken another history from height 1 on"):
        lightfollowing.follow(copy, [other, *received[1:5]])


def test_a_change_that_the_governors_did_not_sign_is_refused(original, received, copy):
    place = next(i for i, one in enumerate(received) if events.read(one.leaf).kind == events.PARAMETERS)
    strangers = tuple(map(signature.public, (91, 92, 93)))
    stranger = replace(original.pool, governance=replace(original.pool.governance, keys=strangers))
    with pytest.raises(Discrepancy, match="should have been refused"):
        lightfollowing.changed(stranger, [], events.read(received[place].leaf), received[place].sent)


def test_what_is_skimmed_of_a_bundle_is_what_is_decoded_of_it(original):
    for height in range(original.reader.last_event().height + 1):
        stored = original.reader.bundle(height)
        if stored is None:
            continue
        skimmed, decoded = skimming.skim(stored[1], original.ledger_id), encoding.decode_bundle(stored[1])
        assert skimmed.bundle_id == stored[0]
        assert skimmed.nullifiers == tuple(move.nullifier for move in decoded.moves)
        assert skimmed.flows == tuple((n, decoded.legs[n].key, flow) for n, _, flow in bundle.flows(decoded.legs))
        assert [sealed for sealed in skimmed.ciphertexts if sealed] == [
            leg.ciphertexts for leg in decoded.legs if leg.ciphertexts]  # fmt: skip
        outline = skimming.outline(stored[1], original.ledger_id)
        numbers = range(len(decoded.legs))
        ids = [outline.leg_id(original.ledger_id, number) for number in numbers]
        assert ids == [digests.leg_id(original.ledger_id, leg) for leg in decoded.legs]
        assert outline.nullifiers == tuple(prime.to_bytes(move.nullifier) for move in decoded.moves)
        assert outline.commitments == tuple(prime.to_bytes(move.commitment) for move in decoded.moves)
        assert outline.claims == tuple(one.claim for one in decoded.conversions)
        for number, leg in enumerate(decoded.legs):
            assert outline.rk(number) == prime.to_bytes(leg.public.rk_x) + prime.to_bytes(leg.public.rk_y)
            assert outline.is_naming(number) == (leg.companions != bundle.NO_DIGEST)
            assert outline.is_insured(number) == leg.is_insurance
            assert (outline.flows(number), outline.ciphertexts(number)) == (leg.flows, leg.ciphertexts)


def test_bytes_that_are_no_bundle_of_the_ledger_are_refused(original, received):
    data = next(one.sent for one in received if events.read(one.leaf).kind == events.BUNDLE)
    for read in (skimming.skim, skimming.outline):
        with pytest.raises(FormatError, match="not one of this ledger"):
            read(data, bytes(32))
    with pytest.raises(FormatError, match="ends before"):
        skimming.outline(data[: skimming._LEGS_AT + 200], original.ledger_id)
    assert data[skimming._COUNTS_AT] == 1
    end_of_leg = skimming._LEGS_AT + 2 + int.from_bytes(data[skimming._LEGS_AT : skimming._LEGS_AT + 2], "big")
    assert skimming.skim(data[:end_of_leg], original.ledger_id), "what comes after is covered by the leaf's digest"
    for end in range(0, end_of_leg, 5):
        with pytest.raises(FormatError):
            skimming.skim(data[:end], original.ledger_id)
    at = skimming._LEGS_AT + 2 + skimming._NULLIFIER_AT
    for place, value in ((at, R), (at + 32, R), (at + 32, 0)):
        changed = data[:place] + value.to_bytes(32, "big") + data[place + 32 :]
        with pytest.raises(FormatError, match="out of range"):
            skimming.skim(changed, original.ledger_id)


def test_a_light_copy_and_a_full_one_continue_each_other(original, received, copy):
    lightfollowing.follow(copy, received[:9])
    following.follow(copy, received[9:14], any_proof)
    assert lightfollowing.follow(copy, received[14:]) == original.reader.last_event()
