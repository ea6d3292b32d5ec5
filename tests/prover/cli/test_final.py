"""Commands tell what is settled from what is final, and say nothing of it in a pool without validators."""

import json
from types import SimpleNamespace

import pytest

from prover.cli.trader import final
from prover.machine.home import Home
from settlement.following import finality
from settlement.ledger import Ledger
from tests.prover.cli.run import zksettle
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS
from tests.settlement.following.test_finality import VALIDATORS, cosigned, deposit, take


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def ledger(home):
    home.pool.path.mkdir(parents=True)
    with Ledger.create(home.ledger, samples.pool(validators=VALIDATORS), NOW_MS) as made:
        deposit(made, 5)
        deposit(made, 6)
        yield made


def wallet(*holdings):
    """A wallet with accounts of so much USDC at these positions."""
    accounts = [SimpleNamespace(balances=(held, *[0] * 15)) for _, held in holdings]
    live = [SimpleNamespace(position=place, account=each) for (place, _), each in zip(holdings, accounts, strict=True)]
    balances = (sum(held for _, held in holdings), *[0] * 15)
    return SimpleNamespace(live=live, balances=balances, dust=SimpleNamespace(count=0), scanned=2)


def test_of_a_wallet_what_a_quorum_has_cosigned_is_final_and_the_rest_settled(ledger):
    holder = wallet((0, 5), (1, 6))
    assert final.balances(ledger, holder) == (0,) * 16
    take(ledger, cosigned(ledger, 2, "ab"))
    assert finality.leaves(ledger) == 1
    assert final.balances(ledger, holder)[0] == 5
    assert "the rest is settled" in final.wallet_fields(ledger, holder)[0][1]
    assert [final.state(ledger, height) for height in (1, 2)] == ["final", "settled"]
    assert final.receipt_fields(ledger, 2) == [("state", "settled; final when 2 of 3 validators have cosigned it")]
    assert final.receipt_json(ledger, 1) == {"state": "final"}
    take(ledger, cosigned(ledger, 3, "bc"))
    assert final.wallet_fields(ledger, holder) == [("final", "all of it")]


def test_the_pool_shows_how_much_of_its_ledger_is_final(ledger, home):
    take(ledger, cosigned(ledger, 2, "ab"))
    shown = json.loads(zksettle(home.path, "--json", "pool", "show").out)
    assert (shown["settled_events"], shown["final_events"]) == (3, 2)
    assert "2 of 3 events" in zksettle(home.path, "pool", "show").out


def test_a_pool_without_validators_shows_nothing_new(home):
    home.pool.path.mkdir(parents=True)
    with Ledger.create(home.ledger, samples.pool(), NOW_MS) as ledger:
        deposit(ledger, 5)
        assert final.sizes(ledger) == final.receipt_json(ledger, 1) == final.wallet_json(ledger, wallet()) == {}
        assert final.pool_fields(ledger) == final.wallet_fields(ledger, wallet()) == []
        assert final.receipt_fields(ledger, 1) == []
    assert "final_events" not in json.loads(zksettle(home.path, "--json", "pool", "show").out)
