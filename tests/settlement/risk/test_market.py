"""Markets: interest and funding are in prices, an expired claim has one constant rate, what is unused is nothing."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.bundles import conversion
from settlement.risk import black76, market
from settlement.risk.market import MAX_INDEX, ONE
from tests.settlement.bundles import samples
from tests.settlement.risk import markets
from tests.settlement.risk.markets import CALL, DAY_MS, DUSDC, ETH, HOUR_MS, NOW_MS, PERP, PUT, USDC

POOL = markets.pool()
FIRST = markets.first(POOL)
YEAR_MS = 365 * DAY_MS
RATE = Fraction(POOL.parameters.loan_rate_bps, 10**4)


def test_all_but_loans_and_unused_slots_are_quoted_until_they_are_settled():
    assert market.quoted(POOL, {}) == (0, 1, 2, 3, 4, 5, 9, 10, 11)
    assert market.quoted(POOL, {CALL: 0, PERP: 5}) == (0, 1, 2, 3, 4, 5, 11)


def test_the_first_epoch_has_the_quoted_prices_and_indices_of_one():
    assert FIRST.prices[:6] == samples.OBSERVED.prices[:6] and FIRST.prices[PERP] == samples.OBSERVED.prices[PERP]
    assert FIRST.prices[DUSDC] == FIRST.prices[USDC] and FIRST.prices[6:8] == (0, 0)
    assert set(FIRST.prices[12:]) == {FIRST.prices[USDC]}
    assert set(FIRST.indices) == {ONE} and set(FIRST.rates[:12]) == {None} and FIRST.time_ms == NOW_MS


def test_an_option_is_worth_blacks_value_of_its_underlying_strike_time_and_volatility():
    s = black76.deviation(6_000, 90 * DAY_MS)
    for slot in (CALL, PUT):
        terms = POOL.assets[slot].terms
        assert FIRST.prices[slot] == black76.price(terms.is_call, 3_000 * 10**11, terms.strike, s)
    assert FIRST.prices[CALL] == pytest.approx(187 * 10**11, rel=0.02)


@given(st.integers(1, 10 * YEAR_MS))
def test_a_loan_grows_by_its_rate_and_the_lender_gains_the_rounding(passed_ms):
    after = markets.after(POOL, FIRST, samples.OBSERVED, passed_ms)
    grown = 1 + RATE * Fraction(passed_ms, YEAR_MS)
    assert after.indices[DUSDC] == ceil(grown * ONE)
    assert after.prices[DUSDC] == ceil(Fraction(after.prices[USDC] * after.indices[DUSDC], ONE))


def test_publishing_often_adds_no_more_than_rounding_and_compounding():
    often = FIRST
    for _ in range(60):
        often = markets.after(POOL, often, samples.OBSERVED, HOUR_MS // 60)
    once = markets.after(POOL, FIRST, samples.OBSERVED, HOUR_MS)
    assert 0 <= often.indices[DUSDC] - once.indices[DUSDC] <= 61


@given(st.floats(0.98, 1.02), st.integers(1, 2 * DAY_MS))
def test_who_is_long_a_dear_perpetual_pays_and_who_is_long_a_cheap_one_is_paid(basis, passed_ms):
    observed = markets.moved(basis=basis)
    after = markets.after(POOL, FIRST, observed, passed_ms)
    spot = observed.prices[ETH] * 10**5
    premium = max(Fraction(-50, 10**4), min(Fraction(50, 10**4), Fraction(observed.prices[PERP], spot) - 1))
    exact = ONE - ONE * premium * min(passed_ms, DAY_MS) / (8 * HOUR_MS)
    assert after.indices[PERP] == floor(exact)
    assert after.prices[PERP] == observed.prices[PERP] * after.indices[PERP] // ONE


def test_an_index_stays_above_zero_and_within_64_bits():
    for start, basis in ((1, 1.02), (MAX_INDEX, 0.98)):
        before = replace(FIRST, indices=(*FIRST.indices[:PERP], start, *FIRST.indices[PERP + 1 :]))
        after = markets.after(POOL, before, markets.moved(basis=basis), DAY_MS)
        assert after.indices[PERP] == start
        assert (PERP in after.suspended) == (start == MAX_INDEX)


def expired(eth: float):
    pool = markets.pool(days=1)
    return pool, markets.after(pool, markets.first(pool), markets.moved(ETH=eth), DAY_MS)


def test_an_option_settles_at_the_first_prices_after_its_expiry_and_keeps_its_rate():
    pool, after = expired(1.25)  # ETH at 3,750: the call at 3,500 brings 250 USDC, the put nothing
    assert after.rates[CALL] == 250 * 10**15 // 10**4 // after.prices[DUSDC] and after.rates[PUT] == 0
    assert after.prices[CALL] == after.rates[CALL] * after.prices[DUSDC] and after.prices[PUT] == 0
    assert 250 * 10**11 - after.prices[DUSDC] < after.prices[CALL] <= 250 * 10**11  # the short gain less than a unit
    later = markets.after(pool, after, markets.moved(ETH=2), YEAR_MS)
    assert later.rates == after.rates
    assert later.prices[CALL] == after.rates[CALL] * later.prices[DUSDC] > after.prices[CALL]  # it grows as a loan does
    assert not later.volatilities[CALL]


def test_an_option_lives_to_its_last_millisecond():
    pool = markets.pool(days=1)
    almost = markets.after(pool, markets.first(pool), samples.OBSERVED, DAY_MS - 1)
    assert almost.rates[CALL] is None and almost.prices[PUT] == pytest.approx(500 * 10**11, rel=1e-6)
    assert markets.after(pool, almost, samples.OBSERVED, 1).rates[PUT] is not None


def test_the_rates_of_a_market_are_such_as_convert():
    _, after = expired(1.25)
    rates = {}
    for slot, rate in enumerate(after.rates):
        if rate is not None:
            conversion.check_rate(slot, rate, DUSDC, rates)
            rates[slot] = rate
    assert set(rates) == {CALL, PUT, 12, 13, 14, 15}


def test_a_claim_that_expired_early_has_its_rate_from_then_on():
    after = market.advance(POOL, POOL.parameters, samples.OBSERVED, {PERP: 300_000}, FIRST, NOW_MS + HOUR_MS)
    assert after.rates[PERP] == 300_000 and after.prices[PERP] == 300_000 * after.prices[DUSDC]
    assert after.indices[PERP] <= ONE


def test_claims_worth_more_than_the_limit_are_suspended_and_count_for_the_limit():
    found = markets.first(POOL, markets.moved(ETH=10**5))
    assert found.suspended == {PERP, CALL, PUT} and found.prices[PERP] == market.LIMIT
