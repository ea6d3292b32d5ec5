"""A pool with invented assets of every kind of risk, and prices for it."""

from dataclasses import replace

from settlement.pool.parameters import Limits
from settlement.pool.pool import Pool
from tests.settlement.bundles import samples

ORACLE_SECRETS = samples.ORACLE_SECRETS
LIMITS = Limits(grid_age_ms=3_600_000, price_age_ms=60_000)
ASSETS = samples.ASSETS

OBSERVED = samples.OBSERVED


def make(**changes) -> Pool:
    """The pool, with some of its fields changed."""
    parameters = replace(samples.PARAMETERS, limits=LIMITS)
    return replace(samples.pool(), **{"parameters": parameters, **changes})
