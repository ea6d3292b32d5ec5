"""Choosing the older of two grids after the newer prices are known.

Margin proofs against the last two epochs were taken, whatever had moved between them, for up to an hour:

    basis     the perpetual falls by 2 % against ETH, which the grid covers.  Two accounts of one owner, 185,000 USDC
              each, open ±10,000 ETH-PERP against ETH under the older grid: their equity at the known prices is −415,900
              and +785,900.  The winner takes out 608,979 in the same minute: a profit of 415,900.
    hostile   BTC falls by 14.1 %, which the grid covers.  A wallet that proves under the older grid opens 100 BTC on
    wallet    1,345,000 USDC at the old price: 607,000 below maintenance as it begins, and on a little less insolvent.

Now the older grid is taken only while whoever passes it passes the newest maintenance grid too.
"""

from dataclasses import replace

import pytest

from settlement.risk.grids import Coverage
from tests.attacks.scene import beside_an_honest_holder, deposit, opposite, price, publish, units, why
from tests.simulation import market, traders


@pytest.fixture
def world(tmp_path):
    """A ledger with an honest holder of 2,000,000 USDC."""
    with beside_an_honest_holder(tmp_path, 2_000_000) as made:
        yield made


def under_older_grid(world, draft):
    """The draft as a hostile wallet makes it."""
    return replace(draft, grid=world.ledger.reader.grids(2)[1])


def test_a_basis_that_moved_is_not_bet_on_with_what_is_held(world):
    """The attack as it was: ETH is held, and nobody is short of it.  Its older grid would still be good."""
    one, other = deposit(world, USDC=185_000), deposit(world, USDC=185_000)
    assert publish(world, price("PERP", 2_944.41)) is Coverage.MIXTURE
    bet = units(USDC=-45_000, PERP=10_000, ETH=-10_000)
    drafts = [under_older_grid(world, world.draft(*side)) for side in ((one, bet), (other, opposite(bet)))]
    assert why(world, drafts[0]) == "held balances"
    assert world.submit(world.prepare(drafts)) == "INVALID_PROOF"


def test_a_grid_that_stays_good_after_a_basis_has_moved_asks_for_more_than_the_basis(world):
    """The same bet between claims, hedged by options: whoever passes the older grid passes today's maintenance."""
    one, other = deposit(world, USDC=185_000), deposit(world, USDC=185_000)
    assert publish(world, price("PERP", 2_944.41)) is Coverage.MIXTURE
    maintenance = world.grid().publication.maintenance.values
    for contracts in (10, 50, 100, 150, 200, 1_000, 10_000):
        bet = units(dUSDC=-4.5 * contracts, PERP=contracts, CALL=-contracts, PUT=contracts)
        drafts = [under_older_grid(world, world.draft(*side)) for side in ((one, bet), (other, opposite(bet)))]
        for draft in drafts:
            made = traders.make(world.ledger, world.notary, draft)
            passes = world.notary.reason(made.leg.margin.proof) is None
            assert not passes or min(market.worth(draft.balances, row) for row in maintenance) >= 0


@pytest.mark.parametrize("perpetual", [2_700, 2_600])
def test_a_basis_beyond_that_is_not_bet_on_under_the_grid_from_before(world, perpetual):
    one, other = deposit(world, USDC=900_000), deposit(world, USDC=900_000)
    bet = units(dUSDC=-300_450, PERP=100)
    before = [world.draft(one, bet), world.draft(other, opposite(bet))]
    assert publish(world, price("PERP", perpetual)) is Coverage.RANGE
    assert {why(world, draft) for draft in before} == {None}
    assert world.submit(world.prepare(before)) == "STALE_GRID"


def test_a_hostile_wallet_does_not_open_below_maintenance(world):
    """PERP falls by 17 %, within its range: who opens at what the older grid asked is in breach as it begins."""
    poor, rich = deposit(world, USDC=65_000), deposit(world, USDC=70_000)
    bet = units(dUSDC=-300_000, PERP=100)
    late = world.prepare([world.draft(poor, bet), world.draft(rich, opposite(bet))])
    assert world.reference.refusal(late.plain, world.now_ms) is None, "it is enough before the fall"
    assert publish(world, price("PERP", 2_490) | price("ETH", 2_490)) is Coverage.RANGE
    maintenance = world.grid().publication.maintenance.values
    assert min(market.worth(late.after[0].account.balances, row) for row in maintenance) < 0
    assert world.submit(late) == "STALE_GRID"


def test_under_prices_that_the_older_grid_covers_it_stays_good(world):
    """Otherwise every quote would die with every publication: here prices hardly moved."""
    one, other = deposit(world, USDC=65_000), deposit(world, USDC=70_000)
    bet = units(dUSDC=-300_000, PERP=100)
    before = world.prepare([world.draft(one, bet), world.draft(other, opposite(bet))])
    assert publish(world, price("PERP", 2_990)) is Coverage.MIXTURE
    assert world.submit(before) is None


def test_the_grid_before_the_older_one_is_never_good(world):
    one, other = deposit(world, USDC=65_000), deposit(world, USDC=70_000)
    bet = units(dUSDC=-300_000, PERP=100)
    before = world.prepare([world.draft(one, bet), world.draft(other, opposite(bet))])
    for perpetual in (2_990, 2_980):
        assert publish(world, price("PERP", perpetual)) is Coverage.MIXTURE
    assert world.submit(before) == "STALE_GRID"
