"""What became of a leg is told from the bundle that moved its account, and is kept until somebody was told."""

from dataclasses import replace

from prover.dealer.limits import fates, memory
from prover.dealer.limits.exposure import Fill
from tests.prover.dealer.limits.watching import TEN, quote, watched
from tests.prover.rfq.desks import ETH


def test_a_leg_settled_if_its_balances_are_there_and_what_the_desk_took_itself_in_any_case(pair):
    maker, asker = pair
    found = watched(maker)
    inquiry = asker.ask([TEN], maker)
    quote(maker, found)
    offer = next(each for each in found.now.open if each.changes[ETH] < 0)
    assert fates.of(maker.session.ledger, maker.session.wallet.view, offer) is None
    asked_ms = maker.world.now_ms
    asker.take(inquiry, "buy")

    def fate(leg):
        return fates.of(maker.session.ledger, maker.session.wallet.view, leg)

    other = replace(offer, after=offer.changes)
    assert fate(offer).is_settled and not fate(other).is_settled and fate(offer).moved_ms > asked_ms
    assert fate(replace(other, is_take=True)).is_settled  # it may have taken crumbs along


def test_what_nobody_was_told_is_kept_however_old(pair, monkeypatch):
    monkeypatch.setattr(memory, "MAX_APPENDED", 3)
    kept, nothing = memory.Memory(pair[0].session), (0,) * 16
    for number, settled_ms, is_told in ((1, 0, True), (2, 0, False), (3, memory.KEEP_MS + 1, True)):
        kept.fill(Fill(number, nothing, None, "", 0, settled_ms, is_told))
    assert set(kept.fills) == set(memory.Memory(pair[0].session).fills) == {2, 3}
    assert kept.next_number() == 4
