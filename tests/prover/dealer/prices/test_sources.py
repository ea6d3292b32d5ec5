"""Each asset has one source; what is too old, early, suspended or malformed has no price."""

from pathlib import Path

import pytest

from prover.dealer.prices import sources
from prover.dealer.prices.sources import Reading
from prover.dealer.strategies.view import SCALE
from prover.operator import defaults, oracles
from settlement.ledger import Ledger
from settlement.risk.market import Observation
from tests.prover import pools
from tests.prover.dealer.views import BTC, ETH, PERP, USDC
from tests.settlement.bundles import samples
from zk.errors import FormatError

NOW_MS = samples.NOW_MS
FILE = {"source": "file", "path": "p.csv", "max_age": "30s"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    with Ledger.create(tmp_path_factory.mktemp("prices") / "ledger.sqlite", pools.make(), NOW_MS) as made:
        pools.publish(made, NOW_MS)
        yield made


def read(ledger: Ledger, folder: Path, *tables: dict, after_ms: int = 0) -> Reading:
    made = sources.decode(list(tables), ledger.pool, folder, "prices")
    try:
        return made.read(ledger, NOW_MS + after_ms)
    finally:
        made.close()


def write(folder: Path, text: str) -> None:
    (folder / "p.csv").write_text(f"time_ms,asset,price,volatility\n{text}\n")


def test_the_oracles_price_everything_unless_told_otherwise(ledger, tmp_path):
    published = ledger.reader.grids(1)[0].publication
    found = read(ledger, tmp_path)
    assert found.problems == () and found.market.epoch == published.epoch
    assert [price or 0 for price in found.market.prices] == list(published.market.prices)
    assert [each or 0 for each in found.market.volatilities] == list(published.market.volatilities)


def test_oracles_are_believed_for_as_long_as_the_settings_or_the_pool_say(ledger, tmp_path):
    most = ledger.parameters(NOW_MS).limits.grid_age_ms
    time_ms = ledger.reader.grids(1)[0].publication.market.time_ms - NOW_MS
    assert read(ledger, tmp_path, after_ms=time_ms + most).market.prices[ETH]
    late = read(ledger, tmp_path, after_ms=time_ms + most + 1)
    assert not any(late.market.prices) and "older than" in late.problems[0]
    short = {"source": "oracles", "max_age": "10s"}
    assert read(ledger, tmp_path, short, after_ms=time_ms + 10_000).market.prices[ETH]
    assert not read(ledger, tmp_path, short, after_ms=time_ms + 10_001).market.prices[ETH]


def test_nothing_published_is_no_price(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", pools.make(), NOW_MS) as empty:
        assert read(empty, tmp_path).problems == ("the oracles: nothing was published yet",)


def test_a_suspended_claim_has_no_price(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", pools.make(), NOW_MS) as made:
        pools.publish(made, NOW_MS)
        usual, later_ms = defaults.observation(made.pool), NOW_MS + 60_000
        silent = tuple(0 if slot == PERP else price for slot, price in enumerate(usual.prices))
        oracles.publish(made, pools.ORACLE_SECRETS, Observation(silent, usual.volatilities), later_ms)
        market = read(made, tmp_path, after_ms=60_000).market
        assert market.prices[PERP] is None and market.prices[ETH]
        assert made.reader.grids(1)[0].publication.market.prices[PERP]  # carried over from before


def test_a_file_prices_what_it_is_named_for_and_the_numeraire_at_par(ledger, tmp_path):
    write(tmp_path, f"{NOW_MS},ETH,3000,\n{NOW_MS},BTC,60000,")
    found = read(ledger, tmp_path, FILE).market.prices
    assert found[USDC] == SCALE and found[ETH] and found[BTC] and found[PERP] is None
    mixed = read(ledger, tmp_path, {**FILE, "assets": ["ETH"]}, {"source": "oracles"}).market.prices
    published = ledger.reader.grids(1)[0].publication.market.prices
    assert mixed[ETH] == found[ETH] and mixed[BTC] == published[BTC] != found[BTC]
    assert mixed[USDC] == published[USDC]


def test_prices_of_a_file_grow_old_one_by_one_and_cannot_be_of_the_future(ledger, tmp_path):
    write(tmp_path, f"{NOW_MS},ETH,3000,\n{NOW_MS - 1},BTC,60000,")
    found = read(ledger, tmp_path, FILE, after_ms=30_000)
    assert found.market.prices[ETH] and found.market.prices[BTC] is None
    assert found.problems == ("the file p.csv: the price of BTC is older than 30 seconds",)
    write(tmp_path, f"{NOW_MS + sources.AHEAD_MS},ETH,3000,\n{NOW_MS + sources.AHEAD_MS + 1},BTC,60000,")
    found = read(ledger, tmp_path, FILE)
    assert found.market.prices[ETH] and found.market.prices[BTC] is None
    assert found.problems == ("the file p.csv: the price of BTC is of the future: compare the clocks",)


@pytest.mark.parametrize("text", [None, "5,DOGE,1,"])
def test_a_file_that_is_missing_or_malformed_prices_nothing_and_says_so(ledger, tmp_path, text):
    if text:
        write(tmp_path, text)
    found = read(ledger, tmp_path, FILE)
    assert not any(found.market.prices) and found.problems[0].startswith("the file p.csv: ")


@pytest.mark.parametrize("tables, why", [
    ({}, "is not an array of tables"),
    ([{"source": "rumours"}], "must be one of oracles, file, command"),
    ([{"source": "file"}], "path is missing"),
    ([{"source": "file", "paht": "x"}], "unknown key 'paht'"),
    ([{"source": "command", "command": []}], "names no program"),
    ([{"source": "command", "command": "feed.py"}], "is not an array of texts"),
    ([{"source": "oracles", "path": "x"}], "unknown key"),
    ([{"source": "oracles"}, FILE], "only one source"),
    ([{**FILE, "assets": ["ETH"]}, {"source": "oracles", "assets": ["BTC", "ETH"]}], "names ETH, which another"),
    ([{"source": "oracles", "assets": ["ETH", "BTC"]}, {**FILE, "assets": ["ETH", "BTC"]}], "names BTC, which another"),
    ([{**FILE, "assets": ["DOGE"]}], "DOGE"),
])  # fmt: skip
def test_sources_that_make_no_sense_are_refused(ledger, tmp_path, tables, why):
    with pytest.raises(FormatError, match=why):
        sources.decode(tables, ledger.pool, tmp_path, "prices")
