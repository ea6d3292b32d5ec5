"""Margins of many orders over carriers: sent at once, each with an outcome of its own, and checked once."""

import pytest

from prover.carriers.carrier import Refused
from prover.carriers.memory import Hub
from prover.network.wire import postings
from settlement.bundles import digests, encoding
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from settlement.orders import board
from tests.prover.carriers.sites import now_ms
from tests.prover.carriers.test_carriedorders import carried, ledger, open_hub, order_id, site
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.orders import boards

__all__ = ["ledger", "site"]


class Moody(Hub):
    """A hub that raises what `moods` has for an order's id."""

    moods, calls = {}, ()

    def publish(self, data):
        named = digests.leg_id(self._ledger_id, encoding.decode_leg(postings.decode(data).leg_bytes))
        self.calls = (*self.calls, named)
        if named in self.moods:
            raise self.moods[named]
        super().publish(data)


@pytest.mark.parametrize("uses_board", [False, True])
def test_margins_of_many_are_sent_at_once_and_each_order_has_its_own_outcome(site, ledger, uses_board):
    """One that no carrier takes, and one for which none answers, stop none of the others."""
    samples.publish(ledger, now_ms())
    made = [boards.margined(ledger, terms=(), expiry_ms=now_ms() + 3_600_000).leg for _ in range(4)]
    hub = Moody(site.ledger_id, now_ms)
    orders = carried(site, ledger, hub, uses_board=uses_board)
    placed = [
        board.place(ledger, samples.posting(ledger, leg, posted_ms=now_ms()), now_ms(), samples.any_proof)
        for leg in made
    ]  # fmt: skip
    samples.publish(ledger, now_ms())
    margin, hub.calls = guarded.margin(ledger, 2), ()
    hub.moods = {placed[1].order_id: Refused("no"), placed[2].order_id: Unavailable("nobody is there")}
    given = [(each.order_id, margin) for each in placed]
    sent = len(orders.sent)
    answers = board.refresh_all(ledger, given, now_ms(), samples.any_proof)
    assert hub.calls == tuple(each.order_id for each in placed[:3]) and len(orders.sent) - sent == 4
    kinds = [type(each).__name__ for each in answers]
    assert kinds == (["Order"] * 4 if uses_board else ["Order", "Rejected", "Unavailable", "Unavailable"])
    assert [each.grid_epoch for each in answers if not isinstance(each, Exception)] == [2] * (4 if uses_board else 1)
    own = {each.order_id: each.grid_epoch for each in orders.stored()}
    assert own[placed[1].order_id] == 1 + uses_board, "what nobody has is to be proved again"
    hub.moods = {}
    assert {each.message_id for each in orders.dispatcher.retry(is_asked=True)} == {
        each.order_id.hex() for each in placed[2:]
    }  # fmt: skip
    with Ledger.open(site.path) as other:
        theirs = carried(site, other, hub, uses_board=False).alive(now_ms())
    assert {each.order_id: each.grid_epoch for each in theirs} == {
        each.order_id: 1 if each == placed[1] and not uses_board else 2 for each in placed
    }  # fmt: skip
    if not uses_board:
        with pytest.raises(Unavailable, match="sent again"):
            hub.moods = {placed[0].order_id: Unavailable("nobody is there")}
            board.refresh(ledger, placed[0].order_id, margin, now_ms(), samples.any_proof)


def test_a_board_elsewhere_is_asked_once_for_many_orders_and_never_for_what_carriers_have(site, ledger):
    """Each question to a board elsewhere is a round trip, and a hundred are refreshed amid a move."""
    data, own = [site.order() for _ in range(3)], site.order()
    hub, asked = open_hub(site), []
    for each in data:
        hub.publish(each)
    orders = carried(site, ledger, hub, uses_board=False)
    get_all = orders._board.get_all
    orders._board.get_all = lambda ids: (asked.append(list(ids)), get_all(asked[-1]))[1]
    ids = [order_id(site, each) for each in data]
    assert set(orders.get_all(ids)) == set(ids) and [each for each in asked if each] == []
    unknown = order_id(site, own)
    assert orders.get_all([*ids, unknown, ids[0]]).keys() == set(ids)
    assert [each for each in asked if each] == [[unknown]]


def test_what_was_placed_and_refreshed_here_is_not_checked_again_when_a_carrier_brings_it_back(site, ledger):
    samples.publish(ledger, now_ms())
    leg, hub, checked = boards.margined(ledger, terms=(), expiry_ms=now_ms() + 3_600_000).leg, open_hub(site), []

    def verify(claims):
        checked.append(len(claims))

    orders = carried(site, ledger, hub, verify=verify, uses_board=False)
    sent = samples.posting(ledger, leg, posted_ms=now_ms())
    placed = board.place(ledger, sent, now_ms(), samples.any_proof)
    samples.publish(ledger, now_ms())
    board.refresh(ledger, placed.order_id, guarded.margin(ledger, 2), now_ms(), samples.any_proof)
    for subscription in orders._subscriptions:
        assert subscription.caught_up(10)
    (found,) = orders.alive(now_ms())
    assert found.grid_epoch == 2 and checked == []
