"""What the pool's oracles sign: numbers that are given, kept or moved along, and what the command shows of them."""

import pytest

from prover.cli.pool import oracle_run
from prover.operator import defaults, oracles
from settlement import engine
from settlement.ledger import Ledger
from settlement.risk import quotes
from settlement.risk.grids import Coverage
from tests.prover import pools
from tests.settlement.bundles.samples import NOW_MS
from tests.settlement.risk.markets import BTC, CALL, DUSDC, ETH, PERP, PUT
from zk.errors import FormatError


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", pools.make(), NOW_MS) as made:
        yield made


def publish(ledger, prices, volatilities=None, now_ms=None):
    """Publishes a minute after the newest event, or then."""
    now_ms = now_ms or ledger.reader.last_event().created_ms + 60_000
    found = oracles.parse_volatilities(volatilities or {}, ledger, now_ms)
    observed = oracles.observation(ledger, oracles.parse_prices(prices, ledger.pool), found)
    return oracles.publish(ledger, pools.ORACLE_SECRETS, observed, now_ms)


def test_what_is_not_named_stays_and_begins_with_the_examples(ledger):
    first = publish(ledger, {})
    assert oracles.observation(ledger, {}) == defaults.observation(ledger.pool)
    second = publish(ledger, {"btc": "94,000"}, {"ETH-CALL": "61.5%", "eth": "3"})
    assert second.prices[BTC] == 94_000 * 10**7 and second.prices[ETH] == first.prices[ETH]
    assert second.market.volatilities[CALL] == 6_150 and second.market.volatilities[PUT] == 6_000
    assert second.market.volatilities[ETH] == 300


def test_a_perpetual_moves_with_its_underlying_unless_it_is_named(ledger):
    publish(ledger, {})
    second = publish(ledger, {"ETH": "3300"})
    assert oracles.observation(ledger, {}).prices[PERP] == 3_304_95 * 10**9 and second.prices[ETH] == 33 * 10**8
    publish(ledger, {"ETH": "3000", "ETH-PERP": "3000"})
    assert oracles.observation(ledger, {}).prices[PERP] == 3_000 * 10**11


def test_quotes_are_newer_than_those_of_an_oracle_whose_clock_is_ahead(ledger):
    ahead = quotes.sign_all(
        ledger.pool, ledger.pool.parameters, {}, pools.ORACLE_SECRETS, defaults.observation(ledger.pool),
        NOW_MS + 20_000, 1,
    )  # fmt: skip
    engine.publish(ledger, ahead, NOW_MS)
    assert publish(ledger, {}, now_ms=NOW_MS + 1_000).market.time_ms == NOW_MS + 20_001


@pytest.mark.parametrize("prices, volatilities, says", [
    ({"ETH-CALL": "3"}, {}, "ETH-CALL has no price of its own, it follows from its underlying's"),
    ({"dUSDC": "1"}, {}, "dUSDC has no price of its own: it grows"),
    ({"DOGE": "1"}, {}, "the pool has no asset DOGE"),
    ({"ETH": "1", "eth": "2"}, {}, "the price of ETH is given twice"),
    ({}, {"ETH": "3%", "eth": "4%"}, "the volatility of ETH is given twice"),
    ({}, {"ETH-PERP": "3%"}, "ETH-PERP has no volatility"),
    ({}, {"TBILL": "3%"}, "TBILL has no volatility"),
    ({}, {"ETH": "0.001%"}, "at most two decimals"),
])  # fmt: skip
def test_what_oracles_do_not_quote_is_refused_by_name(ledger, prices, volatilities, says):
    with pytest.raises(FormatError, match=says):
        publish(ledger, prices, volatilities)
    assert not ledger.reader.grids(1)


def test_the_command_shows_coverage_indices_and_what_has_expired(ledger):
    publish(ledger, {})
    second = publish(ledger, {"ETH": "3010"}, now_ms=NOW_MS + 3_600_000)
    shown = oracle_run.sentences(ledger.pool, second)
    assert "stay good" in shown[0] and shown[1].startswith("Interest index of dUSDC: 1.000005")
    assert shown[2].startswith("Funding index of ETH-PERP: 0.9998")
    expiry_ms = ledger.pool.assets[CALL].terms.expiry_ms
    third = publish(ledger, {"ETH": "3600"}, now_ms=expiry_ms)
    shown = oracle_run.sentences(ledger.pool, third)
    assert third.coverage is not Coverage.MIXTURE and len(shown) == 5
    assert "ETH-CALL has expired: one of it converts into 98.78 dUSDC from now on." in shown  # 100 USDC, with interest
    assert "ETH-PUT has expired: one of it converts into 0 dUSDC from now on." in shown


def test_a_frozen_publication_says_so_first(ledger):
    publish(ledger, {})
    frozen = publish(ledger, {"BTC": "70000"})
    assert oracle_run.sentences(ledger.pool, frozen)[0].startswith("FROZEN: a price left the range")
    assert oracle_run.document(ledger.pool, frozen)["coverage"] == "frozen"


def test_the_table_has_every_asset_and_the_document_every_number(ledger):
    publication = publish(ledger, {})
    rows = oracle_run.price_rows(ledger.pool, publication)
    assert [row[0] for row in rows] == [asset.symbol for asset in ledger.pool.assets if not asset.is_unused]
    assert ("BTC", "95,000", "2.5 %", "81,557.5", "81,557.5", "87,875", "87,875") in rows
    assert all(len(cell.partition(".")[2]) <= 6 for row in rows for cell in row[1:2] + row[3:])
    document = oracle_run.document(ledger.pool, publication)
    assert document["volatilities_bps"]["ETH-CALL"] == 6_000 and document["indices"] == {
        "dUSDC": "1000000000000", "ETH-PERP": "1000000000000",
    }  # fmt: skip
    assert document["prices"]["dUSDC"] == str(publication.prices[DUSDC]) and document["rates"] == {}
    assert document["grids"]["initial"]["values"] == [list(map(str, row)) for row in publication.initial.values]
