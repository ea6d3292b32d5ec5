"""What a dealer does counts from before it leaves until it settled or cannot: quotes, orders, takes, and crashes."""

import pytest

from prover.dealer.limits import exposures as module
from prover.dealer.limits.exposures import Exposures
from prover.dealer.limits.limits import LimitReached, Limits, Sizes, Worth
from prover.dealer.strategies.view import SCALE
from prover.trader import orders, sessions
from prover.trader.lots import offering
from tests.prover.dealer import views
from tests.prover.dealer.limits.watching import HOUR_MS, TEN, market, place, quote, watched
from tests.prover.rfq.desks import ETH, FUNDS, USDC, line


def test_a_quote_counts_both_ways_until_it_settles_and_then_what_settled(pair):
    maker, asker = pair
    found = watched(maker)
    inquiry = asker.ask([TEN], maker)
    quote(maker, found, who="alice")
    seen = found.inventory()
    assert (seen.balances[ETH], seen.lowest[ETH], seen.highest[ETH]) == (FUNDS, FUNDS - 10, FUNDS + 10)
    assert found.now.worth_open("alice") == 310 * SCALE and found.sync() == ()
    asker.take(inquiry, "buy")
    sessions.sync(maker.session)
    (fill,) = found.sync()
    assert (fill.changes[ETH], fill.changes[USDC], fill.counterparty, fill.worth) == (-10, 310, "alice", 310 * SCALE)
    seen = found.inventory()
    assert seen.lowest == seen.highest == seen.balances and seen.balances[ETH] == FUNDS - 10
    assert found.now.worth_today("alice") == 310 * SCALE


def test_what_is_open_and_what_settled_survives_a_crash_and_a_fill_is_told_until_it_was_heard(pair):
    maker, asker = pair
    inquiry = asker.ask([TEN], maker)
    quote(maker, watched(maker))
    assert watched(maker).inventory().lowest[ETH] == FUNDS - 10
    asker.take(inquiry, "sell")
    sessions.sync(maker.session)
    (fill,) = watched(maker).sync()
    again = watched(maker)
    assert again.sync() == (fill,) and fill.changes[ETH] == 10
    again.told([fill])
    assert again.sync() == watched(maker).sync() == ()
    assert watched(maker).now.traded(ETH) == 10


def test_a_quote_beyond_a_limit_is_never_proved_and_counts_no_more(pair):
    maker, asker = pair
    found = watched(maker, Limits(assets={ETH: Sizes(least=FUNDS - 15)}))
    asker.ask([TEN], maker)
    quote(maker, found)
    maker.inbox.next_request(0)
    asker.ask([line(ETH=6)], maker)
    quote(maker, found)  # from the same account, of which one can settle
    maker.inbox.next_request(0)
    asker.ask([line(ETH=16)], maker)
    with pytest.raises(LimitReached, match="the least is"):
        quote(maker, found)
    assert found.inventory().lowest[ETH] == watched(maker).inventory().lowest[ETH] == FUNDS - 10


def test_what_would_be_refused_is_known_before_anything_is_proved(pair):
    maker, asker = pair
    found = watched(maker, Limits(Worth(open=500 * SCALE)))
    asker.ask([TEN], maker)
    quote(maker, found)
    assert found.refusal("", market(maker.world), views.changes({ETH: -6, USDC: 180})) is None
    assert "would stand open" in found.refusal("", market(maker.world), views.changes({ETH: -7, USDC: 210}))


def test_where_the_second_side_is_refused_the_first_counts_no_more(pair):
    maker, asker = pair
    found = watched(maker, Limits(assets={ETH: Sizes(most=FUNDS + 9)}))
    asker.ask([TEN], maker)
    with pytest.raises(LimitReached, match="the most is"):
        quote(maker, found)
    assert found.now.open == watched(maker).now.open == ()


def test_an_expired_quote_counts_no_more(pair):
    maker, asker = pair
    found = watched(maker)
    asker.ask([TEN], maker)
    expires_ms = quote(maker, found).quoted[0].expires_ms
    maker.world.now_ms = expires_ms + module.GRACE_MS - 1
    assert found.now.open
    maker.world.now_ms += 1
    assert not found.now.open


def test_an_order_counts_by_its_id_and_is_void_when_its_account_moves_otherwise(pair):
    maker, _ = pair
    found = watched(maker)
    order_id = place(maker, found)
    (stands,) = found.now.open
    assert (stands.leg_id.hex(), stands.changes[ETH], stands.changes[USDC]) == (order_id, -10, 310)
    orders.cancel(maker.session, order_id, maker.world.later())
    assert found.now.open == () and found.sync() == ()


