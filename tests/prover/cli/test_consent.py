"""A person at a terminal sees the trade, is asked, and decides."""

import io
import json

import pytest

from prover import desk
from prover.cli.frame import passphrase
from tests.prover.cli.run import zksettle


class Terminal(io.StringIO):
    """A terminal at which somebody has typed an answer."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def traders(home):
    """The addresses of a maker with 4,000 USDC and a taker with 3 ETH."""
    desk.create_pool(home, insecure_dev=True)
    desk.publish_prices(home)
    secret = "correct horse battery staple"
    with desk.create(home, "maker", secret) as maker, desk.create(home, "taker", secret) as taker:
        maker.deposit("4,000 USDC")
        taker.deposit("3 ETH")
        return {"maker": maker.address, "taker": taker.address}


def typed(monkeypatch, answer: str, home, *arguments):
    monkeypatch.setattr("sys.stdin", Terminal(answer + "\n"))
    return zksettle(home, *arguments)


def placed(home, traders, *more: str) -> str:
    terms = ("--sell", "30 USDC", "--buy", "0.01 ETH", "--to", traders["taker"])
    return json.loads(zksettle(home, "order", "place", "--wallet", "maker", *terms, *more, "--json").out)["order"]


def test_whoever_says_no_has_placed_nothing(home, traders, monkeypatch):
    terms = ("--wallet", "maker", "--sell", "4000 USDC", "--sell", "2000 dUSDC", "--buy", "2 ETH", "--to", "everybody")
    ran = typed(monkeypatch, "n", home, "order", "place", *terms)
    assert ran.code == 1 and "nothing was done, because you did not agree" in ran.err
    assert "Everybody who looks at the board can read" in ran.out and "would owe 2,000 dUSDC" in ran.out
    assert "Any 2 of the pool's 3 guardians together can see this account" in ran.out
    assert "Place the order? [y/N]" in ran.err
    assert json.loads(zksettle(home, "order", "list", "--json").out) == {"orders": []}
    ran = typed(monkeypatch, "", home, "order", "place", *terms)
    assert ran.code == 1 and json.loads(zksettle(home, "order", "list", "--json").out) == {"orders": []}


def test_whoever_says_yes_has_placed_the_order(home, traders, monkeypatch):
    ran = typed(monkeypatch, "y", home, "order", "place", "--wallet", "maker", "--sell", "1 USDC", "--to", "everybody")
    assert ran.code == 0 and "everybody can read them" in ran.out
    (listed,) = json.loads(zksettle(home, "order", "list", "--json").out)["orders"]
    assert listed["everybody"] is True
    assert zksettle(home, "order", "cancel", listed["order"], "--wallet", "maker").code == 0


def test_a_taker_sees_both_sides_and_the_account_before_it_decides(home, traders, monkeypatch):
    order_id = placed(home, traders)
    ran = typed(monkeypatch, "n", home, "order", "take", order_id, "--wallet", "taker")
    assert ran.code == 1 and "you did not agree" in ran.err
    shown = [line.split("  ")[-1].strip() for line in ran.out.splitlines()]
    assert shown[:2] == ["0.01 ETH", "30 USDC"] and shown[3:] == ["3 ETH", "30 USDC, 2.99 ETH"]
    ran = typed(monkeypatch, "y", home, "order", "take", order_id, "--wallet", "taker")
    assert ran.code == 0 and "both sides have settled" in ran.out


def test_with_json_the_question_and_what_it_is_about_are_on_standard_error(home, traders, monkeypatch):
    order_id = placed(home, traders)
    ran = typed(monkeypatch, "y", home, "order", "take", order_id, "--wallet", "taker", "--json")
    assert ran.code == 0 and json.loads(ran.out)["height"] and "you give" in ran.err and "Take the order?" in ran.err


def test_whoever_is_asked_for_nothing_new_is_not_asked(home, traders, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    order_id = placed(home, traders)  # sealed, and without debt
    ran = zksettle(home, "order", "take", order_id, "--wallet", "taker", "--sell", "0.01 ETH", "--buy", "30 USDC")
    assert ran.code == 0 and "you receive" in ran.out
    ran = zksettle(home, "order", "take", placed(home, traders), "--wallet", "taker", "--yes", "--json")
    assert ran.code == 0 and ran.err == ""
    assert passphrase.VARIABLE not in ran.out
