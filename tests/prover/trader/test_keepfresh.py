"""Orders that are kept fresh while the ledger goes away and comes back, once or in the middle of a refresh."""

from types import SimpleNamespace

from prover.trader import keepfresh
from settlement.errors import OutcomeUnknown, Unavailable


def test_a_ledger_that_goes_away_is_waited_for_with_one_warning_each_time(monkeypatch):
    looks, waited, warned, refreshed = iter(range(7)), [], [], []

    def update():
        number = next(looks)
        if number in (1, 2):
            raise Unavailable("the service cannot be reached")

    def refresh_all(ledger, view, keystore, setting, now_ms, tell):
        refreshed.append(len(waited))
        if len(waited) == 5:
            raise OutcomeUnknown("no answer came")

    monkeypatch.setattr(keepfresh.owing, "setting", lambda ledger, now_ms: SimpleNamespace(grid=None))
    monkeypatch.setattr(keepfresh.refreshing, "refresh_all", refresh_all)
    ledger = SimpleNamespace(update=update)
    keepfresh.run(ledger, None, None, lambda: 0, None, warned.append, num_rounds=7, sleep=waited.append)
    assert warned == ["the service cannot be reached; trying again.", "no answer came; trying again."]
    poll, retry = keepfresh.POLL_S, keepfresh.RETRY_S
    assert waited == [poll, retry, retry, poll, poll, retry] and refreshed == [0, 3, 4, 5, 6]
