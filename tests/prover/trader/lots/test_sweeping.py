"""Parts of orders are taken: the best price first, nothing beyond its size, and what others took meanwhile left out."""

from fractions import Fraction

import pytest

from prover.trader import addresses, choosing, marks, orders, sessions
from prover.trader.lots import sets, shares, sweeping
from prover.trader.lots.sweeping import Limit, Wanted
from settlement.rejection import Rejected, Rejection
from tests.prover.trader.lots import desks
from tests.prover.trader.lots.desks import ETH, ONE_ETH, ONE_USDC, USDC
from zk.errors import FormatError, Unsatisfied


@pytest.fixture
def world(tmp_path):
    with desks.opened(tmp_path, "maker", "second", "taker") as made:
        made.deposit("maker", eth=8 * ONE_ETH)
        made.deposit("second", eth=8 * ONE_ETH)
        made.deposit("taker", usdc=100_000 * ONE_USDC)
        yield made


def sell(world, name: str, eth: int, price: int, lots: int):
    """An order that sells whole ETH at a price in whole USDC, in lots."""
    return world.offer(name, {ETH: eth * ONE_ETH}, {USDC: eth * price * ONE_USDC}, lots)


def at_most(price: int) -> Limit:
    """A limit for who buys ETH, in whole USDC for a whole ETH."""
    return Limit(USDC, Fraction(price * ONE_USDC, ONE_ETH), sells=False)


def got(world, name: str = "taker") -> tuple[int, int]:
    balances = world.balances(name)
    return balances[ETH], balances[USDC]


def test_a_part_of_an_order_is_taken_in_one_bundle_and_the_rest_stays(world):
    placed = sell(world, "maker", 8, 3_000, 8)
    settled = sweeping.take(
        world.sessions["taker"], placed.order_ids[2], Wanted(ETH, 3 * ONE_ETH), world.later()
    )
    assert len(settled.bundle.legs) == 4 and got(world) == (3 * ONE_ETH, 91_000 * ONE_USDC)
    assert got(world, "maker") == (5 * ONE_ETH, 9_000 * ONE_USDC) and len(world.board()) == 5
    (left,) = sets.takable(world.sessions["taker"], world.now_ms)
    assert (len(left.lots), left.placed, left.changes[ETH]) == (5, 8, -5 * ONE_ETH)


def test_it_can_be_said_how_much_to_pay_as_well(world):
    placed = sell(world, "maker", 8, 3_000, 4)
    sweeping.take(world.sessions["taker"], placed.order_ids[0], Wanted(USDC, 12_001 * ONE_USDC), world.later())
    assert got(world) == (4 * ONE_ETH, 88_000 * ONE_USDC)


def test_no_more_than_what_is_wanted_is_taken_and_no_less_than_the_minimum(world):
    taker, placed = world.sessions["taker"], sell(world, "maker", 8, 3_000, 2)
    for wanted, why in (
        (Wanted(ETH, 3 * ONE_ETH), "the smallest is 4 ETH"),
        (Wanted(ETH, 7 * ONE_ETH, 5 * ONE_ETH), "at most 4 ETH can be taken.*less than the minimum of 5 ETH"),
    ):
        with pytest.raises(Unsatisfied, match=why):
            sweeping.take(taker, placed.order_ids[0], wanted, world.later())
    with pytest.raises(FormatError, match="more than the amount"):
        Wanted(ETH, 1, 2)
    with pytest.raises(FormatError, match="neither sells nor buys BTC"):
        sweeping.take(taker, placed.order_ids[0], Wanted(1, 1), world.later())
    assert len(world.board()) == 2
    sweeping.take(taker, placed.order_ids[0], Wanted(ETH, 7 * ONE_ETH, 4 * ONE_ETH), world.later())
    assert got(world)[0] == 4 * ONE_ETH


def test_a_whole_set_is_one_bundle_against_one_leg_of_the_takers(world):
    placed = sell(world, "maker", 8, 3_000, 31)
    settled = sweeping.take(world.sessions["taker"], placed.order_ids[0], Wanted(ETH, 8 * ONE_ETH), world.later())
    assert len(settled.bundle.legs) == 32 and world.board() == []
    assert got(world) == (8 * ONE_ETH, 76_000 * ONE_USDC) and got(world, "maker") == (0, 24_000 * ONE_USDC)


def test_a_sweep_takes_the_best_price_first_then_the_oldest(world):
    sell(world, "maker", 4, 3_010, 4)
    sell(world, "second", 2, 3_000, 2)
    sell(world, "second", 2, 3_010, 2)
    settled = sweeping.sweep(world.sessions["taker"], Wanted(ETH, 5 * ONE_ETH), at_most(3_010), world.later())
    assert got(world) == (5 * ONE_ETH, (100_000 - 2 * 3_000 - 3 * 3_010) * ONE_USDC)
    assert got(world, "maker")[0] == 5 * ONE_ETH, "three of the older one at the same price"
    assert got(world, "second")[0] == 6 * ONE_ETH and len(settled.bundle.legs) == 8


def test_nothing_beyond_the_limit_is_taken(world):
    sell(world, "maker", 4, 3_010, 4)
    sell(world, "second", 4, 3_000, 2)
    taker = world.sessions["taker"]
    with pytest.raises(Unsatisfied, match="the board has nothing"):
        sweeping.sweep(taker, Wanted(ETH, 5 * ONE_ETH), at_most(2_999), world.later())
    sweeping.sweep(taker, Wanted(ETH, 8 * ONE_ETH), at_most(3_000), world.later())
    assert got(world) == (4 * ONE_ETH, 88_000 * ONE_USDC)


