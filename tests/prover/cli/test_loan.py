"""`zksettle loan`: a lender offers, a borrower takes, and both settle through the pot."""

import json

import pytest

from tests.prover.cli.run import refused, zksettle


@pytest.fixture(scope="module")
def bank(home):
    """A home with prices, a lender of 2,000 USDC and a borrower of 1 ETH."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    for name, text in (("lender", "2000 USDC"), ("borrower", "1 ETH")):
        assert zksettle(home, "wallet", "new", name).code == 0
        assert zksettle(home, "deposit", text, "--wallet", name).code == 0
    assert zksettle(home, "oracle", "publish").code == 0
    return home


def loan(home, action, *arguments):
    return zksettle(home, "loan", action, *arguments)


def offered(home, *amount) -> str:
    ran = loan(home, "offer", *amount, "--to", "everybody", "--yes", "--wallet", "lender", "--json")
    assert ran.code == 0, ran
    return json.loads(ran.out)["order"]


def test_a_loan_is_offered_taken_redeemed_and_paid_back(bank):
    order = offered(bank, "1000", "USDC")
    refused(loan(bank, "take", order, "--wallet", "borrower"), 2, "would owe 1,000 dUSDC", "add --yes (see")
    assert loan(bank, "take", order, "--wallet", "borrower", "--yes").code == 0

    refused(loan(bank, "redeem", "--wallet", "lender"), 1, "the pot holds 0 USDC", "sell the claim")
    refused(loan(bank, "repay", "1001 dUSDC", "--wallet", "borrower"), 1, "owes 1,000 dUSDC, which is less")
    ran = loan(bank, "repay", "250 USDC", "--wallet", "borrower")
    assert "paid 250 USDC into the pot, and 250 dUSDC of its debt are cancelled" in ran.out

    refused(loan(bank, "redeem", "251 dUSDC", "--wallet", "lender"), 1, "the pot holds 250 USDC")
    ran = loan(bank, "redeem", "--wallet", "lender")  # all, but the pot has no more
    assert "gave 250 dUSDC to the pot for 250 USDC" in ran.out
    assert loan(bank, "repay", "--wallet", "borrower").code == 0
    assert loan(bank, "redeem", "750 USDC", "--wallet", "lender").code == 0
    refused(loan(bank, "repay", "--wallet", "borrower"), 1, "no account of the wallet owes dUSDC")
    refused(loan(bank, "redeem", "--wallet", "lender"), 1, "no account of the wallet holds dUSDC")
    text = zksettle(bank, "wallet", "show", "lender").out
    assert "2,000 USDC" in text and "dUSDC" not in text


def test_only_a_loan_is_taken_as_one(bank):
    terms = ("--sell", "10 USDC", "--buy", "0.001 ETH", "--to", "everybody", "--yes", "--wallet", "lender", "--json")
    order = json.loads(zksettle(bank, "order", "place", *terms).out)["order"]
    refused(loan(bank, "take", order, "--yes", "--wallet", "borrower"), 1, "this order is no loan")


@pytest.mark.parametrize("arguments, code, words", [
    (("offer", "1", "ETH", "--to", "everybody"), 2, "loans are of USDC"),
    (("offer", "1", "USDC", "--for", "1 ETH", "--to", "everybody"), 2, "--for is an amount of dUSDC"),
    (("repay", "1", "ETH", "--wallet", "borrower"), 3, "loans are in dUSDC, against USDC"),
    (("repay", "much", "--wallet", "borrower"), 3, "is not an amount"),
])  # fmt: skip
def test_what_is_no_loan_is_said_in_one_sentence(bank, arguments, code, words):
    refused(loan(bank, *arguments), code, words)
