"""A pool with invented assets of every kind of risk, and prices for it."""

from dataclasses import replace

from settlement.parameters import Limits
from settlement.pool import Pool
from tests.settlement import samples

ORACLE_SECRETS = samples.ORACLE_SECRETS
LIMITS = Limits(grid_age_ms=3_600_000, price_age_ms=60_000)
ASSETS = samples.ASSETS

# USDC 1.00 | BTC 95,000 | ETH 3,000 | SOL 150 | TBILL 1.01 | XAU 4,000 | dUSDC 1.00 | ETH-PERP 3,010 | options 207
PRICES = (
    1_000_000_000,
    950_000_000_000,
    3_000_000_000,
    150_000_000,
    1_010_000_000,
    4_000_000_000_000,
    0,
    0,
    1_000_000_000,
    301_000_000_000_000,
    20_700_000_000_000,
    20_700_000_000_000,
    0,
    0,
    0,
    0,
)


def make(**changes) -> Pool:
    """The pool, with some of its fields changed."""
    parameters = replace(samples.PARAMETERS, limits=LIMITS)
    return replace(samples.pool(), **{"parameters": parameters, **changes})
