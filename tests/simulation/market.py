"""What the simulation's traders and guardians do, in amounts of dollars' worth.

A lot of each asset is worth about one dollar at the prices with which a world begins.
"""

from collections.abc import Sequence
from dataclasses import replace

from circuits import records, seizure
from settlement.bundles.bundle import Account, Flow
from settlement.checks import pot
from settlement.rejection import Rejected
from tests.settlement.bundles import samples
from tests.simulation import traders
from tests.simulation.guardians import Seized
from tests.simulation.traders import Draft, Holding
from tests.simulation.world import World

USDC, BTC, ETH, SOL, BILL, GOLD = range(6)
LOAN, PERPETUAL, CALL, PUT = range(8, 12)
DOLLAR = 10**15  # in the unit of prices
PRICES = {USDC: 10**9, BTC: 95 * 10**10, ETH: 3 * 10**9, SOL: 15 * 10**7, BILL: 10**9, GOLD: 4 * 10**12,
          PERPETUAL: 3 * 10**14}  # fmt: skip
LOTS = {USDC: 10**6, BTC: 1_053, ETH: 333_333, SOL: 6_666_667, BILL: 10**6, GOLD: 250, LOAN: 10**6, PERPETUAL: 3,
        CALL: 50, PUT: 50}  # fmt: skip
BPS = 10**4
EXPIRED_MS = samples.NOW_MS + 90 * 24 * 3_600_000


def change(*parts: tuple[int, int]) -> tuple[int, ...]:
    """The sixteen changes of these (asset, dollars) parts, each in whole lots."""
    return tuple(
        sum(dollars * LOTS[asset] for asset, dollars in parts if asset == i) for i in range(records.ASSETS)
    )


def begin(world: World, assets: Sequence[int], dollars: int = 1_000) -> None:
    """Publishes prices, and makes an account with a thousand dollars' worth of each of the assets."""
    world.publish(PRICES)
    for asset in assets:
        paid = change((asset, dollars))
        world.settle(world.draft(traders.nothing(), paid, (samples.flow(asset, paid[asset]),)))


def publish(world: World, moves_bps: Sequence[int]) -> str:
    """Publishes prices that moved by so much, asset by asset, and returns how they are covered, or why not."""
    try:
        return str(world.publish(moved(world, moves_bps)).publication.coverage)
    except Rejected as error:
        return error.rejection.name


def moved(world: World, moves_bps: Sequence[int]) -> dict[int, int]:
    """The last prices, moved by so much; the perpetual moves with its underlying."""
    moves = dict(zip((USDC, BTC, ETH, SOL, BILL, GOLD), moves_bps, strict=True)) | {PERPETUAL: moves_bps[ETH]}
    return {asset: max(10**6, price * (BPS + moves[asset]) // BPS) for asset, price in world.quoted.items()}


def accompanied(draft: Draft) -> Draft:
    """The draft, to be signed for the company in which it is made."""
    return replace(draft, is_accompanied=True)


def seized(world: World, holding: Holding, more: int = 0) -> Seized:
    """The seizure of an account at the newest prices, or one that leaves a little more than it should."""
    publication = world.grid().publication
    rows = publication.maintenance.values
    scenario = rows[seizure.worst_scenario(holding.account.balances, rows)]
    amount = seizure.residual_amount(
        holding.account.balances, publication.prices, scenario, world.reference.penalty_bps
    )
    return world.seizure(holding, amount=max(0, amount + more))


def insurance(world: World) -> Holding:
    """The insurance's newest account."""
    insured = [one for one in world.live() if one.keys == world.insurance.keys]
    return insured[-1] if insured else world.insurance


def taken_over(world: World, *seized: Seized) -> Draft:
    """The insurance takes seized portfolios over, with the maintenance grid behind it."""
    source = insurance(world)
    taken = [-sum(changes) for changes in zip(*(one.plain.changes for one in seized), strict=True)]
    drafted = world.draft(source, taken)
    return replace(
        drafted, guard=world.reference.guard, grid=world.grid(), is_insurance=True, is_accompanied=True
    )


def with_pot(world: World, holding: Holding, dollars: int, more: int = 0) -> Draft:
    """Whoever owes dUSDC pays so much of it off through the pot, whoever is owed it is paid, and `more` is taken."""
    prices = world.grid().publication.prices
    owed = -holding.account.balances[LOAN]
    loans = min(dollars * LOTS[LOAN], owed) if owed > 0 else -min(dollars * LOTS[LOAN], max(1, -owed))
    there = pot.contents(world.ledger.reader, LOAN)
    numeraire = -pot.repayment(loans, prices, LOAN) if loans > 0 else pot.redemption(-loans, prices, LOAN, there)
    flows = [Flow(LOAN, loans, Account.POT, b"", b"")]
    if numeraire + more:
        flows.append(Flow(USDC, numeraire + more, Account.POT, b"", b""))
    changes = [0] * records.ASSETS
    changes[LOAN], changes[USDC] = loans, numeraire + more
    return world.draft(holding, changes, flows)


def expire(world: World) -> str:
    """Publishes prices after the options have expired, and with them their rates."""
    world.now_ms = max(world.now_ms, EXPIRED_MS)
    return publish(world, (0,) * 6)


def converted(calls: int, rate: int) -> tuple[int, ...]:
    """The change of an account whose calls, owned or owed, turn into dUSDC at this rate."""
    changes = [0] * records.ASSETS
    changes[CALL], changes[LOAN] = -calls, calls * rate
    return tuple(changes)


def in_breach(world: World, count: int = 1) -> list[Holding]:
    """Accounts that owe more than their maintenance allows after a fall that the last grid covers.

    Together they are long 100 perpetuals on 65,000 dollars and owe 300,000; the insurance has a million.
    """
    holders = [funded(world, traders.nothing(), 65_000 // count) for _ in range(count)]
    other = funded(world, traders.nothing(), 70_000)
    world.insurance = funded(world, world.insurance, 1_000_000)
    bet = [0] * records.ASSETS
    bet[PERPETUAL], bet[LOAN] = 100 * 10**4 // count, -300_000 * 10**6 // count
    longs = [world.draft(holder, bet) for holder in holders]
    long = world.settle(*longs, world.draft(other, [-amount * count for amount in bet]))[:count]
    world.now_ms += 1_000
    fallen = {asset: PRICES[asset] * 83 // 100 for asset in (ETH, PERPETUAL)}
    world.publish(PRICES | fallen)
    rows = world.grid().publication.maintenance.values
    assert all(min(worth(one.account.balances, row) for row in rows) < 0 for one in long)
    return long


def funded(world: World, holding: Holding, dollars: int) -> Holding:
    """The account after so many dollars more were paid in."""
    paid = change((USDC, dollars))
    return world.settle(world.draft(holding, paid, (samples.flow(USDC, paid[USDC]),)))[0]


def worth(balances: Sequence[int], row: Sequence[int]) -> int:
    """The value of the balances at these prices."""
    return sum(balance * price for balance, price in zip(balances, row, strict=True))
