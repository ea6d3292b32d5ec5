"""Owing on the command line: borrow, look at the health, refresh and keep an order, cure a breach."""


import pytest

from prover.cli.trader import refresh_run
from prover.trader import keepfresh
from tests.prover.cli.run import as_json, refused, zksettle


@pytest.fixture(scope="module")
def maker(home):
    """The position of a margined account with 2 ETH and 500 USDC that owes 4,000 dUSDC; its taker's address."""
    assert zksettle(home, "pool", "new", "--insecure-dev", "--set", "grace_epochs=100").code == 0
    assert zksettle(home, "oracle", "publish").code == 0
    taker = as_json(home, "wallet", "new", "taker")["address"]
    assert zksettle(home, "wallet", "new", "maker").code == 0
    assert zksettle(home, "deposit", "2 ETH", "--wallet", "maker").code == 0
    assert zksettle(home, "deposit", "10,000 USDC", "--wallet", "taker").code == 0
    terms = ("--sell", "4000 dUSDC", "--buy", "4000 USDC", "--to", taker)
    refused(zksettle(home, "order", "place", "--wallet", "maker", *terms), 2, "would owe 4,000 dUSDC", "guardians")
    placed = zksettle(home, "order", "place", "--wallet", "maker", *terms, "--yes")
    assert "Any 2 of the pool's 3 guardians together can see this account" in placed.out
    order = as_json(home, "order", "list")["orders"][0]["order"]
    assert zksettle(home, "order", "take", order, "--wallet", "taker", "--yes").code == 0
    assert zksettle(home, "withdraw", "3500 USDC", "--wallet", "maker").code == 0
    (account,) = as_json(home, "wallet", "sync", "maker")["accounts"]
    return account["position"], taker


def test_health_says_what_an_account_is_worth_in_the_worst_scenario_and_after_a_shock(home, maker):
    position, _ = maker
    shown = zksettle(home, "wallet", "health", "maker", "--shock", "ETH=-30%")
    assert shown.code == 0 and f"Account {position}: 500 USDC, 2 ETH, −4,000 dUSDC" in shown.out
    assert "worth at epoch 1" in shown.out and "2,500.00 USDC" in shown.out and "700.00 USDC" in shown.out
    assert "survives every scenario" not in shown.out and "Then it can trade nothing" in shown.out
    document = as_json(home, "wallet", "health", "maker", "--shock", "ETH=-30%", "--position", str(position))
    (account,) = document["accounts"]
    assert account["worth"] == str(2_500 * 10**15) and len(account["maintenance"]) == 32 and account["can_trade"]
    assert account["shocked"]["worth"] == str(700 * 10**15) and not account["shocked"]["can_trade"]
    assert int(account["shocked"]["top_up_to_trade"]) > 0 and not account["shocked"]["breached"]


@pytest.mark.parametrize("shock, code, words", [
    ("ETH", 3, "is not a shock: write an asset and a percentage"),
    ("ETH=-101%", 3, "falls by 100% and rises by 10000% at most"),
    ("DOGE=1%", 3, "no asset DOGE"),
    ("ETH-CALL=5%", 3, "the price of ETH-CALL follows from its underlying's"),
])  # fmt: skip
def test_a_shock_that_makes_no_sense_is_refused(home, maker, shock, code, words):
    refused(zksettle(home, "wallet", "health", "maker", "--shock", shock), code, words)


def test_a_wallet_that_owes_nothing_has_nothing_at_risk(home, maker):
    assert "no margined account, so no price can put it at risk" in zksettle(home, "wallet", "health", "taker").out
    refused(zksettle(home, "top-up", "5 USDC", "--wallet", "taker"), 1, "no margined account")


