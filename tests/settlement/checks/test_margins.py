"""Who may owe something: guards, escrows, margins, and the grids that are in force; each refusal by its own check."""

from dataclasses import replace

import pytest

from settlement.checks import checks, margins
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.risk.grids import Coverage
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, bind, make
from tests.settlement.guarded import (
    Bad,
    bad,
    beside,
    guarded,
    insured,
    margin,
    refused_by_only,
    seizure,
    settle,
    top_up,
)
from tests.settlement.risk.publications import publish


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        publish(opened, 1)
        yield opened


def unknown_escrow_key(ledger: Ledger) -> Bad:
    made = guarded(ledger)
    return bad(bind(ledger.ledger_id, guarded(ledger, escrow=replace(made.leg.escrow, key=bytes(32)))))


def unknown_margin_key(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, guarded(ledger, margin=replace(margin(ledger, 1), key=bytes(32)))))


def unknown_seize_key(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, *beside(ledger, seizure(ledger, key=bytes(32)), insured(ledger))))


def guard_of_others(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, guarded(ledger, guard=2)))


def no_escrow(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, guarded(ledger, escrow=None)))


def no_escrow_of_a_top_up(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, top_up(ledger, escrow=None)))


def no_margin(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, guarded(ledger, margin=None)))


def no_margin_of_the_insurance(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, insured(ledger, margin=None)))


def prices_that_left_the_grid(ledger: Ledger) -> Bad:
    publish(ledger, 2, Coverage.FROZEN)
    return bad(bind(ledger.ledger_id, guarded(ledger)))


def silent_insurance(ledger: Ledger) -> Bad:
    for epoch in (2, 3, 4):
        publish(ledger, epoch)
    return bad(bind(ledger.ledger_id, guarded(ledger)))


def grid_that_covers_no_more(ledger: Ledger) -> Bad:
    publish(ledger, 2, Coverage.RANGE)
    return bad(bind(ledger.ledger_id, guarded(ledger, margin=margin(ledger, 1))))


def grid_of_two_epochs_ago(ledger: Ledger) -> Bad:
    for epoch in (2, 3):
        publish(ledger, epoch)
    return bad(bind(ledger.ledger_id, guarded(ledger, margin=margin(ledger, 1))))


def grid_that_is_too_old(ledger: Ledger) -> Bad:
    later = NOW_MS + samples.LIMITS.grid_age_ms + 1
    return bad(bind(ledger.ledger_id, guarded(ledger)), now_ms=later)


def older_grid_of_the_insurance(ledger: Ledger) -> Bad:
    publish(ledger, 2)
    return bad(bind(ledger.ledger_id, insured(ledger, margin=margin(ledger, 1))))


def seizure_at_older_prices(ledger: Ledger) -> Bad:
    publish(ledger, 2)
    return bad(bind(ledger.ledger_id, *beside(ledger, seizure(ledger, epoch=1), insured(ledger))))


def seizure_at_prices_that_are_too_old(ledger: Ledger) -> Bad:
    later = NOW_MS + samples.LIMITS.grid_age_ms + 1
    return bad(bind(ledger.ledger_id, *beside(ledger, seizure(ledger), make(ledger))), now_ms=later)


REFUSED = [  # a bundle, its rejection, and the check without which it would settle
    (unknown_escrow_key, Rejection.UNKNOWN_KEY, checks.check_keys),
    (unknown_margin_key, Rejection.UNKNOWN_KEY, checks.check_keys),
    (unknown_seize_key, Rejection.UNKNOWN_KEY, checks.check_keys),
    (guard_of_others, Rejection.GUARD_UNKNOWN, margins.check_guards),
    (no_escrow, Rejection.ESCROW_MISSING, margins.check_escrows),
    (no_escrow_of_a_top_up, Rejection.ESCROW_MISSING, margins.check_escrows),
    (no_margin, Rejection.MARGIN_MISSING, margins.check_margins),
    (no_margin_of_the_insurance, Rejection.MARGIN_MISSING, margins.check_margins),
    (prices_that_left_the_grid, Rejection.FROZEN, margins.check_frozen),
    (silent_insurance, Rejection.RESTRICTED, margins.check_restricted),
    (grid_that_covers_no_more, Rejection.STALE_GRID, margins.check_grids),
    (grid_of_two_epochs_ago, Rejection.STALE_GRID, margins.check_grids),
    (grid_that_is_too_old, Rejection.STALE_GRID, margins.check_grids),
    (older_grid_of_the_insurance, Rejection.STALE_GRID, margins.check_grids),
    (seizure_at_older_prices, Rejection.STALE_GRID, margins.check_grids),
    (seizure_at_prices_that_are_too_old, Rejection.STALE_GRID, margins.check_grids),
]


