"""A small world of prices for tests that need a grid and no oracles: ETH and its perpetual move by a fifth."""

from circuits import records
from prover.trader.owing import Grid

USDC, BTC, ETH, DUSDC, PERP = 0, 1, 2, 8, 9
PRICES = {USDC: 10**9, BTC: 600 * 10**9, ETH: 3 * 10**9, DUSDC: 10**9, PERP: 300_000 * 10**9}
"""60,000 USDC for a BTC and 3,000 for an ETH, in 10^-9 of 10^-6 USDC for a smallest unit; the rest is worth nothing."""


def price(scenario: int, slot: int) -> int:
    """ETH and ETH-PERP fall in odd scenarios; a loan is dearer by a hundredth in every second pair."""
    now = PRICES.get(slot, 0)
    if slot in (BTC, ETH, PERP):
        return now * (8 if scenario & 1 else 12) // 10
    if slot == DUSDC:
        return now * (101 if scenario & 2 else 99) // 100
    return now


VALUES = records.RiskGrid(
    tuple(tuple(price(s, slot) for slot in range(records.ASSETS)) for s in range(records.SCENARIOS))
)
NOW = tuple(PRICES.get(slot, 0) for slot in range(records.ASSETS))
GRID = Grid(7, VALUES)


def balances(usdc: int = 0, btc: int = 0, eth: int = 0, dusdc: int = 0, perp: int = 0) -> tuple[int, ...]:
    """Balances of an account, in smallest units."""
    return usdc, btc, eth, *(0,) * 5, dusdc, perp, *(0,) * 6
