"""Prices in JSON and CSV: exact, of one document, and refused when anything about them is odd."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.dealer.prices import written
from prover.dealer.prices.written import Said
from settlement import amounts
from tests.prover.dealer.views import CALL, ETH, USDC
from tests.settlement.risk import markets
from zk.errors import FormatError

POOL = markets.pool()
NUMERAIRE = POOL.assets[USDC]
OPTION = POOL.assets[CALL].symbol


def document(**changes):
    value = {"format": "zksettle-prices", "version": 1, "time_ms": 5, "prices": {"ETH": "3000.5"}, **changes}
    return json.dumps(value).encode()


def csv(*rows: str, head: str = "time_ms,asset,price,volatility") -> bytes:
    return "\n".join([head, *rows]).encode()


ETH_PRICE = amounts.parse_price("3000.5", POOL.assets[ETH], NUMERAIRE)


def test_json_and_csv_say_the_same():
    said = {ETH: Said(5, ETH_PRICE, None), CALL: Said(5, None, 6_250)}
    assert written.decode(document(volatilities={OPTION: "62.5%"}), POOL, "it") == said
    assert written.decode(csv("5,ETH,3000.5,", f"5,{OPTION},,62.5%"), POOL, "it") == said


def test_the_prices_are_those_that_an_oracle_would_sign():
    assert ETH_PRICE * 10 ** POOL.assets[ETH].decimals == 3_000_500_000 * 10**9


@pytest.mark.parametrize("data, why", [
    (b"", "does not begin with a brace"),
    (b"\xff", "neither JSON nor CSV"),
    (document(time_ms="5"), "time_ms is not an integer"),
    (document(time_ms=-1), "is not a time"),
    (document(prices={"ETH": 3000.5}), "only integers are allowed"),
    (document(prices={"ETH": "3e3"}), "is not a number"),
    (document(prices={"ETH": "0"}), "out of range"),
    (document(prices={"DOGE": "1"}), "DOGE"),
    (document(prices={"ETH": "1", "eth": "2"}), "names ETH twice"),
    (document(version=2), "version"),
    (document(extra=1), "unknown field"),
    (document(prices={}, volatilities={OPTION: "high"}), "is not a number"),
    (csv("5,ETH,3000.5"), "line 2 has 3 fields"),
    (csv("5,ETH,1,", "6,ETH,2,"), "line 3 is about ETH again"),
    (csv("５,ETH,1,"), "is not a time"),
    (csv("5,ETH,1,", head="asset,price"), "does not begin with a brace"),
    (b"{" + b" " * written.MAX_BYTES, "is the limit"),
])  # fmt: skip
def test_what_is_odd_is_refused(data, why):
    with pytest.raises(FormatError, match=why):
        written.decode(data, POOL, "it")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | st.text(max_size=80).map(lambda t: csv(t)))
def test_nothing_makes_it_fail_otherwise(data):
    try:
        written.decode(data, POOL, "it")
    except FormatError as error:
        assert str(error).startswith("it")
