"""Crumbs: accounts of little worth take the places of dummy legs, so that they vanish for nothing."""

from fractions import Fraction

import pytest

from prover.trader import addresses, merging, orders, plan, sessions, trade
from prover.trader.lots import splitting, sweeping
from prover.trader.lots.sweeping import Limit, Wanted
from tests.prover import pools
from tests.prover.trader.lots import desks
from tests.prover.trader.lots.desks import DUSDC, ETH, ONE_ETH, ONE_USDC, USDC

FEE = 3


@pytest.fixture
def world(tmp_path):
    """A taker with 90,000 USDC and crumbs of 5, 7 and 9 units, and a maker with four lots of 1 ETH."""
    with desks.opened(tmp_path, "maker", "taker", leg_fee=FEE) as made:
        made.deposit("maker", usdc=FEE * 40)
        made.deposit("maker", eth=4 * ONE_ETH)
        made.deposit("taker", usdc=90_000 * ONE_USDC)
        parts = [plan.changes({}, {USDC: amount}) for amount in (9, 5, 7)]
        splitting.split_off(made.sessions["taker"], parts, made.later())
        yield made


def sweep(world, lots: int, **how):
    limit = Limit(USDC, Fraction(3_000 * ONE_USDC, ONE_ETH), sells=False)
    return sweeping.sweep(
        world.sessions["taker"], Wanted(ETH, lots * ONE_ETH), limit, world.later(), agree=trade.allow_new_debts, **how
    )  # fmt: skip


def worthless(world) -> list[int]:
    """The balances of the taker's crumbs."""
    return sorted(each.account.balances[USDC] for each in world.sessions["taker"].wallet.live
                  if each.account.balances[USDC] < ONE_USDC)  # fmt: skip


@pytest.mark.parametrize("lots, left, legs", [(1, [5, 7, 9], 2), (2, [7, 9], 4), (3, [5, 7, 9], 4), (4, [], 8)])
def test_the_smallest_crumbs_take_the_places_that_are_left(world, lots, left, legs):
    world.offer("maker", {ETH: 4 * ONE_ETH}, {USDC: 12_000 * ONE_USDC}, 4)
    usdc = world.balances("taker")[USDC]
    settled = sweep(world, lots)
    assert len(settled.bundle.legs) == legs and worthless(world) == left
    paid = lots * 3_000 * ONE_USDC + (legs - lots) * FEE  # each lot's maker pays for its own
    assert world.balances("taker")[USDC] == usdc - paid and world.balances("taker")[ETH] == lots * ONE_ETH


def test_the_taker_agrees_to_the_trade_alone(world):
    world.offer("maker", {ETH: 4 * ONE_ETH}, {USDC: 12_000 * ONE_USDC}, 4)
    shown = []
    limit = Limit(USDC, Fraction(3_000 * ONE_USDC, ONE_ETH), sells=False)
    taker = world.sessions["taker"]
    sweeping.sweep(taker, Wanted(ETH, 2 * ONE_ETH), limit, world.later(), agree=shown.append)
    assert [(each.sells, each.buys) for each in shown] == [("6,000 USDC", "2 ETH")]


def test_a_part_that_was_divided_on_purpose_is_no_crumb(world):
    taker = world.sessions["taker"]
    world.offer("maker", {ETH: 4 * ONE_ETH}, {USDC: 8_000 * ONE_USDC}, 4)
    large = max(taker.wallet.live, key=lambda each: each.account.balances[USDC])
    splitting.split_evenly(taker, 8, world.later(), large.position)
    assert len(taker.wallet.live) == 11
    sweep(world, 4)
    assert len(taker.wallet.live) == 8 and worthless(world) == []
    setting = sessions.setting(taker, world.now_ms)
    assert len(merging.with_crumbs(taker, setting, taker.wallet.live[0], plan.NOTHING, 4, world.now_ms)) == 1


def test_nothing_is_added_to_an_account_that_would_owe(world):
    """It would be seen by the guardians, and could be seized."""
    pools.publish(world.ledger, world.later())
    taker = sessions.sync(world.sessions["taker"]).wallet
    holding = max(taker.live, key=lambda each: each.account.balances[USDC])
    session, setting = world.sessions["taker"], sessions.setting(world.sessions["taker"], world.now_ms)
    owing = plan.changes({DUSDC: 5}, {})
    (alone,) = merging.with_crumbs(session, setting, holding, owing, 4, world.now_ms)
    assert alone.changes[DUSDC] == -5
    assert len(merging.with_crumbs(session, setting, holding, plan.NOTHING, 4, world.now_ms)) == 4


def test_a_cancel_takes_a_crumb_along(world):
    """Its bundle has two legs, and its own needs one."""
    maker = world.sessions["maker"]
    splitting.split_off(maker, [plan.changes({}, {ETH: ONE_ETH // 1_000})], world.later())
    placed = orders.place(
        maker, {ETH: ONE_ETH}, {USDC: 3_000 * ONE_USDC}, [addresses.of(maker.wallet.seed, 0)],
        world.now_ms + desks.HOUR_MS, world.later(), is_backed=False,
    )  # fmt: skip
    before, count = world.balances("maker"), len(maker.wallet.live)
    settled = orders.cancel(maker, placed.order_id, world.later())
    assert len(settled.bundle.legs) == 2 and len(maker.wallet.live) == count - 1
    assert world.balances("maker")[ETH] == before[ETH] and world.board() == []