def test_an_order_that_is_taken_is_a_fill(pair):
    maker, taker = pair
    found = watched(maker)
    order_id = place(maker, found)
    orders.take(taker.session, order_id, maker.world.later())
    sessions.sync(maker.session)
    (fill,) = found.sync()
    assert fill.leg_id.hex() == order_id and fill.changes[ETH] == -10


def test_what_the_wallet_has_not_seen_yet_is_still_open(pair):
    maker, taker = pair
    found = watched(maker)
    inquiry = taker.ask([TEN], maker)
    quote(maker, found)
    taker.take(inquiry, "buy")
    assert found.inventory().lowest[ETH] == FUNDS - 10 and found.inventory().balances[ETH] == FUNDS


def test_an_order_that_was_placed_without_a_dealer_counts(pair):
    maker, taker = pair
    found, world = watched(maker, Limits(Worth(open=400 * SCALE))), maker.world
    orders.place(
        maker.session, {ETH: 10}, {USDC: 310}, [taker.address], world.now_ms + HOUR_MS, world.later(), is_backed=False
    )
    assert found.inventory().lowest[ETH] == FUNDS - 10
    assert found.refusal("", market(world), views.changes({ETH: -3, USDC: 90})) is None
    assert "would stand open" in found.refusal("", market(world), views.changes({ETH: -4, USDC: 120}))


def test_each_lot_counts_by_itself(pair):
    maker, taker = pair
    found, world = watched(maker), maker.world
    with found.offering("", market(world)) as agree:
        placed = offering.place(
            maker.session, {ETH: 30}, {USDC: 900}, [taker.address], world.now_ms + HOUR_MS, world.later(), 3,
            agree=agree, is_backed=False,
        )  # fmt: skip
    assert {each.leg_id.hex() for each in found.now.open} == set(placed.order_ids)
    assert found.inventory().lowest[ETH] == FUNDS - 30
    orders.take(taker.session, placed.order_ids[0], world.later())
    sessions.sync(maker.session)
    (fill,) = found.sync()
    assert fill.changes[ETH] == -10 and found.inventory().lowest[ETH] == FUNDS - 30


def test_what_the_desk_takes_itself_is_a_fill_at_once(pair):
    taker, maker = pair
    found, world = watched(taker), taker.world
    order = orders.place(
        maker.session, {ETH: 10}, {USDC: 310}, [taker.address], world.now_ms + HOUR_MS, world.later(), is_backed=False
    )
    with found.offering("bob", market(world), is_take=True) as agree:

        def twice(proposed):  # as when a bundle is made again
            agree(proposed)
            agree(proposed)

        orders.take(taker.session, order.order_id, world.later(), agree=twice)
    (fill,) = found.sync()
    assert (fill.changes[ETH], fill.counterparty) == (10, "bob") and found.now.open == ()


def test_a_take_that_was_interrupted_counts_when_its_account_moved(pair):
    taker, maker = pair
    found, world = watched(taker), taker.world
    order = orders.place(
        maker.session, {ETH: 10}, {USDC: 310}, [taker.address], world.now_ms + HOUR_MS, world.later(), is_backed=False
    )
    with pytest.raises(KeyboardInterrupt):
        with found.offering("", market(world), is_take=True) as agree:
            orders.take(taker.session, order.order_id, world.later(), agree=agree)
            raise KeyboardInterrupt
    (fill,) = watched(taker).sync()
    assert fill.changes[ETH] == 10


def test_accounts_that_the_desk_keeps_off_are_no_part_of_its_inventory(pair):
    maker, _ = pair
    index = maker.session.wallet.live[0].index
    assert Exposures(maker.session, Limits(), lambda: 0, frozenset({index})).inventory().balances[ETH] == 0


def test_a_file_that_grows_is_written_anew_and_forgets_what_is_old(pair, monkeypatch):
    maker, asker = pair
    inquiry = asker.ask([TEN], maker)
    found = watched(maker)
    quote(maker, found)
    asker.take(inquiry, "buy")
    sessions.sync(maker.session)
    found.told(found.sync())
    path = maker.session.file.path.with_suffix(".exposures")
    before = path.stat().st_size
    again = watched(maker)
    assert path.stat().st_size < before and again.now.traded(ETH) == 10
    maker.world.now_ms += module.DAY_MS
    assert again.now.traded(ETH) == 0
