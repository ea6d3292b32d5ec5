"""Oracles: medians of a quorum make prices, and every refusal has its number."""

from dataclasses import replace

import pytest

from settlement import engine
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.risk import coverage, grids, oracle, quotes, risk
from settlement.risk.grids import Coverage
from settlement.risk.market import Observation
from tests.settlement.bundles import samples
from tests.settlement.pool import pools
from tests.settlement.risk import markets
from tests.settlement.risk.markets import BTC, CALL, DUSDC, ETH, PERP, PUT, TBILL, USDC
from tests.settlement.risk.oracles import FIVE, LATER, NOW, POOL, check, refused, signed, spread
from zk.errors import FormatError


@pytest.fixture(scope="module")
def honest():
    return signed()


@pytest.fixture(scope="module")
def first(honest):
    return check(honest)


@pytest.fixture(scope="module")
def later():
    return signed(epoch=2, time_ms=LATER)


def test_prices_and_volatilities_are_the_medians_of_three(first):
    middle = spread(samples.OBSERVED, 1)
    assert oracle.observation(first) == middle
    assert first.prices[:6] == middle.prices[:6] and first.market.volatilities == middle.volatilities
    assert first.epoch == 1 and first.market.time_ms == NOW and first.coverage is Coverage.RANGE


def test_of_two_middle_prices_the_lower_counts():
    quoted = signed(secrets=(1, 2, 3, 4), parameters=FIVE)
    assert oracle.observation(check(quoted, parameters=FIVE)) == spread(samples.OBSERVED, 1)


def test_of_five_oracles_one_may_be_silent_and_not_two():
    for silent in range(5):
        quoted = [quote for quote in signed(secrets=range(1, 6), parameters=FIVE) if quote.oracle != silent]
        assert check(quoted, parameters=FIVE).epoch == 1
        assert refused([q for q in quoted if q.oracle != (silent + 1) % 5], parameters=FIVE) == Rejection.NO_QUORUM


def test_one_liar_among_three_moves_no_number_past_an_honest_one(honest):
    lies = [
        quotes.sign(POOL, POOL.parameters, pools.ORACLE_SECRETS[0], asset=BTC, price=10**6, volatility_bps=10**6,
                    time_ms=NOW, epoch=1)
    ]  # fmt: skip
    publication = check([*lies, *(quote for quote in honest if (quote.oracle, quote.asset) != (0, BTC))])
    assert publication.prices[BTC] == samples.OBSERVED.prices[BTC] + 1_000
    assert publication.market.volatilities[BTC] == samples.OBSERVED.volatilities[BTC] + 2


def test_the_same_evidence_makes_the_same_publication_again(first):
    assert check(quotes.decode(first.evidence)) == first
    assert grids.decode(grids.encode(first)) == first


def test_an_asset_without_a_quorum_stops_the_publication(honest):
    assert refused([quote for quote in honest if quote.asset != TBILL or quote.oracle == 2]) == Rejection.NO_QUORUM
    assert refused([quote for quote in honest if quote.oracle != 1]) == Rejection.NO_QUORUM
    assert refused([]) == Rejection.NO_QUORUM


def test_one_oracle_does_not_make_a_quorum_by_signing_twice(honest):
    second = quotes.sign(
        POOL, POOL.parameters, pools.ORACLE_SECRETS[0], asset=TBILL, price=10**9, volatility_bps=0, time_ms=NOW, epoch=1
    )
    assert refused([*honest, second]) == Rejection.NO_QUORUM
    alone = [quote for quote in honest if quote.asset != TBILL or quote.oracle == 0]
    assert refused([*alone, second]) == Rejection.NO_QUORUM


@pytest.mark.parametrize("slot", [DUSDC, 6, 12])
def test_what_has_no_price_of_its_own_is_not_quoted(honest, slot):
    more = quotes.sign(
        POOL, POOL.parameters, pools.ORACLE_SECRETS[0], asset=slot, price=10**9, volatility_bps=0, time_ms=NOW, epoch=1
    )
    assert refused([*honest, more]) == Rejection.NO_QUORUM


