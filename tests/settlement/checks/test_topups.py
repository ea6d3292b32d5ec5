"""Top-ups are counted: four for each owner from one publication to the next, in whatever order they come."""

import pytest

from settlement import engine
from settlement.bundles import encoding
from settlement.bundles.bundle import MAX_EPOCH, MAX_PERIOD
from settlement.checks import margins, topups
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.risk.grids import Coverage
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, bind
from tests.settlement.guarded import bad, guarded, refused_by_only, settle, submit, top_up
from tests.settlement.risk.publications import publish

TAG = 4242


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as created:
        publish(created, 1)
        publish(created, 2)
        yield created


def period_of_the_epoch_before(ledger):
    return bad(bind(ledger.ledger_id, top_up(ledger, period=7)))


def period_of_the_epoch_to_come(ledger):
    return bad(bind(ledger.ledger_id, guarded(ledger), top_up(ledger, period=12)))


def the_last_period_that_there_is(ledger):
    return bad(bind(ledger.ledger_id, top_up(ledger, period=MAX_PERIOD)))


def tag_of_before(ledger):
    settle(ledger, top_up(ledger, tag=TAG))
    return bad(bind(ledger.ledger_id, guarded(ledger), top_up(ledger, tag=TAG)))


def tag_twice_in_a_bundle(ledger):
    return bad(bind(ledger.ledger_id, top_up(ledger, tag=TAG), top_up(ledger, tag=TAG)))


REFUSED = [
    (period_of_the_epoch_before, Rejection.TOP_UP_STALE, topups.check_periods),
    (period_of_the_epoch_to_come, Rejection.TOP_UP_STALE, topups.check_periods),
    (the_last_period_that_there_is, Rejection.TOP_UP_STALE, topups.check_periods),
    (tag_of_before, Rejection.TOP_UP_REPEATED, topups.check_tags),
    (tag_twice_in_a_bundle, Rejection.TOP_UP_REPEATED, topups.check_tags),
]


@pytest.mark.parametrize("make_bad, reason, check", REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_a_top_up_is_refused_for_its_reason_and_passes_every_other_check(ledger, monkeypatch, make_bad, reason, check):
    refused_by_only(ledger, monkeypatch, make_bad(ledger), reason, check)


def test_an_owner_tops_up_in_four_periods_of_an_epoch_and_in_four_of_the_next(ledger):
    for epoch in (2, 3):
        assert topups.periods(ledger.reader) == range(4 * epoch, 4 * epoch + 4)
        for period in (1, 0, 3, 2):
            settle(ledger, top_up(ledger, tag=TAG, period=4 * epoch + period))
        publish(ledger, epoch + 1)


def test_a_tag_counts_in_its_own_period_only_and_for_its_owner_only(ledger):
    settle(ledger, top_up(ledger, tag=TAG, period=8))
    settle(ledger, top_up(ledger, tag=TAG, period=9), top_up(ledger, tag=TAG + 1, period=8))
    assert ledger.reader.is_topped_up(8, TAG) and not ledger.reader.is_topped_up(10, TAG)


def test_before_the_first_prices_top_ups_count_in_epoch_0(tmp_path):
    with Ledger.create(tmp_path / "new.sqlite", samples.pool(), NOW_MS) as new:
        assert topups.periods(new.reader) == range(4)
        settle(new, top_up(new, tag=TAG, period=3))
        publish(new, 1)
        with pytest.raises(Rejected, match="leg 0 is a top-up of epoch 0, which is not the newest") as refused:
            settle(new, top_up(new, tag=TAG, period=2))
        assert refused.value.rejection is Rejection.TOP_UP_STALE


def test_top_ups_are_counted_while_the_pool_is_frozen_and_after_its_prices_are_too_old(ledger):
    publish(ledger, 3, Coverage.FROZEN)
    late_ms = NOW_MS + samples.LIMITS.grid_age_ms + 1
    assert margins.maintenance(ledger, late_ms) is None
    for now_ms in (NOW_MS, late_ms):
        settle(ledger, top_up(ledger, tag=TAG, period=12 + (now_ms == late_ms)), now_ms=now_ms)
    with pytest.raises(Rejected) as refused:
        settle(ledger, top_up(ledger, tag=TAG, period=12), now_ms=late_ms)
    assert refused.value.rejection is Rejection.TOP_UP_REPEATED


@pytest.mark.parametrize("meanwhile, reason", [("another", "REPEATED"), ("prices", "STALE")])
def test_top_ups_are_counted_again_under_the_lock(ledger, tmp_path, meanwhile, reason):
    """Two top-ups in one period that are verified at once: one settles.  A publication leaves neither."""
    rival = top_up(ledger, tag=TAG)

    def settles_meanwhile(claims):
        with Ledger.open(tmp_path / "ledger.sqlite") as second:
            publish(second, 3) if meanwhile == "prices" else settle(second, rival)

    with pytest.raises(Rejected) as refused:
        settle(ledger, top_up(ledger, tag=TAG), verify=settles_meanwhile)
    assert refused.value.rejection is Rejection[f"TOP_UP_{reason}"]
    assert ledger.reader.tree().size == (meanwhile == "another")


def test_a_repeated_bundle_has_settled_and_is_no_second_top_up(ledger):
    bundle = bind(ledger.ledger_id, top_up(ledger, tag=TAG))
    submit(ledger, bundle)
    with pytest.raises(Rejected) as refused:
        engine.check(ledger, encoding.encode_bundle(bundle), NOW_MS, samples.any_proof)
    assert refused.value.rejection is Rejection.NULLIFIER_SPENT


def test_every_epoch_has_its_four_periods():
    assert topups.PER_EPOCH * MAX_EPOCH + 3 == MAX_PERIOD < 2**63


def test_of_two_top_ups_in_one_period_in_a_block_the_later_is_refused(ledger):
    rivals = [encoding.encode_bundle(bind(ledger.ledger_id, top_up(ledger, tag=TAG))) for _ in range(2)]
    first, second = engine.submit_all(ledger, rivals, NOW_MS, samples.any_proof)
    assert first.height == 3 and second.rejection is Rejection.TOP_UP_REPEATED
