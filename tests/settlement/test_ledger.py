"""What the ledger stores and answers, in SQLite and in PostgreSQL: one transaction for a bundle, many processes."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from circuits import merkle as paths
from settlement import engine, merkle
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.bundles.bundle import CIPHERTEXT_BYTES
from settlement.checks import checks, margins
from settlement.ledger import Ledger
from settlement.pool import poolfile
from settlement.rejection import Rejected, Rejection
from settlement.risk import oracle
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, make
from tests.settlement.guarded import guarded
from tests.settlement.risk.publications import publish
from zk.errors import FormatError
from zk.fields.prime import to_bytes


@pytest.fixture
def ledger(where):
    with Ledger.create(where, samples.pool(), NOW_MS) as opened:
        yield opened


def settle(ledger: Ledger, *made, now_ms: int = NOW_MS) -> engine.Receipt:
    return engine.submit(ledger, encoding.encode_bundle(bind(ledger.ledger_id, *made)), now_ms, any_proof)


def test_a_new_ledger_is_empty_and_knows_its_pool(ledger, where):
    with Ledger.open(where) as again:
        assert again.pool == samples.pool() and again.ledger_id == poolfile.ledger_id(samples.pool())
        reader = again.reader
        assert reader.tree() == (merkle.empty_root(), 0)
        assert (reader.outputs(), reader.reserves(), reader.grids(1), reader.flows()) == ([], {}, [], [])
        assert [event.kind for event in reader.events()] == ["genesis"]


def test_everything_of_a_bundle_can_be_read_back(ledger, where):
    sealed = (b"\1" * CIPHERTEXT_BYTES, b"\2" * CIPHERTEXT_BYTES)
    flow = samples.flow(0, 5, b"bank")
    one, other = make(ledger, change(USDC=5), [flow], ciphertexts=sealed), make(ledger, ciphertexts=())
    receipt = settle(ledger, one, other)
    with Ledger.open(where) as again:
        legs, reader = [one.leg, other.leg], again.reader
        assert (reader.tree(), receipt.positions, receipt.height) == ((receipt.root, 2), (0, 1), 1)
        assert [(out.position, out.commitment, out.ciphertexts, out.height) for out in reader.outputs()] == [
            (0, legs[0].public.commitment, sealed, 1), (1, legs[1].public.commitment, (), 1),
        ]
        assert [out.position for out in reader.outputs(1)] == [1]
        outputs = [(out.position, to_bytes(out.commitment), b"".join(out.ciphertexts)) for out in reader.outputs()]
        assert (reader.leaves(0, 9), reader.leaves(0, 1), reader.leaves(1, 9)) == (outputs, outputs[:1], outputs[1:])
        for position, leg in enumerate(legs):
            assert reader.position_of(leg.public.commitment) == position
            assert paths.path_root(reader.path(position)) == receipt.root
            spend = reader.spend(leg.public.nullifier)
            assert (spend.bundle_id, spend.height) == (receipt.bundle_id, 1)
            assert reader.is_spent(leg.public.nullifier)
        assert reader.bundle_height(receipt.bundle_id) == 1
        assert encoding.decode_bundle(reader.bundle(1)[1]).legs == tuple(legs)
        assert [(row.height, row.leg, row.flow) for row in reader.flows()] == [(1, 0, flow)]
        assert reader.reserves() == {(again.pool.leg.digest, 0): 5}


def test_queries_for_unknown_things_return_none(ledger):
    reader = ledger.reader
    assert reader.position_of(1) is None and reader.spend(1) is None and not reader.is_spent(1)
    assert reader.bundle(0) is None and reader.bundle_height(bytes(32)) is None


def test_the_empty_tree_and_every_later_root_are_known(ledger):
    roots = [ledger.reader.tree().root] + [settle(ledger, make(ledger)).root for _ in range(3)]
    assert len(set(roots)) == 4 and all(ledger.reader.is_known_root(root) for root in roots)
    assert not ledger.reader.is_known_root(12345)


def test_grids_have_unbroken_epochs_and_are_fresh_for_two_epochs_within_the_age_limit(ledger):
    with pytest.raises(Rejected) as refused:
        publish(ledger, 2)
    assert refused.value.rejection is Rejection.WRONG_EPOCH
    first = publish(ledger, 1)
    for epoch in (1, 3):
        with pytest.raises(Rejected):
            publish(ledger, epoch)
    assert ledger.reader.grids(2) == [first]
    age_ms = samples.LIMITS.grid_age_ms
    assert margins.initial(ledger, NOW_MS + age_ms) == [first]
    assert margins.initial(ledger, NOW_MS + age_ms + 1) == []
    for epoch in (2, 3):
        assert first in margins.initial(ledger, NOW_MS)
        publish(ledger, epoch)
    assert [grids.publication.epoch for grids in margins.initial(ledger, NOW_MS)] == [3, 2]


def test_a_failure_while_writing_leaves_nothing(ledger, monkeypatch):
    """The tables are the last line: a nullifier that a broken check let pass rolls the whole transaction back."""
    settle(ledger, make(ledger, nullifier=5))
    monkeypatch.setattr(checks, "check_nullifiers", lambda *_: None)
    before = ledger.reader.last_event(), ledger.reader.tree(), ledger.reader.reserves()
    with pytest.raises((sqlite3.IntegrityError, FormatError), match="nullifier"):
        settle(ledger, make(ledger, change(USDC=9), [samples.flow(0, 9, b"")]), make(ledger, nullifier=5))
    assert (ledger.reader.last_event(), ledger.reader.tree(), ledger.reader.reserves()) == before
    settle(ledger, make(ledger))


def test_a_grid_that_leaves_the_window_between_check_and_apply_is_refused_under_the_lock(ledger):
    publish(ledger, 1)
    one = guarded(ledger)
    checked = engine.check(ledger, encoding.encode_bundle(bind(ledger.ledger_id, one)), NOW_MS, any_proof)
    for epoch in (2, 3):
        publish(ledger, epoch)
    before = ledger.reader.last_event()
    with pytest.raises(Rejected) as refused:
        ledger.apply(checked, NOW_MS)
    assert refused.value.rejection is Rejection.STALE_GRID
    assert ledger.reader.last_event() == before


def test_a_grid_that_grows_too_old_between_check_and_apply_is_refused_under_the_lock(ledger):
    publish(ledger, 1)
    one = guarded(ledger)
    checked = engine.check(ledger, encoding.encode_bundle(bind(ledger.ledger_id, one)), NOW_MS, any_proof)
    with pytest.raises(Rejected) as refused:
        ledger.apply(checked, NOW_MS + samples.LIMITS.grid_age_ms + 1)
    assert refused.value.rejection is Rejection.STALE_GRID


def test_a_bundle_that_expires_between_check_and_apply_is_refused_under_the_lock(ledger):
    one = make(ledger, expiry_ms=NOW_MS + 10)
    checked = engine.check(ledger, encoding.encode_bundle(bind(ledger.ledger_id, one)), NOW_MS, any_proof)
    with pytest.raises(Rejected) as refused:
        ledger.apply(checked, NOW_MS + 10)
    assert refused.value.rejection is Rejection.EXPIRED


def test_time_moves_up_to_an_event_that_settled_during_the_check_but_never_further_than_time_passed(ledger):
    """Two processes that settle at once read their clocks before; neither is refused for the other's event."""
    one = make(ledger, expiry_ms=NOW_MS + 500)
    checked = engine.check(ledger, encoding.encode_bundle(bind(ledger.ledger_id, one)), NOW_MS, any_proof)
    settle(ledger, make(ledger), now_ms=NOW_MS + 300)
    for apply in (ledger.apply, partial(ledger.apply, passed_ns=lambda: 299_000_000)):
        with pytest.raises(Rejected) as refused:
            apply(checked, NOW_MS)
        assert refused.value.rejection is Rejection.CLOCK_BEHIND
    assert ledger.apply(checked, NOW_MS, lambda: 400_000_000).height == 2
    assert ledger.reader.last_event().created_ms == NOW_MS + 300
    late = make(ledger, expiry_ms=NOW_MS + 500)
    checked = engine.check(ledger, encoding.encode_bundle(bind(ledger.ledger_id, late)), NOW_MS + 300, any_proof)
    settle(ledger, make(ledger), now_ms=NOW_MS + 500)
    with pytest.raises(Rejected) as refused:
        ledger.apply(checked, NOW_MS + 300, lambda: 10**12)
    assert refused.value.rejection is Rejection.EXPIRED


