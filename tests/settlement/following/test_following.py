"""A ledger that follows another has the same history, byte for byte, and takes nothing that was changed on the way."""

import pytest

from settlement import events
from settlement.audit import audit
from settlement.errors import Discrepancy
from settlement.following import following
from settlement.following.following import Received
from settlement.ledger import Ledger
from settlement.log import tiles, tree
from settlement.log.tiles import DATA, ENTRIES, Tile
from tests.settlement import copies
from tests.settlement.audit import histories
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import any_proof
from zk import domains
from zk.errors import InvalidProof


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
    created_ms = original.reader.event(0).created_ms
    with Ledger.create(tmp_path / "copy.sqlite", original.pool, created_ms) as ledger:
        yield ledger


def test_a_follower_has_every_row_of_the_original(original, received, copy, tmp_path):
    kinds = {event.kind for event in original.reader.events()}
    assert kinds == set(events.KINDS)
    assert following.follow(copy, received, any_proof) == original.reader.last_event()
    stored = copies.rows(copies.path_of(original))
    assert all(stored.values())
    assert copies.rows(tmp_path / "copy.sqlite") == stored
    assert audit.audit(tmp_path / "copy.sqlite", any_proof).digest == original.reader.last_event().digest


def test_events_are_followed_one_at_a_time_as_well(original, received, copy):
    for one in received:
        following.follow(copy, [one], any_proof)
    assert copy.reader.last_event() == original.reader.last_event()


def test_nothing_that_was_changed_on_the_way_is_taken(received, copy):
    height = 0
    for place, one in enumerate(received):
        middle, last = len(one.sent) // 2, len(one.sent) - 1
        for at in (0, middle, last):
            changed = bytearray(one.sent)
            changed[at] ^= 1
            with pytest.raises(Discrepancy):
                following.follow(copy, [Received(one.leaf, bytes(changed))], any_proof)
        for at in range(8, len(one.leaf), 17):
            changed = bytearray(one.leaf)
            changed[at] ^= 1
            with pytest.raises(Discrepancy):
                following.follow(copy, [Received(bytes(changed), one.sent)], any_proof)
        for leaf, sent in ((one.leaf, b""), (b"", one.sent), (one.leaf, one.sent + b"\0")):
            with pytest.raises(Discrepancy):
                following.follow(copy, [Received(leaf, sent)], any_proof)
        with pytest.raises(Discrepancy):
            following.follow(copy, received[place + 1 : place + 2] or received[:1], any_proof)
        assert copy.reader.last_event().height == height
        height = following.follow(copy, [one], any_proof).height


def test_a_false_proof_stops_the_follower_before_its_bundle(received, copy):
    def no_proof(claims):
        raise InvalidProof("false", index=0)

    first = next(place for place, one in enumerate(received) if events.read(one.leaf).kind == events.BUNDLE)
    with pytest.raises(Discrepancy, match="a proof of the bundle at height .* does not verify"):
        following.follow(copy, received, no_proof)
    assert copy.reader.last_event().height == first


def test_files_beyond_the_log_are_not_there(original):
    size = original.reader.last_event().height + 1
    for row in ("0", ENTRIES):
        assert following.tile(original.reader, Tile(row, 0, size)) is not None
        assert following.tile(original.reader, Tile(row, 0, size + 1)) is None
        assert following.tile(original.reader, Tile(row, 1, 1)) is None
    assert following.tile(original.reader, Tile(DATA, size // 16, size % 16 + 1)) is None
    assert following.tile(original.reader, Tile("1", 0, 1)) is None


def test_the_nodes_of_the_files_have_the_root_of_the_newest_event(original):
    newest = original.reader.last_event()
    read = tiles.reading(lambda tile: following.tile(original.reader, tile), newest.height + 1)
    assert tree.root(read, newest.height + 1) == newest.digest


def test_a_publication_is_computed_again_with_its_own_time(received, copy):
    with_grids = next(one for one in received if events.read(one.leaf).kind == events.GRIDS)
    place = received.index(with_grids)
    following.follow(copy, received[:place], any_proof)
    later = bytearray(with_grids.leaf)
    start = len(domains.EVENT) + 9
    created = int.from_bytes(later[start : start + 8], "big") + 1
    later[start : start + 8] = created.to_bytes(8, "big")
    assert following.follow(copy, [Received(bytes(later), with_grids.sent)], any_proof).created_ms == created, (
        "only a checkpoint's root binds the time, which is verified before anything is followed"
    )
    assert created == samples.NOW_MS + 1
