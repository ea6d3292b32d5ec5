"""What a move of prices would do: claims follow what they are on, and options are valued anew."""

from dataclasses import replace

import pytest

from prover.operator import defaults
from prover.trader import shocks
from settlement.risk import market as markets
from settlement.risk import optionrisk
from tests.prover import pools
from tests.prover.risks import BTC, DUSDC, ETH, PERP, USDC
from tests.settlement.bundles import samples
from zk.errors import FormatError

POOL = pools.make()
CALL, PUT = 10, 11
MARKET = markets.advance(POOL, POOL.parameters, defaults.observation(POOL), {}, None, samples.NOW_MS)


def test_a_claim_follows_what_it_is_on_and_nothing_else_moves():
    after = shocks.moved(POOL, MARKET, {ETH: -2_000}).prices
    for slot in (ETH, PERP):
        assert after[slot] == MARKET.prices[slot] * 8 // 10
    for slot in (USDC, BTC, DUSDC):
        assert after[slot] == MARKET.prices[slot]
    for slot in (CALL, PUT):
        subject = markets.option(POOL, POOL.assets[slot], after, MARKET.volatilities[slot], MARKET.time_ms)
        assert after[slot] == optionrisk.value(subject)
    assert after[CALL] < MARKET.prices[CALL] and after[PUT] > MARKET.prices[PUT]


def test_a_perpetual_may_move_alone_and_a_loan_moves_with_the_numeraire():
    alone = shocks.moved(POOL, MARKET, {PERP: 300}).prices
    assert alone[PERP] == MARKET.prices[PERP] * 103 // 100 and alone[ETH] == MARKET.prices[ETH]
    falling = shocks.moved(POOL, MARKET, {USDC: -100}).prices
    assert falling[DUSDC] == MARKET.prices[DUSDC] * 99 // 100 and falling[USDC] == MARKET.prices[USDC] * 99 // 100


def test_a_settled_option_is_worth_its_rate_of_the_loan_whatever_its_underlying_does():
    rates = tuple(7 if slot == CALL else None for slot in range(16))
    settled = replace(MARKET, rates=rates, prices=tuple(
        7 * MARKET.prices[DUSDC] if slot == CALL else price for slot, price in enumerate(MARKET.prices)
    ))  # fmt: skip
    after = shocks.moved(POOL, settled, {ETH: 5_000, USDC: -1_000}).prices
    assert after[CALL] == 7 * after[DUSDC] and after[DUSDC] == MARKET.prices[DUSDC] * 9 // 10


@pytest.mark.parametrize("texts, moves", [
    (["ETH=-20%"], {ETH: -2_000}), (["eth=+0.5%", "BTC=10.25%"], {ETH: 50, BTC: 1_025}),
    (["ETH-PERP=−3%"], {PERP: -300}), (["ETH=-100%"], {ETH: -10_000}), ([], {}),
])  # fmt: skip
def test_a_shock_is_an_asset_and_a_percentage(texts, moves):
    assert shocks.parse(texts, POOL) == moves


@pytest.mark.parametrize("texts, why", [
    (["ETH"], "is not a shock"), (["ETH=20"], "is not a shock"), (["ETH=1.234%"], "is not a shock"),
    (["ETH=--2%"], "is not a shock"), (["ETH=٣%"], "is not a shock"), (["=5%"], "is not a shock"),
    (["ETH=-100.01%"], "falls by 100%"), (["ETH=10000.01%"], "rises by 10000%"),
    (["ETH=1%", "eth=2%"], "ETH is shocked twice"), (["DOGE=1%"], "no asset DOGE"),
])  # fmt: skip
def test_anything_else_is_refused_in_a_sentence(texts, why):
    with pytest.raises(FormatError, match=why):
        shocks.parse(texts, POOL)


def test_an_option_does_not_move_by_itself():
    with pytest.raises(FormatError, match="the price of ETH-PUT follows from its underlying's: move that"):
        shocks.moved(POOL, MARKET, {PUT: 100})