@pytest.fixture
def publish_late(ledger, monkeypatch):
    """Publishes while a bundle settles at another time, when so much time seems to have passed."""
    check = oracle.check

    def publish_late(now_ms: int, settled_ms: int, passed_ns: int):
        def settle_meanwhile(*arguments):
            publication = check(*arguments)
            settle(ledger, make(ledger), now_ms=settled_ms)
            return publication

        with monkeypatch.context() as patch:
            patch.setattr(engine, "_since", lambda start_ns: lambda: passed_ns)
            quotes = samples.quotes(ledger, now_ms)
            patch.setattr(oracle, "check", settle_meanwhile)
            return engine.publish(ledger, quotes, now_ms)

    return publish_late


def test_grids_whose_time_moves_up_are_published_at_that_time_unless_a_price_is_too_old_then(
    ledger, where, publish_late
):
    published = publish_late(NOW_MS, NOW_MS + 300, 400_000_000)
    assert published.published_ms == NOW_MS + 300 == ledger.reader.last_event().created_ms
    assert audit.audit(where, any_proof).publications == 1
    late_ms = NOW_MS + 400
    with pytest.raises(Rejected) as refused:
        publish_late(late_ms, late_ms + samples.LIMITS.price_age_ms + 1, 10**12)
    assert refused.value.rejection is Rejection.PRICE_STALE


