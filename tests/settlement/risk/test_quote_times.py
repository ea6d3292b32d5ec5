"""Times of quotes: none is old, none is from the future, and those of an epoch follow those of the last."""

from dataclasses import replace

import pytest

from settlement.rejection import Rejected, Rejection
from settlement.risk import market, oracle
from tests.settlement.pool import pools
from tests.settlement.risk.markets import DUSDC
from tests.settlement.risk.oracles import LATER, NOW, POOL, check, refused, signed


@pytest.fixture(scope="module")
def honest():
    return signed()


@pytest.fixture(scope="module")
def first(honest):
    return check(honest)


@pytest.fixture(scope="module")
def later():
    return signed(epoch=2, time_ms=LATER)


def test_a_price_is_stale_one_millisecond_after_its_age_and_not_before(honest):
    last = NOW + POOL.parameters.limits.price_age_ms
    assert check(honest, now_ms=last).epoch == 1
    assert refused(honest, now_ms=last + 1) == Rejection.PRICE_STALE


def test_a_price_from_the_future_is_refused_beyond_the_clocks_skew(honest):
    assert check(honest, now_ms=NOW - oracle.CLOCK_SKEW_MS).epoch == 1
    with pytest.raises(Rejected, match=f"signed a price {oracle.CLOCK_SKEW_MS + 1} ms in the future"):
        check(honest, now_ms=NOW - oracle.CLOCK_SKEW_MS - 1)


def test_quotes_of_one_epoch_are_at_most_a_minute_apart(honest):
    """M7: or the publisher mixes a price of now with one of ten minutes ago."""
    parameters = replace(POOL.parameters, limits=replace(pools.LIMITS, price_age_ms=600_000))
    for apart_ms, is_fine in ((oracle.SPREAD_MS, True), (oracle.SPREAD_MS + 1, False)):
        old = signed(time_ms=NOW - apart_ms, secrets=pools.ORACLE_SECRETS[:1], parameters=parameters)
        mixed = [*old, *(quote for quote in honest if quote.oracle)]
        if is_fine:
            assert check(mixed, parameters=parameters).market.time_ms == NOW
        else:
            assert refused(mixed, parameters=parameters) == Rejection.PRICE_SPREAD


def test_every_quote_is_newer_than_the_newest_of_the_epoch_before(first):
    """M7: or the publisher holds a price back and publishes it after a newer one."""
    assert refused(signed(epoch=2, time_ms=NOW), first) == Rejection.PRICE_ORDER
    assert check(signed(epoch=2, time_ms=NOW + 1), first).epoch == 2
    one_old = [*signed(epoch=2, time_ms=NOW + 1)[1:], signed(epoch=2, time_ms=NOW)[0]]
    assert refused(one_old, first) == Rejection.PRICE_ORDER


@pytest.mark.parametrize("epoch", [1, 3])
def test_the_epoch_must_be_the_next_one(first, epoch):
    assert refused(signed(epoch=epoch, time_ms=LATER), first, now_ms=LATER) == Rejection.WRONG_EPOCH


def test_quotes_of_two_epochs_make_none(first, later):
    other = signed(epoch=3, time_ms=LATER)
    assert refused([*later[:-1], other[-1]], first, now_ms=LATER) == Rejection.WRONG_EPOCH


def test_interest_runs_between_the_newest_quotes_of_two_epochs(first, later):
    second = check(later, first, LATER + 20_000)
    assert second.market.time_ms == LATER
    assert second.market == market.advance(
        POOL, POOL.parameters, oracle.observation(second), {}, first.market, second.market.time_ms
    )
    assert second.market.indices[DUSDC] > market.ONE
