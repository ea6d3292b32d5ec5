"""Quotes that the sample oracles sign, and their checks."""

from dataclasses import replace

import pytest

from settlement.rejection import Rejected, Rejection
from settlement.risk import market, oracle, quotes
from settlement.risk.market import Observation
from tests.settlement.bundles import samples
from tests.settlement.pool import pools
from zk import signature

NOW = samples.NOW_MS
LATER = NOW + 60_000
POOL = pools.make()
FIVE = replace(POOL.parameters, oracle_keys=tuple(map(signature.public, range(1, 6))), quorum=4)


def spread(observed: Observation, place: int) -> Observation:
    """What the oracle at this place says: a thousand units and a bp more than the one before it."""
    slots = market.quoted(POOL, {})
    return Observation(
        tuple(price + 1_000 * place * (price > 0) for price in observed.prices),
        tuple(bps + place * (bps > 0 and slot in slots) for slot, bps in enumerate(observed.volatilities)),
    )


def signed(
    observed=samples.OBSERVED, epoch=1, time_ms=NOW, secrets=pools.ORACLE_SECRETS, pool=POOL, parameters=None, rates=()
):
    """Every oracle's quotes, each a little higher than the last one's, all at once."""
    parameters = parameters or pool.parameters
    return [
        quote
        for place, secret in enumerate(secrets)
        for quote in quotes.sign_all(
            pool, parameters, dict.fromkeys(rates, 0), [secret], spread(observed, place), time_ms, epoch
        )
    ]


def check(quoted, previous=None, now_ms=NOW, pool=POOL, parameters=None, rates=None):
    return oracle.check(pool, parameters or pool.parameters, rates or {}, quoted, previous, now_ms)


def refused(*args, **kwargs) -> Rejection:
    with pytest.raises(Rejected) as caught:
        check(*args, **kwargs)
    return caught.value.rejection