@pytest.mark.parametrize("passed_ns", [0, 299_000_000])
def test_grids_that_are_behind_an_event_which_settled_during_the_check_are_refused(ledger, publish_late, passed_ns):
    with pytest.raises(Rejected) as refused:
        publish_late(NOW_MS, NOW_MS + 300, passed_ns)
    assert refused.value.rejection is Rejection.CLOCK_BEHIND
    assert ledger.reader.grids(1) == []


def test_many_processes_that_settle_at_once_with_one_clock_are_not_refused_for_it(ledger, where):
    start = time.monotonic_ns()

    def now_ms() -> int:
        return NOW_MS + (time.monotonic_ns() - start) // 1_000_000

    bundles = [encoding.encode_bundle(bind(ledger.ledger_id, make(ledger))) for _ in range(12)]

    def submit(data: bytes) -> int:
        with Ledger.open(where) as own:
            return engine.submit(own, data, now_ms(), any_proof).height

    with ThreadPoolExecutor(4) as threads:
        heights = list(threads.map(submit, bundles))
    assert sorted(heights) == list(range(1, 13))
    times = [event.created_ms for event in ledger.reader.events()]
    assert times == sorted(times)


def test_a_bundle_that_the_tree_has_no_room_for_is_refused_before_the_first_write(ledger, monkeypatch):
    monkeypatch.setattr(merkle, "CAPACITY", 3)
    settle(ledger, make(ledger), make(ledger))
    before = ledger.reader.last_event()
    data = encoding.encode_bundle(bind(ledger.ledger_id, make(ledger), make(ledger)))
    with pytest.raises(Rejected, match="the tree has 2 of at most 3 leaves, and 2 are new") as refused:
        engine.check(ledger, data, NOW_MS, any_proof)
    assert refused.value.rejection is Rejection.TREE_FULL == 15
    with pytest.raises(Rejected) as refused:
        settle(ledger, make(ledger), make(ledger, change(USDC=-1), [samples.flow(0, -1, b"me")]))
    assert refused.value.rejection is Rejection.CUSTODY, "a full tree is the last reason"
    assert ledger.reader.last_event() == before
    last = make(ledger)
    checked = engine.check(ledger, encoding.encode_bundle(bind(ledger.ledger_id, last)), NOW_MS, any_proof)
    settle(ledger, make(ledger))
    with pytest.raises(Rejected) as refused:
        ledger.apply(checked, NOW_MS)
    assert refused.value.rejection is Rejection.TREE_FULL
    with pytest.raises(Rejected) as refused:
        engine.check_leg(ledger, encoding.encode_leg(last.leg), NOW_MS, any_proof)
    assert refused.value.rejection is Rejection.TREE_FULL


def test_of_many_bundles_that_spend_one_account_at_once_exactly_one_settles(ledger, where):
    accounts = 3
    rivals = [make(ledger, nullifier=1 + i % accounts) for i in range(12)]
    bundles = [encoding.encode_bundle(bind(ledger.ledger_id, one)) for one in rivals]

    def submit(data: bytes) -> int | Rejection:
        with Ledger.open(where) as own:
            try:
                return engine.submit(own, data, NOW_MS, any_proof).height
            except Rejected as refused:
                return refused.rejection

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(submit, bundles))
    assert sorted(answer for answer in answers if not isinstance(answer, Rejection)) == [1, 2, 3]
    assert answers.count(Rejection.NULLIFIER_SPENT) == len(rivals) - accounts
    assert ledger.reader.tree().size == accounts


def test_a_commitment_that_stands_twice_has_its_first_position(ledger):
    one = make(ledger, commitment=9)
    settle(ledger, one, make(ledger, commitment=9))
    assert ledger.reader.position_of(9) == 0


def test_reserves_are_kept_apart_by_the_key_that_a_leg_was_proved_under(ledger):
    """A pool with two keys does not exist yet; the reserves are ready for it."""
    from settlement import custody

    class Held:
        def reserve(self, key, asset):
            return {(b"old", 0): 100}.get((key, asset), 0)

    leg = make(ledger, change(USDC=-60), [samples.flow(0, -60, b"me")]).leg
    old, new = replace(leg, key=b"old"), replace(leg, key=b"new")
    assert custody.reserves_after(Held(), [old]) == {(b"old", 0): 40}
    custody.check(custody.reserves_after(Held(), [old]), samples.pool())
    for legs in ([new], [old, new], [old, old]):
        with pytest.raises(Rejected) as refused:
            custody.check(custody.reserves_after(Held(), legs), samples.pool())
        assert refused.value.rejection is Rejection.CUSTODY


def test_a_reserve_never_exceeds_what_the_ledger_can_count(ledger):
    most = 2**63 - 1
    settle(ledger, make(ledger, change(USDC=most), [samples.flow(0, most, b"")]))
    with pytest.raises(Rejected) as refused:
        settle(ledger, make(ledger, change(USDC=1), [samples.flow(0, 1, b"")]))
    assert refused.value.rejection is Rejection.CUSTODY and "deposit less" in str(refused.value)
    settle(ledger, make(ledger, change(USDC=0), [samples.flow(0, 1, b""), samples.flow(0, -1, b"")]))
