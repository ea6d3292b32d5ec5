"""The stage of the attacks on other people's money: a world at the example's prices, and amounts in whole units."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from circuits import records
from settlement.bundles.bundle import Account
from settlement.risk.grids import Coverage
from tests.settlement.bundles import samples
from tests.simulation import market, traders
from tests.simulation.traders import Draft, Holding
from tests.simulation.world import World

SLOTS = {"USDC": 0, "BTC": 1, "ETH": 2, "SOL": 3, "TBILL": 4, "XAU": 5, "dUSDC": 8, "PERP": 9, "CALL": 10, "PUT": 11}
DECIMALS = {"USDC": 6, "BTC": 8, "ETH": 9, "SOL": 9, "TBILL": 6, "XAU": 6, "dUSDC": 6, "PERP": 4, "CALL": 4, "PUT": 4}


def units(**whole: float) -> tuple[int, ...]:
    """The sixteen changes of these amounts: units(USDC=-45_000, ETH=10)."""
    changes = [0] * records.ASSETS
    for symbol, amount in whole.items():
        changes[SLOTS[symbol]] = round(amount * 10 ** DECIMALS[symbol])
    return tuple(changes)


def price(symbol: str, dollars: float) -> dict[int, int]:
    """{slot: price of a smallest unit}, in the unit of published prices."""
    return {SLOTS[symbol]: round(dollars * 10**15) // 10 ** DECIMALS[symbol]}


def outside(changes: tuple[int, ...]) -> tuple:
    """The flows from or to outside that make these changes."""
    return tuple(samples.flow(asset, amount) for asset, amount in enumerate(changes) if amount)


def deposit(world: World, **whole: float) -> Holding:
    """A fresh account that holds so much."""
    changes = units(**whole)
    return world.settle(world.draft(traders.nothing(), changes, outside(changes)))[0]


def withdrawal(world: World, holding: Holding, **whole: float) -> Draft:
    """The leg that takes so much out of the account, and outside."""
    changes = tuple(-amount for amount in units(**whole))
    return world.draft(holding, changes, outside(changes))


def why(world: World, draft: Draft) -> str | None:
    """What is false about the leg of a draft, by the relation of the statement leg, or None."""
    return world.notary.reason(traders.make(world.ledger, world.notary, draft).leg.proof)


def opposite(changes: tuple[int, ...]) -> tuple[int, ...]:
    """The other side of a trade."""
    return tuple(-amount for amount in changes)


__all__ = ["Account", "deposit", "opposite", "outside", "price", "units", "why", "withdrawal"]


@contextmanager
def beside_an_honest_holder(folder: Path, dollars: int) -> Iterator[World]:
    """A ledger with a holder of so many USDC, who takes everything out at the end."""
    made = World(folder / "ledger.sqlite")
    made.publish(market.PRICES)
    deposit(made, USDC=dollars)
    yield made
    made.withdraw_everything()
    made.close()


def publish(world: World, moved: dict[int, int]) -> Coverage:
    """The coverage of the next epoch, at these prices and otherwise the first."""
    world.now_ms += 1_000
    return world.publish(market.PRICES | moved).publication.coverage