@pytest.mark.parametrize("slot", [USDC, BTC, PERP])
def test_a_price_of_too_few_digits_is_refused(slot):
    """M9: rounding a price of 3 to whole units moves it by a tenth, and whoever is short needs no margin."""
    prices = list(samples.OBSERVED.prices)
    for price, is_fine in ((oracle.LEAST_PRICE, True), (oracle.LEAST_PRICE - 1, False)):
        prices[slot] = price
        quoted = [
            quote
            for secret in pools.ORACLE_SECRETS
            for quote in quotes.sign_all(
                POOL, POOL.parameters, {}, [secret], replace(samples.OBSERVED, prices=tuple(prices)), NOW, 1
            )
        ]
        if is_fine:
            assert check(quoted).epoch == 1
        else:
            assert refused(quoted) == Rejection.PRICE_COARSE


def test_an_option_has_no_price_and_only_factors_and_options_have_volatilities():
    for slot, price, volatility, says in (
        (CALL, 10**9, 6_000, "a quote of ETH-CALL has a price"),
        (ETH, 10**9, 0, "a quote of ETH lacks a volatility"),
        (PERP, 10**14, 5, "a quote of ETH-PERP has a volatility"),
    ):
        prices, volatilities = map(list, (samples.OBSERVED.prices, samples.OBSERVED.volatilities))
        prices[slot], volatilities[slot] = price, volatility
        observed = Observation(tuple(prices), tuple(volatilities))
        quoted = quotes.sign_all(POOL, POOL.parameters, {}, pools.ORACLE_SECRETS, observed, NOW, 1)
        with pytest.raises(FormatError, match=says):
            check(quoted)


def test_a_held_asset_whose_scenarios_do_not_fit_in_64_bits_is_refused():
    """Ether has claims, so it rises in scenarios: by a fifth, and ten times that where its volatility is ten times."""
    dear = markets.moved(ETH=2_900_000_000, basis=1 / 2_900_000_000)
    assert refused(signed(dear)) == Rejection.PRICE_RANGE
    dear = markets.moved(ETH=2_000_000_000, basis=1 / 2_000_000_000)
    assert check(signed(dear)).market.suspended == {CALL, PUT}


def test_a_move_beyond_the_last_range_is_published_and_frozen_and_the_next_covered_epoch_is_not(first):
    """H2: refusing such prices would leave the old ones in force."""
    crash = markets.moved(BTC=0.75)
    second = check(signed(crash, epoch=2, time_ms=LATER), first, LATER)
    assert second.coverage is Coverage.FROZEN and second.prices[BTC] == crash.prices[BTC] + 1_000
    third = check(signed(crash, epoch=3, time_ms=LATER + 1), second, LATER + 1)
    assert third.coverage is Coverage.MIXTURE


def test_the_coverage_is_that_of_the_newest_maintenance_grid_in_the_last_initial_grid(first, later):
    second = check(later, first, LATER)
    assert second.coverage is coverage.find(first, second.prices, second.maintenance) is Coverage.MIXTURE
    assert (second.initial, second.maintenance) == risk.grids(POOL, POOL.parameters, second.market)


def test_a_settled_claim_is_quoted_no_more_and_keeps_its_rate(first):
    rates = {CALL: 123}
    quoted = signed(epoch=2, time_ms=LATER, rates=rates)
    second = check(quoted, first, LATER, rates=rates)
    assert second.rates == rates | dict.fromkeys(range(12, 16), 1) and second.prices[CALL] == 123 * second.prices[DUSDC]
    assert refused(signed(epoch=2, time_ms=LATER), first, LATER, rates=rates) == Rejection.NO_QUORUM


def test_a_ledger_accepts_epochs_in_order_and_stores_their_evidence(tmp_path, honest):
    with Ledger.create(tmp_path / "ledger.sqlite", POOL, NOW) as ledger:
        engine.publish(ledger, honest, NOW)
        with pytest.raises(Rejected) as caught:
            engine.publish(ledger, honest, NOW)
        assert caught.value.rejection == Rejection.PRICE_ORDER
        second = engine.publish(ledger, signed(epoch=2, time_ms=LATER), LATER)
        assert [grid.publication.epoch for grid in ledger.reader.grids(2)] == [2, 1]
        assert ledger.reader.grids(1)[0] == second and second.published_ms == LATER