@pytest.mark.parametrize("make_bad, reason, check", REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_a_bundle_is_refused_for_its_reason_and_passes_every_other_check(ledger, monkeypatch, make_bad, reason, check):
    refused_by_only(ledger, monkeypatch, make_bad(ledger), reason, check)


def test_a_grid_that_nobody_published_is_not_in_force(ledger):
    with pytest.raises(Rejected) as refused:
        settle(ledger, guarded(ledger, margin=margin(ledger, 7)))
    assert refused.value.rejection is Rejection.STALE_GRID


def test_a_pool_without_guardians_has_no_accounts_that_owe(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(guardians=None), NOW_MS) as ledger:
        publish(ledger, 1)
        with pytest.raises(Rejected, match="there are no guardians") as refused:
            settle(ledger, guarded(ledger))
        assert refused.value.rejection is Rejection.GUARD_UNKNOWN
        settle(ledger, make(ledger))


def test_margin_may_be_against_the_grid_before_while_that_covers_the_newest_prices(ledger):
    publish(ledger, 2, Coverage.MIXTURE)
    for epoch in (1, 2):
        settle(ledger, guarded(ledger, margin=margin(ledger, epoch)))
    assert [grids.publication.epoch for grids in margins.initial(ledger, NOW_MS)] == [2, 1]


def test_before_the_first_prices_only_cash_settles(ledger, tmp_path):
    with Ledger.create(tmp_path / "new.sqlite", samples.pool(), NOW_MS) as new:
        settle(new, make(new))
        with pytest.raises(Rejected) as refused:
            settle(new, guarded(ledger, root=new.reader.tree().root))
        assert refused.value.rejection is Rejection.STALE_GRID
        assert margins.initial(new, NOW_MS) == [] and margins.maintenance(new, NOW_MS) is None


def test_while_the_pool_is_frozen_cash_top_ups_seizures_and_the_insurance_settle(ledger):
    publish(ledger, 2, Coverage.FROZEN)
    assert margins.is_frozen(ledger) and margins.initial(ledger, NOW_MS) == []
    settle(ledger, make(ledger), top_up(ledger))
    settle(ledger, *beside(ledger, seizure(ledger), insured(ledger)))
    publish(ledger, 3, Coverage.RANGE)
    settle(ledger, guarded(ledger))


def test_while_the_insurance_is_silent_cash_top_ups_seizures_and_the_insurance_settle(ledger):
    for epoch in (2, 3):
        publish(ledger, epoch)
    settle(ledger, guarded(ledger))  # three epochs of grace
    publish(ledger, 4)
    assert margins.silent_epochs(ledger) == 4
    settle(ledger, make(ledger), top_up(ledger))
    settle(ledger, *beside(ledger, seizure(ledger), insured(ledger)))


def test_the_grids_are_looked_at_again_under_the_lock(ledger, tmp_path):
    """A publication that settles while a leg's proofs are verified voids the grid that they are about."""
    def publish_meanwhile(claims):
        with Ledger.open(tmp_path / "ledger.sqlite") as second:
            publish(second, 2, Coverage.RANGE)

    with pytest.raises(Rejected) as refused:
        settle(ledger, guarded(ledger), verify=publish_meanwhile)
    assert refused.value.rejection is Rejection.STALE_GRID
    assert ledger.reader.tree().size == 0


def test_a_freeze_that_comes_while_proofs_are_verified_refuses_the_leg(ledger, tmp_path):
    def freeze_meanwhile(claims):
        with Ledger.open(tmp_path / "ledger.sqlite") as second:
            publish(second, 2, Coverage.FROZEN)

    with pytest.raises(Rejected) as refused:
        settle(ledger, guarded(ledger), verify=freeze_meanwhile)
    assert refused.value.rejection is Rejection.FROZEN