def test_a_sweep_can_sell_too_at_the_limit_or_above(world):
    world.offer("taker", {USDC: 6_000 * ONE_USDC}, {ETH: 2 * ONE_ETH}, 2)
    world.offer("taker", {USDC: 6_200 * ONE_USDC}, {ETH: 2 * ONE_ETH}, 2)
    limit = Limit(USDC, Fraction(3_000 * ONE_USDC, ONE_ETH), sells=True)
    sweeping.sweep(world.sessions["maker"], Wanted(ETH, 3 * ONE_ETH), limit, world.later())
    assert got(world, "maker") == (5 * ONE_ETH, 9_200 * ONE_USDC)


def test_a_lot_that_is_taken_meanwhile_is_left_out_and_the_others_are_taken_once(world):
    """Another taker is quicker by a lot: the ledger refuses the bundle, and the next one goes without it."""
    placed = sell(world, "maker", 8, 3_000, 4)
    world.deposit("second", usdc=50_000 * ONE_USDC)
    taker, second = world.sessions["taker"], world.sessions["second"]
    world.meanwhile.append(lambda: orders.take(second, placed.order_ids[0], world.now_ms - 15_000))
    settled = sweeping.take(
        taker, placed.order_ids[0], Wanted(ETH, 6 * ONE_ETH), world.later(), once="mine"
    )
    assert got(world) == (6 * ONE_ETH, 82_000 * ONE_USDC) and world.board() == []
    again = sweeping.take(taker, placed.order_ids[0], Wanted(ETH, 6 * ONE_ETH), world.later(), once="mine")
    assert again.is_repeated and again.receipt.bundle_id == settled.receipt.bundle_id
    assert got(world, "maker") == (0, 24_000 * ONE_USDC)


def test_what_the_ledger_refuses_for_another_reason_is_not_tried_again(world):
    placed = sell(world, "maker", 8, 3_000, 4)
    world.meanwhile += [desks.refuse_with(Rejection.INVALID_PROOF)]
    with pytest.raises(Rejected) as refused:
        sweeping.take(world.sessions["taker"], placed.order_ids[0], Wanted(ETH, 6 * ONE_ETH), world.later())
    assert refused.value.rejection is Rejection.INVALID_PROOF and len(world.board()) == 4 and world.meanwhile == []


def test_an_order_of_another_under_the_same_group_is_no_part_of_it_unless_its_price_is(world, monkeypatch):
    """Whoever reads a set could place an order under its group."""
    placed = sell(world, "maker", 4, 3_000, 2)
    group = bytes.fromhex(placed.group)
    second, taker = world.sessions["second"], world.sessions["taker"]
    for price in (3_300, 3_000):
        splits = {USDC: 2 * price * ONE_USDC}
        orders.place(
            second, {ETH: 2 * ONE_ETH}, splits, [addresses.of(taker.wallet.seed, 0)], world.now_ms + desks.HOUR_MS,
            world.later(), is_backed=False, lot=marks.Lot(group, 2),
        )  # fmt: skip
    found = sets.takable(taker, world.now_ms)
    assert [each.changes[ETH] for each in found] == [-6 * ONE_ETH, -2 * ONE_ETH]
    assert shares.are_alike(found[0].lots[0].terms.changes, found[0].lots[2].terms.changes)
    sweeping.take(taker, placed.order_ids[0], Wanted(ETH, 8 * ONE_ETH), world.later())
    paid = 100_000 * ONE_USDC - got(world)[1]
    assert paid == got(world)[0] // ONE_ETH * 3_000 * ONE_USDC, "never at the other price"


def test_two_orders_on_one_account_are_alternatives_and_only_one_is_taken(world):
    """One cancels the other: a bundle with both would spend an account twice."""
    maker, taker = world.sessions["maker"], world.sessions["taker"]
    (holding,) = sessions.sync(maker).wallet.live
    for eth in (2, 3):
        orders.place(
            maker, {ETH: eth * ONE_ETH}, {USDC: eth * 3_000 * ONE_USDC}, [addresses.of(taker.wallet.seed, 0)],
            world.now_ms + desks.HOUR_MS, world.later(), holding.position, is_backed=False,
        )  # fmt: skip
    assert len(choosing.free(maker.wallet, world.now_ms)) == 0 and len(world.board()) == 2
    sweeping.sweep(taker, Wanted(ETH, 5 * ONE_ETH), at_most(3_000), world.later())
    assert got(world)[0] == 2 * ONE_ETH and world.board() == []


def test_the_taker_is_shown_the_whole_and_can_refuse(world):
    placed, chosen = sell(world, "maker", 8, 3_000, 4), []

    def refuse(trade):
        assert trade.sells == "12,000 USDC" and trade.buys == "4 ETH"
        raise Unsatisfied("no")

    with pytest.raises(Unsatisfied, match="no"):
        sweeping.take(
            world.sessions["taker"], placed.order_ids[0], Wanted(ETH, 5 * ONE_ETH), world.later(), agree=refuse,
            tell=chosen.append,
        )  # fmt: skip
    assert chosen[0].amount == 4 * ONE_ETH and len(chosen[0].lots) == 2 and len(world.board()) == 4
