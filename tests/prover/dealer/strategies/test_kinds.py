"""Strategies by name: those that come with the program, and a class of the user's own, which may fail."""

import pytest

from prover.dealer.strategies import kinds
from prover.dealer.strategies.twosided import TwoSided
from tests.settlement.risk import markets
from zk.errors import FormatError

POOL = markets.pool()
MARKET = {"ETH": {"size": "1 ETH", "spread": "1%", "most": "5 ETH"}}
OWN = """
class Mine:
    def __init__(self, settings, pool):
        self.settings, self.pool = settings, pool
        assert "fails" not in settings

    def price(self, market, inventory, enquiry): ...
    def standing(self, market, inventory): ...
    def wishes(self, market, inventory): ...

class Half:
    def __init__(self, settings, pool): ...
    def price(self, market, inventory, enquiry): ...
    def standing(self, market, inventory): ...
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "my_strategies.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)


def decode(**table):
    return kinds.decode({"name": "spot", **table}, POOL, "strategy[0]")


def test_a_strategy_that_comes_with_the_program_is_made_of_its_table():
    made = decode(kind="two-sided", market=MARKET)
    assert made.name == "spot" and isinstance(made.strategy, TwoSided)


def test_a_class_of_the_users_own_is_given_its_settings_and_the_pool(own):
    made = decode(kind="my_strategies:Mine", anything=[1, 2], deep={"er": 1}).strategy
    assert made.settings == {"anything": [1, 2], "deep": {"er": 1}} and made.pool is POOL


@pytest.mark.parametrize("table, why", [
    ({"kind": "two-sided", "market": MARKET, "size": "1 ETH"}, "unknown key 'size'"),
    ({"kind": "threesided"}, "kind must be one of two-sided"),
    ({"kind": "two-sided", "name": "a/b"}, "name must be 1 to 32"),
    ({}, "kind is missing"),
    ({"kind": "no_such_module:Mine"}, "cannot be had: No module"),
    ({"kind": "my_strategies:Other"}, "cannot be had: .*Other"),
    ({"kind": "my_strategies:Mine", "fails": 1}, "failed: AssertionError"),
    ({"kind": "my_strategies:Half"}, "is no strategy: it has no method wishes"),
])  # fmt: skip
def test_a_table_that_makes_no_strategy_is_refused(own, table, why):
    with pytest.raises(FormatError, match=why):
        decode(**table)
