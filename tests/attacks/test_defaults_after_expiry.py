"""Who is long of an option converts, who is short defaults: and who holds dollars takes them all out the same.

Were dollars what an expired claim turns into, the first to convert would be paid from others' deposits.  So it turns
into the loan claim: what a defaulter does not pay, those who chose claims do not get.
"""

from fractions import Fraction

import pytest

from circuits import records
from settlement.bundles.bundle import Account, Flow
from settlement.checks import pot
from tests.attacks.scene import deposit, opposite, outside, price, units, why, withdrawal
from tests.simulation import market, traders
from tests.simulation.binding import Converted
from tests.simulation.world import World

CALLS = 10


@pytest.fixture
def world(tmp_path):
    """An honest holder of 1,000,000 USDC, and ten calls on ETH that one account sold to another."""
    made = World(tmp_path / "ledger.sqlite")
    made.publish(market.PRICES)
    made.honest = deposit(made, USDC=1_000_000)
    short, long = deposit(made, USDC=30_000), deposit(made, USDC=2_000)
    sale = units(CALL=-CALLS, USDC=1_870)
    made.short, made.long = made.settle(made.draft(short, sale), made.draft(long, opposite(sale)))
    yield made
    made.withdraw_everything()
    made.close()


def expire(world, eth: float) -> int:
    """Options expire with ETH at so many dollars; the rate of a call, in units of the loan for one of its own."""
    world.now_ms = market.EXPIRED_MS
    for _ in range(2):  # the first prices after so long may freeze the pool, and the next end that
        world.publish(market.PRICES | price("ETH", eth) | price("PERP", eth))
        world.now_ms += 1_000
    return world.reference.rates[market.CALL]


def convert(world, holding, rate, more=0):
    """All the calls of an account turn into dUSDC; `more` than the rate says."""
    calls = holding.account.balances[market.CALL]
    changes = list(market.converted(calls, rate))
    changes[market.LOAN] += more
    return world.prepare([world.draft(holding, changes)], converted=[Converted(market.CALL, -calls, rate)])


