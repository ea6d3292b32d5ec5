"""A claim without a price, or with one that is too high, is suspended: that claim alone, and prices go on."""

from dataclasses import replace

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.risk import grids, market, oracle, quotes, risk
from settlement.risk.grids import Coverage
from settlement.risk.market import LIMIT, Observation
from tests.settlement.bundles import samples
from tests.settlement.risk import markets
from tests.settlement.risk.markets import CALL, DUSDC, ETH, HOUR_MS, NOW_MS, PERP, PUT, USDC

ORACLES = {"oracle_keys": samples.PARAMETERS.oracle_keys[:3], "quorum": 3}
POOL = replace(markets.pool(), parameters=replace(samples.PARAMETERS, **ORACLES))


def without(*slots: int, observed: Observation = samples.OBSERVED) -> Observation:
    """The observation of an oracle that has no price of these claims."""
    return Observation(*(
        tuple(0 if slot in slots else value for slot, value in enumerate(row))
        for row in (observed.prices, observed.volatilities)
    ))  # fmt: skip


def publish(observed, previous=None, more=()):
    """The next publication, from three oracles that observe this, or, those in `more`, something else."""
    epoch, time_ms = (1, NOW_MS) if previous is None else (previous.epoch + 1, previous.market.time_ms + HOUR_MS)
    seen = [*[observed] * (3 - len(more)), *more]
    rates = {} if previous is None else previous.rates
    quoted = [
        quote
        for secret, each in zip(samples.ORACLE_SECRETS, seen, strict=True)
        for quote in quotes.sign_all(POOL, POOL.parameters, rates, [secret], each, time_ms, epoch)
    ]
    return oracle.check(POOL, POOL.parameters, rates, quoted, previous, time_ms)


@pytest.fixture(scope="module")
def first():
    return publish(samples.OBSERVED)


def column(grid, slot):
    return [row[slot] for row in grid.values]


def test_what_nobody_quotes_is_suspended_and_everything_else_is_published(first):
    second = publish(without(PERP, CALL, observed=markets.moved(ETH=1.01)), first)
    assert second.market.suspended == {PERP, CALL} and not first.market.suspended
    usual = publish(markets.moved(ETH=1.01), first)
    for slot in (USDC, ETH, DUSDC, PUT):
        assert second.prices[slot] == usual.prices[slot]
        assert column(second.initial, slot) == column(usual.initial, slot)
    assert grids.decode(grids.encode(second)) == second
    assert second.coverage is Coverage.MIXTURE


def test_a_suspended_perpetual_moves_with_its_underlying_and_an_option_keeps_its_volatility(first):
    second = publish(without(PERP, CALL, observed=markets.moved(ETH=1.01)), first)
    assert second.prices[PERP] == pytest.approx(first.prices[PERP] * 1.01, rel=1e-9)
    assert second.market.volatilities[CALL] == first.market.volatilities[CALL]
    assert second.prices[CALL] == publish(markets.moved(ETH=1.01), first).prices[CALL]
    third = publish(without(PERP, CALL), second)
    assert third.prices[PERP] == pytest.approx(first.prices[PERP], rel=1e-9)


def test_nobody_takes_on_a_suspended_claim_and_nobody_is_in_breach_for_it(first):
    """H: a long and a short account of one owner at a stale price, of which one is worth nothing when prices return."""
    second = publish(without(PERP), first)
    for amount in (-1, 1):
        balances = [0] * 16
        balances[USDC], balances[PERP] = (5_000 if amount < 0 else 0) * 10**6, amount * 10**4  # one ether
        lacks = [risk.margin_shortfall(balances, grid) for grid in (first.initial, first.maintenance)]
        assert lacks == [0, 0]
        assert risk.margin_shortfall(balances, second.maintenance) == 0
        if amount < 0:
            assert risk.margin_shortfall(balances, second.initial) > 10**6 * 10**15
    balances[DUSDC] = -1_000 * 10**6  # borrowed against the perpetual that it holds
    assert risk.margin_shortfall(balances, first.initial) == 0 < risk.margin_shortfall(balances, second.initial)


def test_a_claim_is_quoted_again_and_is_no_longer_suspended(first):
    second = publish(without(PERP), first)
    third = publish(markets.moved(ETH=1.002), second)
    assert not third.market.suspended and third.coverage is not Coverage.FROZEN


def test_one_oracle_alone_suspends_nothing_and_the_publisher_cannot_leave_quotes_out(first):
    assert not publish(samples.OBSERVED, first, [without(PERP)]).market.suspended
    assert publish(without(PERP), first, [samples.OBSERVED]).market.suspended == {PERP}
    quoted = quotes.sign_all(POOL, POOL.parameters, {}, samples.ORACLE_SECRETS, samples.OBSERVED, NOW_MS, 1)
    with pytest.raises(Rejected) as refused:
        oracle.check(POOL, POOL.parameters, {}, [q for q in quoted if q.asset != PERP], None, NOW_MS)
    assert refused.value.rejection is Rejection.NO_QUORUM


def test_a_claim_that_was_never_priced_is_worth_nothing_and_ruins_whoever_owes_it():
    found = publish(without(PERP, CALL, PUT))
    assert found.market.suspended == {PERP, CALL, PUT}
    for slot in (PERP, CALL, PUT):
        assert set(column(found.initial, slot)) == {0, risk.RUINOUS}
    assert found.prices[PERP] == 0


def test_a_price_beyond_the_limit_suspends_its_claim_and_counts_as_the_limit(first):
    dear = list(samples.OBSERVED.prices)
    dear[PERP] = 2 * LIMIT
    second = publish(Observation(tuple(dear), samples.OBSERVED.volatilities), first)
    assert second.market.suspended == {PERP} and second.prices[PERP] == LIMIT
    assert second.prices[ETH] == first.prices[ETH]
    rich = publish(markets.moved(ETH=4_000, basis=1 / 4_000), first)
    assert rich.market.suspended == {CALL, PUT} and rich.prices[ETH] == 4_000 * first.prices[ETH]


def test_an_option_expires_though_nobody_quotes_it():
    pool = markets.pool(days=1 / 24, call=2_500, put=2_500)
    before = markets.first(pool)
    after = markets.after(pool, before, without(CALL, PUT))
    assert not after.suspended and after.rates[PUT] == 0
    assert after.rates[CALL] == 500 * 10**11 // after.prices[DUSDC]


def test_only_a_held_asset_can_stop_a_publication():
    found = market.advance(POOL, POOL.parameters, markets.moved(USDC=LIMIT), {}, None, NOW_MS)
    assert found.suspended >= {DUSDC} and found.prices[DUSDC] == LIMIT


def test_one_claim_cannot_stop_the_prices_of_a_ledger_and_its_audit_computes_them_again(tmp_path):
    path, time_ms = tmp_path / "ledger.sqlite", NOW_MS
    with Ledger.create(path, POOL, NOW_MS) as ledger:
        for epoch, gone in enumerate(((), (PERP,), (PERP, CALL), ()), start=1):
            time_ms += HOUR_MS
            quoted = quotes.sign_all(
                POOL, POOL.parameters, ledger.reader.rates(), samples.ORACLE_SECRETS, without(*gone), time_ms, epoch
            )
            assert engine.publish(ledger, quoted, time_ms).publication.market.suspended == set(gone)
    assert audit.audit(path, samples.any_proof).publications == 4
