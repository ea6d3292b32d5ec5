"""Amounts are read exactly or not at all, and shown as they are."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.operator import defaults
from settlement import amounts
from settlement.risk import market
from settlement.risk.market import Observation
from tests.settlement.bundles import samples
from zk.errors import FormatError

ASSETS = defaults.assets(dict.fromkeys(defaults.SYMBOLS, samples.CUSTODIAN), samples.NOW_MS)
POOL = SimpleNamespace(assets=ASSETS)
USDC, BTC, ETH = ASSETS[:3]


@pytest.mark.parametrize("text, expected", [
    ("1500.25 USDC", (0, 1_500_250_000)),
    ("1,500.25 usdc", (0, 1_500_250_000)),
    ("  0.000001   USDC ", (0, 1)),
    ("1.50000000000 USDC", (0, 1_500_000)),
    ("0.00000001 BTC", (1, 1)),
    ("9223372036.854775807 ETH", (2, 2**63 - 1)),
    ("1 ETH-PERP", (9, 10**4)),
    ("1 dusdc", (8, 10**6)),
])  # fmt: skip
def test_an_amount_is_read_in_smallest_units(text, expected):
    assert amounts.parse(text, POOL) == expected


@pytest.mark.parametrize("text, words", [
    ("", "not an amount"),
    ("USDC", "not an amount"),
    ("1 2 USDC", "not an amount"),
    ("1 USDC" + " " * 80, "not an amount"),
    ("1 DOGE", "no asset DOGE"),
    ("-1 USDC", "not a number"),
    ("+1 USDC", "not a number"),
    ("1e3 USDC", "not a number"),
    (".5 USDC", "not a number"),
    ("5. USDC", "not a number"),
    ("1,50 USDC", "not a number"),
    ("1_000 USDC", "not a number"),
    ("١ USDC", "not a number"),
    ("NaN USDC", "not a number"),
    ("0x10 USDC", "not a number"),
    ("0.0000001 USDC", "USDC has 6 decimals"),
    ("0 USDC", "out of range"),
    ("0.000 USDC", "out of range"),
    ("9223372036.854775808 ETH", "out of range"),
    ("9" * 70 + " ETH", "out of range"),
])  # fmt: skip
def test_anything_else_is_refused_by_name(text, words):
    with pytest.raises(FormatError, match=words):
        amounts.parse(text, POOL)


@given(st.integers(1, 2**63 - 1), st.sampled_from([asset for asset in ASSETS if not asset.is_unused]))
def test_what_is_shown_is_read_back(amount, asset):
    assert amounts.parse(amounts.show(amount, asset), POOL) == (ASSETS.index(asset), amount)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 18))
def test_a_number_is_shown_exactly(amount, decimals):
    shown = amounts.number(amount, decimals).replace(",", "").replace("−", "-")
    assert Fraction(shown) == Fraction(amount, 10**decimals)


def test_several_amounts_are_read_together_but_no_asset_twice():
    assert amounts.parse_all(["1 ETH", "2", "USDC"], POOL) == {2: 10**9, 0: 2 * 10**6}
    assert amounts.parse_all([], POOL) == {}
    with pytest.raises(FormatError, match="ETH is named twice"):
        amounts.parse_all(["1 ETH", "2 ETH"], POOL)


@pytest.mark.parametrize("text, asset, expected", [
    ("1", USDC, 10**9), ("95000", BTC, 95 * 10**10), ("3,050.25", ETH, 3_050_250_000), ("0.000001", ETH, 1),
])  # fmt: skip
def test_a_price_counts_billionths_of_the_numeraire_per_smallest_unit(text, asset, expected):
    assert amounts.parse_price(text, asset, USDC) == expected
    assert amounts.show_price(expected, asset, USDC) == amounts.number(expected * 10**asset.decimals, 15)


@pytest.mark.parametrize(
    "text, words",
    [("0", "out of range"), ("0.0000001", "at most 6 decimals"), ("-1", "not a number"), ("9" * 5000, "not a number")],
)
def test_a_price_that_is_not_exact_or_not_positive_is_refused(text, words):
    with pytest.raises(FormatError, match=words):
        amounts.parse_price(text, ETH, USDC)


def test_a_value_is_shown_in_cents_rounded_down():
    assert amounts.show_value(7_021_609_999_999_999_999, USDC) == "7,021.60"
    assert amounts.show_value(-1, USDC) == "−0.01"
    assert amounts.show_value(0, USDC) == "0.00"


def test_every_example_asset_has_an_example_price():
    observed = defaults.observation(POOL)
    for slot in market.quoted(POOL, {}):
        assert observed.volatilities[slot] if POOL.assets[slot].kind == "option" else observed.prices[slot]
    other = SimpleNamespace(assets=(USDC, replace(BTC, symbol="DOGE")))
    assert defaults.observation(other) == Observation((10**9, 0), (0, 0))


@pytest.mark.parametrize("text, bps", [("3.5%", 350), ("60", 6_000), ("0.01%", 1), ("1,000 %", None), ("0%", None)])
def test_a_percentage_has_at_most_two_decimals(text, bps):
    if bps is None:
        with pytest.raises(FormatError):
            amounts.parse_percent(text, "the volatility of ETH")
    else:
        assert amounts.parse_percent(text, "the volatility of ETH") == bps
    with pytest.raises(FormatError, match="the volatility of ETH has at most two decimals of a percent"):
        amounts.parse_percent("3.501%", "the volatility of ETH")


def test_balances_and_trades_are_shown_by_asset_without_the_zeros():
    balances = (1_500_000, 0, -(10**9), 0, 0, 1, *[0] * 10)
    assert amounts.show_all(balances, POOL) == ["1.5 USDC", "−1 ETH", "0.000001 XAU"]
    assert amounts.show_trade(balances, POOL) == ("1 ETH", "1.5 USDC, 0.000001 XAU")
    assert amounts.show_trade((0,) * 16, POOL) == ("nothing", "nothing")
    assert amounts.show_trade((1,) + (0,) * 15, POOL) == ("nothing", "0.000001 USDC")
    assert amounts.number(0, 6) == "0"


def test_a_price_has_64_bits_and_may_be_in_whole_units_only():
    fine = SimpleNamespace(symbol="FINE", decimals=18)  # three decimals more than a price of it in USDC can have
    assert amounts.parse_price("5000", fine, USDC) == 5
    with pytest.raises(FormatError, match="the price of FINE has at most 0 decimals"):
        amounts.parse_price("5500", fine, USDC)
    assert amounts.parse_price(str((2**64 - 1) * 1000), fine, USDC) == 2**64 - 1
    with pytest.raises(FormatError, match="the price of FINE is out of range"):
        amounts.parse_price(str(2**64 * 1000), fine, USDC)


def test_a_text_of_more_than_80_characters_is_no_amount():
    assert amounts.parse("1" + " " * 75 + "USDC", POOL) == (0, 10**6)
    with pytest.raises(FormatError, match="is not an amount"):
        amounts.parse("1" + " " * 76 + "USDC", POOL)
