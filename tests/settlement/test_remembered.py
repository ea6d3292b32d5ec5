"""What a block asks the ledger once, and of many things at once."""

from itertools import product

import pytest

from settlement import engine, merkle
from settlement.block import Block
from settlement.bundles import encoding
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log import tree as log
from settlement.remembered import Remembered
from settlement.storage.postgres.connection import PostgresConnection
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, make

STRANGER = 12345


@pytest.fixture
def ledger(where):
    with Ledger.create(where, samples.pool(), NOW_MS) as opened:
        yield opened


def bundles(ledger: Ledger, count: int) -> list[bytes]:
    return [encoding.encode_bundle(bind(ledger.ledger_id, make(ledger), make(ledger))) for _ in range(count)]


def settle(ledger: Ledger, data: list[bytes]) -> list[engine.Receipt]:
    return engine.submit_all(ledger, data, NOW_MS, any_proof)


def test_what_is_asked_of_many_things_at_once_is_what_each_alone_is_answered(ledger):
    samples.publish(ledger)
    guarded.settle(ledger, make(ledger, change(USDC=5), [samples.flow(0, 5)]))
    guarded.settle(ledger, guarded.top_up(ledger), guarded.top_up(ledger))
    receipts, reader = settle(ledger, bundles(ledger, 9)), ledger.reader
    assert reader.known_roots(set()) == set() == reader.spent([]) and reader.nodes([]) == {}
    roots = {receipts[3].root, receipts[8].root, merkle.empty_root(), STRANGER}
    assert reader.known_roots(roots) == {root for root in roots if reader.is_known_root(root)} == roots - {STRANGER}
    stored = ledger.reader.bundle(receipts[0].height)
    spent = {leg.nullifier for leg in encoding.decode_bundle(stored[1]).legs}
    assert reader.spent({*spent, STRANGER}) == spent and len(spent) == 2
    with ledger.reader.reading():
        top_ups = {(row[0], int.from_bytes(row[1], "big")) for row in ledger.reader.stored("top_ups").fetchall()}
    assert reader.topped_up({*top_ups, (1, STRANGER)}) == top_ups and len(top_ups) == 2
    ids = {receipts[3].bundle_id, receipts[8].bundle_id, BundleId(bytes(32))}
    assert reader.settled_of(ids) == {bundle_id: place for bundle_id in ids if (place := reader.settled(bundle_id))}
    places = list(product(range(5), range(30)))
    assert reader.nodes(places) == {place: node for place in places if (node := reader.node(*place)) is not None}
    found = reader.log_nodes(places)
    assert found == {place: reader.log_node(*place) for place in found} and len(found) > 20


@pytest.mark.parametrize("size", [*range(1, 70), 255, 256, 1000, 4**16 - 3])
def test_the_edge_and_the_peaks_are_what_appending_reads(size):
    asked = set()

    def read(level: int, index: int) -> bytes:
        asked.add((level, index))
        return bytes(32)

    nodes = log.append(read, size, bytes(32))
    log.root(lambda level, index: nodes.get((level, index)) or read(level, index), size + 1)
    assert asked <= set(log.peaks(size))
    assert log.root(read, size) and asked == set(log.peaks(size))
    asked.clear()
    merkle.append(lambda *place: asked.add(place), size, [1])
    assert asked == set(merkle.edge(size))


def test_a_server_is_asked_as_often_for_a_block_of_one_bundle_as_for_one_of_many(url, monkeypatch):
    with Ledger.create(url, samples.pool(), NOW_MS) as ledger:
        settle(ledger, bundles(ledger, 3))
        execute, asked = PostgresConnection.execute, []

        def counted(self, query, values=(), /):
            asked.append(query)
            return execute(self, query, values)

        monkeypatch.setattr(PostgresConnection, "execute", counted)
        counts = []
        for count in (1, 12):
            data = bundles(ledger, count)
            asked.clear()
            assert all(isinstance(one, engine.Receipt) for one in settle(ledger, data))
            counts.append(len(asked))
    assert counts[0] == counts[1] < 30


def test_a_block_that_foresees_nothing_has_the_same_answers(ledger):
    data = bundles(ledger, 3)
    sent = [engine.check(ledger, one, NOW_MS, any_proof) for one in data]
    settle(ledger, data[:2])
    foreseeing, other, remembered = Block(ledger), Block(ledger), Remembered(ledger)
    foreseeing.foresee([(one.bundle, one.bundle_id) for one in sent])
    foreseeing.expect([one.bundle for one in sent[2:]])
    for each in (foreseeing, other, remembered):
        for one in sent:
            assert each.settled(one.bundle_id) == ledger.reader.settled(one.bundle_id)
            for move in one.bundle.moves:
                assert each.is_spent(move.nullifier) is ledger.reader.is_spent(move.nullifier)
                assert each.is_known_root(move.root) and not each.is_topped_up(0, move.nullifier)
        edge, peaks = merkle.edge(each.tree().size), log.peaks(each.last_event().height + 1)
        assert [each.node(*place) for place in edge] == [ledger.reader.node(*place) for place in edge]
        assert [each.log_node(*place) for place in peaks] == [ledger.reader.log_node(*place) for place in peaks]
        assert each.node(3, 99) is None and each.reserve(samples.pool().leg.digest, 7) == 0
