"""The audit finds what settled at a time at which it should not have: on an old grid, or behind its predecessor."""

import pytest

from settlement import engine, events
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.checks import checks, margins
from settlement.ledger import Ledger
from settlement.risk.grids import Coverage
from tests.settlement.audit.test_audit import settle
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, make
from tests.settlement.guarded import guarded


def test_a_margin_leg_that_settled_on_an_over_age_grid_is_refused(tmp_path, monkeypatch):
    """A ledger whose operator skipped the check: the history is consistent, and the leg should not be in it."""
    path = tmp_path / "ledger.sqlite"
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger, monkeypatch.context() as patch:
        samples.publish(ledger)
        patch.setattr(margins, "check_grids", lambda *_: None)
        data = encoding.encode_bundle(bind(ledger.ledger_id, guarded(ledger)))
        engine.submit(ledger, data, NOW_MS + samples.LIMITS.grid_age_ms + 1, any_proof)
        assert audit.audit(path, any_proof).legs == 1
    with pytest.raises(audit.Discrepancy, match="height 2 should have been refused: rejection 8 .STALE_GRID"):
        audit.audit(path, any_proof)


def test_a_margin_leg_that_settled_on_a_grid_out_of_the_window_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "ledger.sqlite"
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger, monkeypatch.context() as patch:
        samples.publish(ledger)
        margin = samples.margin(ledger)
        for _ in range(2):
            samples.publish(ledger)
        patch.setattr(margins, "check_grids", lambda *_: None)
        settle(ledger, bind(ledger.ledger_id, guarded(ledger, margin=margin)))
    with pytest.raises(audit.Discrepancy, match="height 4 should have been refused: rejection 8 .STALE_GRID"):
        audit.audit(path, any_proof)


def test_a_margin_leg_on_the_older_of_the_two_newest_grids_is_confirmed(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger:
        samples.publish(ledger)
        margin = samples.margin(ledger)
        samples.publish(ledger)
        assert ledger.reader.grids(1)[0].publication.coverage is Coverage.MIXTURE
        settle(ledger, bind(ledger.ledger_id, guarded(ledger, margin=margin)))
    assert audit.audit(path, any_proof).legs == 1


@pytest.mark.parametrize("behind, named", [
    (lambda ledger: settle(ledger, bind(ledger.ledger_id, make(ledger)), NOW_MS), "the bundle at height 2"),
    (lambda ledger: samples.publish(ledger, NOW_MS), "the publication at height 2"),
])
def test_an_event_behind_its_predecessor_is_found(tmp_path, monkeypatch, behind, named):
    """A ledger whose operator skipped the check: the chain of events is consistent, and its time goes backwards."""
    path = tmp_path / "ledger.sqlite"
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger, monkeypatch.context() as patch:
        settle(ledger, bind(ledger.ledger_id, make(ledger)), NOW_MS + 1)
        patch.setattr(checks, "check_clock", lambda *_: None)
        patch.setattr(events, "moved_up", lambda newest, now_ms, passed_ns: now_ms)
        behind(ledger)
    with pytest.raises(audit.Discrepancy, match=f"{named} should have been refused: rejection 16 .CLOCK_BEHIND"):
        audit.audit(path, any_proof)
