"""Interest and funding of a loan and a perpetual on a ledger, against sums in fractions from the rates."""

from fractions import Fraction

import pytest

from prover.books import book, carries, profit
from prover.books.costs import Method
from prover.books.valuing import Oracles
from prover.operator import oracles
from prover.trader import addresses, orders, sessions, trade
from settlement.amounts import parse_price
from tests.prover import pools
from tests.prover.risks import DUSDC, PERP, USDC
from tests.prover.trader import borrowing
from tests.prover.trader.borrowing import HOUR_MS

OWED, SHORT = 2_000 * 10**6, 2_000
"""What the borrower owes: 2,000 dUSDC from the first epoch on, and 0.2 ETH-PERP from the second."""
PASSED_H = (3, 8, 30)
PERPS = ("3012", "2994", "3060")
"""After how many hours each epoch follows, and at what price of the perpetual; an ETH is at 3,000 USDC."""


@pytest.fixture(scope="module")
def traded(tmp_path_factory):
    """The world, and when its epochs were published."""
    with borrowing.world(tmp_path_factory.mktemp("traded")) as world:
        pool, times = world.ledger.pool, [world.now_ms]
        orders.take(world.lender, world.lend(world.borrower).order_id, world.later())
        for passed_h, price in zip(PASSED_H, PERPS, strict=True):
            world.now_ms = times[-1] + passed_h * HOUR_MS
            quoted = {PERP: parse_price(price, pool.assets[PERP], pool.assets[USDC])}
            oracles.publish(world.ledger, pools.ORACLE_SECRETS, oracles.observation(world.ledger, quoted), world.now_ms)
            times.append(world.now_ms)
            if len(times) == 2:
                to = [addresses.of(world.lender.wallet.seed, 0)]
                placed = orders.place(
                    world.borrower, {PERP: SHORT}, {USDC: 600 * 10**6}, to, world.now_ms + HOUR_MS, world.later(),
                    agree=trade.allow_new_debts,
                )  # fmt: skip
                orders.take(world.lender, placed.order_id, world.later(), agree=trade.allow_new_debts)
        yield world, Oracles(world.ledger).times


def expected(world, epochs: range) -> dict[int, Fraction]:
    """What the lender gains at these epochs, of which the first is 0, in smallest units of USDC."""
    rate = Fraction(world.ledger.pool.parameters.loan_rate_bps, 10_000)
    loan, perp, found = Fraction(1), Fraction(1), {DUSDC: Fraction(0), PERP: Fraction(0)}
    for number, (passed_h, text) in enumerate(zip(PASSED_H, PERPS, strict=True), 1):
        interest = loan * rate * passed_h / (365 * 24)
        premium = max(Fraction(-50, 10_000), min(Fraction(50, 10_000), Fraction(text) / 3_000 - 1))
        funding = -perp * premium * min(passed_h, 24) / 8
        loan, perp = loan + interest, perp + funding
        if number in epochs:
            found[DUSDC] += OWED * interest
            found[PERP] += (SHORT if number > 1 else 0) * Fraction(text) * 100 * funding
    return found


@pytest.mark.parametrize("first, end", [(1, 4), (2, 3), (3, 4), (1, 2)])
def test_interest_and_funding_are_what_the_rates_come_to_for_both_sides(traded, first, end):
    world, times = traded
    between = (times[first], None if end == len(times) else times[end])
    wanted = {slot: value for slot, value in expected(world, range(first, end)).items() if value}
    for session, sign in ((world.lender, 1), (world.borrower, -1)):
        sessions.sync(session)
        found = {each.slot: each.value for each in carries.of(book.open(session), Oracles(world.ledger), *between)}
        assert found.keys() == wanted.keys()
        for slot, value in found.items():
            assert abs(value - sign * wanted[slot]) < 1 + (end - first), "each epoch is rounded to a unit"


def test_the_interest_is_all_that_a_loan_has_gained(traded):
    world, _ = traded
    sessions.sync(world.lender)
    found = profit.report(book.open(world.lender), Method.AVERAGE)
    (row,) = [row for row in found.rows if row.slot == DUSDC]
    (interest,) = [each for each in carries.of(book.open(world.lender), Oracles(world.ledger), None, None)
                   if each.slot == DUSDC]  # fmt: skip
    assert row.realised == 0 and interest.value > 0 and abs(row.unrealised - interest.value) <= len(PASSED_H) + 1