def test_longs_convert_shorts_default_and_who_holds_dollars_withdraws_them(world):
    """ETH at 9,500: each call is worth 6,000 dollars, twice what the short has.  It pays nothing."""
    rate = expire(world, 9_500)
    assert abs(rate - 60 * 10**6 // 100) < 20_000, "6,000 dollars of dUSDC for 10^4 units, a little less with interest"
    assert world.submit(convert(world, world.long, rate)) is None
    rich = world.holdings[-1]
    assert rich.account.balances[market.LOAN] == CALLS * 10**4 * rate
    everything = withdrawal(world, world.honest, USDC=1_000_000)
    world.settle(everything)
    claimed = units(USDC=1)
    assert why(world, world.draft(rich, opposite(claimed), outside(opposite(claimed)))) is None, "it kept 130 dollars"
    assert why(world, withdrawal(world, rich, USDC=131)) == "held balances"


def test_the_pot_pays_out_what_was_paid_in_and_no_more(world):
    rate = expire(world, 4_500)
    assert world.submit(convert(world, world.long, rate)) is None
    rich = world.holdings[-1]
    assert world.submit(world.prepare([market.with_pot(world, rich, 10)])) == "POT", "nobody has paid in yet"
    assert world.submit(convert(world, world.short, rate)) is None
    owing = world.holdings[-1]
    assert owing.account.balances[market.LOAN] == -CALLS * 10**4 * rate
    paid = world.settle(market.with_pot(world, owing, 5_000))[0]
    assert world.submit(world.prepare([market.with_pot(world, rich, 5_001)])) == "POT"
    world.settle(market.with_pot(world, rich, 5_000))
    assert paid.account.balances[market.LOAN] == owing.account.balances[market.LOAN] + 5_000 * 10**6


@pytest.mark.parametrize("more", [1, -1])
def test_a_conversion_is_at_the_rate_to_the_unit(world, more):
    rate = expire(world, 4_500)
    assert world.submit(convert(world, world.long, rate, more)) == "UNBALANCED"
    assert world.submit(convert(world, world.long, rate + more)) == "CONVERSION"


def test_nothing_converts_before_it_has_expired(world):
    assert world.submit(convert(world, world.long, 100_000)) == "CONVERSION"


def test_a_rate_never_changes_whatever_the_price_does_afterwards(world):
    """Otherwise whoever sees the next price first converts before it, or after."""
    rate = expire(world, 4_500)
    for eth in (6_000, 3_000):
        world.now_ms += 1_000
        world.publish(market.PRICES | price("ETH", eth) | price("PERP", eth))
        assert world.ledger.reader.rates()[market.CALL] == rate
    assert world.submit(convert(world, world.long, rate)) is None


def test_a_conversion_is_not_copied_into_another_bundle(world):
    rate = expire(world, 4_500)
    first = convert(world, world.long, rate)
    draft = world.draft(world.long, market.converted(CALLS * 10**4, rate))
    made = traders.make_all(world.ledger, world.notary, [draft])
    assert world.refusal(made, conversions=first.bundle.conversions) == "CONVERSION"
    assert world.submit(first) is None


def test_a_worthless_option_ends_a_debt_for_nothing(world):
    rate = expire(world, 3_000)
    assert rate == 0
    assert world.submit(convert(world, world.short, 0)) is None
    assert world.holdings[-1].account.balances == units(USDC=31_870) and not world.holdings[-1].account.guard


def test_who_lends_nothing_and_is_first_at_the_pot_leaves_the_lender_what_was_lent(world):
    """Ran against the index alone: 1,000,000 dollars of an idle account took all of a borrower's repayment."""
    rate = expire(world, 4_500)
    assert world.submit(convert(world, world.long, rate)) is None
    lender = world.holdings[-1]
    assert world.submit(convert(world, world.short, rate)) is None
    borrower = world.holdings[-1]
    lent = lender.account.balances[market.LOAN]
    idle = world.settle(bought(world, world.honest, 900_000))[0]
    year_later(world)
    world.settle(market.with_pot(world, borrower, 5_000))
    index = Fraction(world.grid().publication.prices[market.LOAN], world.grid().publication.prices[0])
    assert index > Fraction(104, 100)
    inside = pot.contents(world.ledger.reader, market.LOAN)
    assert world.submit(world.prepare([redeemed(world, idle, 850_000 * 10**6, index)])) == "POT"
    world.settle(market.with_pot(world, idle, 900_000))
    left = pot.contents(world.ledger.reader, market.LOAN)
    assert left.numeraire * inside.cancelled >= inside.numeraire * left.cancelled
    assert left.numeraire >= left.cancelled == 5_000 * 10**6 and lent >= left.cancelled
    world.settle(market.with_pot(world, lender, 5_000))


def bought(world, holding, dollars):
    """Dollars of a cash account into the pot, for loan claims that nobody owes."""
    prices, claims = world.grid().publication.prices, dollars * 10**6
    paid = pot.repayment(claims, prices, market.LOAN)
    flows = [Flow(0, -paid, Account.POT, b"", b""), Flow(market.LOAN, claims, Account.POT, b"", b"")]
    changes = [0] * records.ASSETS
    changes[0], changes[market.LOAN] = -paid, claims
    return world.draft(holding, changes, flows)


def redeemed(world, holding, claims, index):
    """So many of them out again, at the index of the day."""
    taken = int(claims * index)
    flows = [Flow(0, taken, Account.POT, b"", b""), Flow(market.LOAN, -claims, Account.POT, b"", b"")]
    changes = [0] * records.ASSETS
    changes[0], changes[market.LOAN] = taken, -claims
    return world.draft(holding, changes, flows)


def year_later(world):
    """Prices are published again after a year, twice, so that they are covered."""
    world.now_ms += 365 * 24 * 3_600_000
    for _ in range(2):
        world.now_ms += 60_000
        market.publish(world, (0,) * 6)
