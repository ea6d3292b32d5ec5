"""Bundles are followed together as one by one: the same history, or the same words about the first false one."""

from dataclasses import replace

import pytest

from settlement import engine, events
from settlement.audit import replayedblocks
from settlement.audit.replayedblocks import Listed, NotSure, Verifying
from settlement.block import Block
from settlement.bundles import digests, encoding
from settlement.errors import Discrepancy
from settlement.following import following
from settlement.following.following import Received
from settlement.ids import BundleId
from settlement.ledger import Ledger
from tests.settlement import copies
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from zk.errors import InvalidProof

COUNT = 6
FALSE = 3  # the place of the bundle that is changed


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A ledger of six bundles; the last but one moves money in."""
    with Ledger.create(tmp_path_factory.mktemp("original") / "ledger.sqlite", samples.pool(), NOW_MS) as ledger:
        made = [samples.bind(ledger.ledger_id, samples.make(ledger), samples.make(ledger)) for _ in range(COUNT)]
        made[-2] = samples.deposit(ledger, 5)
        for one in made:
            engine.submit(ledger, encoding.encode_bundle(one), NOW_MS, any_proof)
        yield ledger


@pytest.fixture(scope="module")
def received(original):
    return copies.received(original)


@pytest.fixture
def copy(original, tmp_path):
    with Ledger.create(tmp_path / "copy.sqlite", original.pool, NOW_MS) as ledger:
        yield ledger


def listed(received):
    read = [(events.read(one.leaf), one.sent) for one in received]
    return [Listed(event, BundleId(event.body[:32]), data) for event, data in read]


def replay(ledger, items, verify=any_proof):
    """What replaying them together writes."""
    block = Block(ledger)
    with Verifying(verify) as verifying:
        for entry in replayedblocks.entries(block, items, verifying):
            block.add(entry)
    return block.entries, verifying.count


def test_what_is_replayed_together_is_what_was_settled(original, received, copy):
    entries, count = replay(copy, listed(received))
    assert [entry.event for entry in entries] == original.reader.events(1) and count == 2 * COUNT - 1


def test_a_good_history_is_never_looked_at_twice(monkeypatch, original, received, copy):
    monkeypatch.setattr(following, "_bundles", None)
    assert following.follow(copy, received, any_proof) == original.reader.last_event()


def resent(one, data):
    """A changed bundle under a leaf that names its bytes."""
    event = events.read(one.leaf)
    body = events.bundle_body(BundleId(event.body[:32]), data, *events.tree_after(event))
    return Received(replace(event, body=body).leaf, data)


def changed(one, make):
    return resent(one, encoding.encode_bundle(make(encoding.decode_bundle(one.sent))))


def first_leg(make):
    """A change of the first leg alone; nobody signs it again."""
    return lambda bundle: replace(bundle, legs=(make(bundle.legs[0]), *bundle.legs[1:]))


LIES = {
    "a byte of the magic": lambda one: resent(one, b"x" + one.sent[1:]),
    "the last byte is missing": lambda one: resent(one, one.sent[:-1]),
    "another expiry": lambda one: changed(one, first_leg(lambda leg: replace(leg, expiry_ms=leg.expiry_ms + 1))),
    "the other leg's signature": lambda one: changed(
        one, lambda bundle: replace(bundle, legs=(replace(bundle.legs[0], signature=bundle.legs[1].signature),
                                                  bundle.legs[1]))
    ),
    "another binding": lambda one: changed(one, lambda b: replace(b, binding=b.legs[0].signature)),
    "an expired leg": lambda one: changed(one, first_leg(lambda leg: replace(leg, expiry_ms=1))),
    "an unknown root": lambda one: changed(
        one, first_leg(lambda leg: replace(leg, public=replace(leg.public, root=leg.public.root ^ 1)))
    ),
    "another key": lambda one: changed(one, first_leg(lambda leg: replace(leg, key=bytes(32)))),
    "a leaf that is no event": lambda one: Received(b"", one.sent),
    "another id in the leaf": lambda one: Received(
        one.leaf.replace(events.read(one.leaf).body[:32], bytes(32)), one.sent
    ),
    "another time in the leaf": lambda one: Received(
        one.leaf.replace(NOW_MS.to_bytes(8, "big"), (NOW_MS - 1).to_bytes(8, "big")), one.sent
    ),
    "another root in the leaf": lambda one: Received(
        one.leaf[:-9] + bytes([one.leaf[-9] ^ 1]) + one.leaf[-8:], one.sent
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_the_first_false_bundle_is_named_as_if_they_came_one_by_one(monkeypatch, received, copy, name):
    lie = [LIES[name](one) if place == FALSE else one for place, one in enumerate(received)]
    with pytest.raises(Discrepancy) as together:
        following.follow(copy, lie, any_proof)
    assert copy.reader.last_event().height == 0, "a run of bundles is one transaction"
    if name != "a leaf that is no event":
        with pytest.raises(NotSure):
            replay(copy, listed(lie))

    def never_sure(*_):
        raise NotSure

    monkeypatch.setattr(replayedblocks, "entries", never_sure)
    with pytest.raises(Discrepancy) as alone:
        following.follow(copy, lie, any_proof)
    assert str(together.value) == str(alone.value)


def test_a_bundle_that_comes_twice_is_refused(received, copy):
    with pytest.raises(Discrepancy, match="the event at height 1 does not follow|height 1 should have been refused"):
        following.follow(copy, [*received[:2], received[0], *received[2:]], any_proof)
    assert copy.reader.last_event().height == 0


def test_a_false_proof_is_noticed_wherever_it_is(monkeypatch, received, copy):
    monkeypatch.setattr(replayedblocks, "CLAIMS", 4)
    false = encoding.decode_bundle(received[FALSE].sent).legs[1].public.nullifier

    def verify(claims):
        for index, (_, public, _) in enumerate(claims):
            if false in public:
                raise InvalidProof("false", index)

    with pytest.raises(NotSure):
        replay(copy, listed(received), verify)
    with pytest.raises(Discrepancy, match=f"a proof of the bundle at height {FALSE + 1} does not verify"):
        following.follow(copy, received, verify)
    assert copy.reader.last_event().height == 0
    assert following.follow(copy, received[:FALSE], verify).height == FALSE


def test_what_goes_wrong_in_the_other_thread_is_not_lost(received, copy):
    def verify(claims):
        raise MemoryError

    with pytest.raises(MemoryError):
        following.follow(copy, received, verify)
    assert copy.reader.last_event().height == 0


def test_a_bundle_whose_table_has_another_id_is_not_replayed(received, copy):
    items = listed(received)
    items[1] = replace(items[1], bundle_id=BundleId(bytes(32)))
    with pytest.raises(NotSure):
        replay(copy, items)
    assert digests.bundle_id(encoding.decode_bundle(items[0].data)) == items[0].bundle_id