def test_an_order_is_refreshed_when_its_margin_is_stale_and_kept_until_interrupted(home, maker, monkeypatch):
    _, taker = maker
    placed = as_json(home, "order", "place", "--wallet", "maker", "--sell", "100 dUSDC", "--buy", "100 USDC",
                     "--to", taker, "--yes")  # fmt: skip
    fresh = zksettle(home, "order", "refresh", placed["order"][:8], "--wallet", "maker")
    assert fresh.code == 0 and "has margin for the newest epoch, 1, already" in fresh.out
    assert zksettle(home, "oracle", "publish", "--price", "ETH=2990").code == 0
    refreshed = as_json(home, "order", "refresh", placed["order"][:8], "--wallet", "maker")
    assert refreshed == {"order": placed["order"], "epoch": 2, "why_not": None}
    refused(zksettle(home, "order", "refresh", placed["order"], "--wallet", "taker"), 1, "only the wallet that placed")

    def interrupted(_):
        raise KeyboardInterrupt

    assert zksettle(home, "oracle", "publish", "--price", "ETH=2980").code == 0
    monkeypatch.setattr(keepfresh.time, "sleep", interrupted)
    monkeypatch.setattr(refresh_run.keepfresh.run, "__kwdefaults__", {"num_rounds": None, "sleep": interrupted})
    kept = zksettle(home, "order", "keep", "--wallet", "maker")
    assert kept.code == 0 and f"Order {placed['order'][:16]} has margin for epoch 3 now." in kept.out
    assert "It refreshed 1 margin." in kept.out
    assert as_json(home, "order", "keep", "--wallet", "maker") == {"wallet": "maker", "refreshed": [], "renewed": []}
    assert zksettle(home, "order", "cancel", placed["order"], "--wallet", "maker").code == 0


def test_an_order_with_stale_margin_is_listed_and_shown_as_such(home, maker):
    terms = ("--sell", "100 dUSDC", "--buy", "100 USDC", "--to", maker[1], "--yes")
    order = as_json(home, "order", "place", "--wallet", "maker", *terms)["order"]
    assert "stale" not in zksettle(home, "order", "list").out
    assert zksettle(home, "oracle", "publish", "--price", "ETH=2500").code == 0
    for shown in (zksettle(home, "order", "list").out, zksettle(home, "order", "show", order[:8]).out):
        assert order in shown and "`zksettle order refresh`" in " ".join(shown.split())
    (listed,) = as_json(home, "order", "list")["orders"]
    assert listed["order"] == order and not listed["takable"]
    assert not as_json(home, "order", "show", order)["takable"]
    refused(zksettle(home, "order", "take", order, "--wallet", "taker", "--yes"), 1, "STALE_GRID", "order refresh")
    assert zksettle(home, "oracle", "publish", "--price", "ETH=3000").code == 0
    assert zksettle(home, "order", "refresh", order, "--wallet", "maker").code == 0
    assert "stale" not in zksettle(home, "order", "list").out
    assert as_json(home, "order", "show", order)["takable"]
    assert zksettle(home, "order", "cancel", order, "--wallet", "maker").code == 0


def test_a_breach_is_warned_of_and_cured(home, maker):
    assert zksettle(home, "oracle", "publish", "--price", "ETH=1800").code == 0
    warned = zksettle(home, "wallet", "sync", "maker")
    assert "is below its maintenance margin: the guardians may seize it at any moment." in warned.out
    assert "`zksettle deposit --top-up" in warned.out
    assert "below its maintenance margin" in zksettle(home, "wallet", "show", "maker").out
    (risk,) = as_json(home, "wallet", "sync", "maker")["at_risk"]
    assert risk["breached"]
    refused(zksettle(home, "deposit", "1,000 USDC", "--wallet", "maker", "--position", str(risk["position"])), 1,
            "only cash and top-ups")  # fmt: skip
    topped = zksettle(home, "deposit", "1,000 USDC", "--top-up", "--wallet", "maker")
    assert topped.code == 0 and "1,000 USDC came into the margined account of wallet maker" in topped.out
    assert zksettle(home, "deposit", "300 USDC", "--wallet", "maker").code == 0
    cured = zksettle(home, "top-up", "300 USDC", "--wallet", "maker")
    assert cured.code == 0 and "The margined account of wallet maker has 300 USDC more." in cured.out
    synced = as_json(home, "wallet", "sync", "maker")
    assert synced["balances"]["USDC"] == str(1_800_000_000) and not any(one["breached"] for one in synced["at_risk"])
    shown = zksettle(home, "wallet", "health", "maker")
    assert "interest paid on dUSDC" in shown.out
