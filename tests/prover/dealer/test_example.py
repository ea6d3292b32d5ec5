"""The DESK.toml to begin with is understood, also with every setting switched on, and lacks none that there is."""

import re
import tomllib
from pathlib import Path

import pytest

from prover.dealer import config, example
from prover.dealer.strategies.tables import Table
from tests.prover.dealer.views import BTC, NOW_MS
from tests.settlement.risk import markets
from zk.errors import FormatError

POOL = markets.pool()
PRICES = markets.first(POOL).prices
TEXT = example.text(POOL, PRICES, NOW_MS)
WHOLE = re.sub(r"^#(?=\S)", "", TEXT, flags=re.MULTILINE)


def read(text: str) -> config.Config:
    return config.decode(tomllib.loads(text), POOL, Path("DESK.toml"))


def test_it_is_understood_as_it_is():
    found = read(TEXT)
    assert [name for name, _ in found.strategies] == ["spot"] and found.reserve is None
    assert found.limits.assets[BTC].most == 10**7 and 'size = "0.01 BTC"' in TEXT  # at 60,000 a BTC


def test_every_setting_that_is_switched_on_is_understood_and_none_is_missing(monkeypatch):
    asked, take, maybe = set(), Table._take, Table.maybe

    def seen_take(table, key, *rest):
        asked.add((table.place, key))
        return take(table, key, *rest)

    def seen_maybe(table, key, *rest):
        asked.add((table.place, key))
        return maybe(table, key, *rest)

    monkeypatch.setattr(Table, "_take", seen_take)
    monkeypatch.setattr(Table, "maybe", seen_maybe)
    found = read(WHOLE)
    assert [name for name, _ in found.strategies] == ["spot", "options"] and found.reserve and found.makers.to
    written = {key for _, key in re.findall(r"^(#?)([a-z_]+) = ", TEXT, flags=re.MULTILINE)}
    tables = {word for name in re.findall(r"^#?\[+([^\]]+)\]", TEXT, flags=re.MULTILINE) for word in name.split(".")}
    assert {key for _, key in asked} <= written | tables


def test_without_prices_or_options_there_is_less_of_it():
    unpriced = example.text(POOL, None, NOW_MS)
    assert 'size = "0.001 BTC"' in unpriced and read(unpriced).limits.assets[BTC].most == 10**6
    expired = example.text(POOL, PRICES, 1 << 62)
    assert 'kind = "options"' not in expired and 'kind = "options"' in TEXT


def test_a_setting_that_is_misspelt_is_refused():
    with pytest.raises(FormatError, match="unknown key 'spraed'"):
        read(TEXT.replace("spread =", 'spraed = "1%"\nspread =', 1))
