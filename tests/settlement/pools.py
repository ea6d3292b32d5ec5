"""A pool with invented assets of every kind of risk, and prices for it."""

from dataclasses import replace

from settlement.pool import Asset, Limits, Pool, Risk
from tests.settlement import samples

ORACLE_SECRETS = samples.ORACLE_SECRETS
LIMITS = Limits(grid_age_ms=3_600_000, price_age_ms=60_000)

ASSETS = (
    Asset("USDC", "cash", 6, Risk(None, 0, 0, 0, 0), samples.CUSTODIAN),
    Asset("BTC", "spot", 8, Risk(1, 250, 10_000, 0, 0), samples.CUSTODIAN),
    Asset("ETH", "spot", 9, Risk(2, 350, 10_000, 0, 0), samples.CUSTODIAN),
    Asset("SOL", "spot", 9, Risk(3, 450, 10_000, 0, 0), samples.CUSTODIAN),
    Asset("BILL", "bill", 6, Risk(None, 0, 0, 0, 50), samples.CUSTODIAN),
    Asset("ETH-PERP", "perpetual", 9, Risk(2, 0, 10_000, 0, 100), samples.CUSTODIAN),
    Asset("ETH-CALL", "option", 9, Risk(2, 0, 5_000, 23_000, 0), samples.CUSTODIAN),
    Asset("GOLD", "commodity", 6, Risk(7, 100, 10_000, 0, 0), samples.CUSTODIAN),
    *samples.ASSETS[8:],
)
# USDC 1.00 | BTC 95,000 | ETH 3,000 | SOL 150 | BILL 1.01 | ETH-PERP 3,010 | ETH-CALL 207 | GOLD 4,000
PRICES = (
    1_000_000_000,
    950_000_000_000,
    3_000_000_000,
    150_000_000,
    1_010_000_000,
    3_010_000_000,
    207_000_000,
    4_000_000_000_000,
    *(1_000_000_000,) * 8,
)


def make(**changes) -> Pool:
    """The pool, with some of its fields changed."""
    return replace(samples.pool(), **{"assets": ASSETS, "limits": LIMITS, **changes})
