"""What strategies are shown in tests: the sample pool's prices, and inventories."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from circuits import records
from prover.dealer.strategies.view import Inventory, Market
from settlement.pool.pool import Pool
from tests.settlement.risk import markets

USDC, BTC, ETH, SOL, TBILL, XAU = range(6)
DUSDC, PERP, CALL, PUT = 8, 9, 10, 11
NOW_MS = markets.NOW_MS


def market(pool: Pool | None = None, **changes: Any) -> Market:
    """The market of the sample pool."""
    pool = pool or markets.pool()
    found = markets.first(pool)
    volatilities = tuple(found.volatilities)
    return replace(Market(pool, NOW_MS, found.prices, volatilities, 1), **changes)


def priced(prices: Mapping[int, int | None], pool: Pool | None = None) -> Market:
    """The market of the sample pool with some other prices."""
    made = market(pool)
    return replace(made, prices=tuple(prices.get(slot, price) for slot, price in enumerate(made.prices)))


def changes(sizes: Mapping[int, int]) -> tuple[int, ...]:
    """These amounts by slot."""
    return tuple(sizes.get(slot, 0) for slot in range(records.ASSETS))


def holding(sizes: Mapping[int, int]) -> Inventory:
    """An inventory of which nothing stands open."""
    return Inventory.settled(changes(sizes))
