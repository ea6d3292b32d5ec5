"""The pot: a leg takes no more out of it than it gives, at the newest prices, and roundings are the pot's."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement import pot
from settlement.bundle import Account, Flow
from settlement.rejection import Rejected, Rejection

LOAN = 8
PRICE = st.integers(10**6, 2**40)
AMOUNT = st.integers(0, 2**62)


def prices(numeraire: int, loan: int) -> tuple[int, ...]:
    return (numeraire, *[1] * 7, loan, *[1] * 7)


def flow(asset: int, amount: int, account: Account = Account.POT) -> Flow:
    return Flow(asset, amount, account, b"", b"")


NOW = prices(1_000_000, 1_050_000)


def refusal(*flows: Flow, at=NOW) -> str:
    with pytest.raises(Rejected) as refused:
        pot.check([[], flows], at, LOAN)
    assert refused.value.rejection is Rejection.POT
    return refused.value.detail


def passes(*flows: Flow, at=NOW) -> None:
    pot.check([[], flows], at, LOAN)


def test_a_debt_is_cancelled_at_the_index_and_not_below_it():
    assert pot.repayment(1_000, NOW, LOAN) == 1_050
    passes(flow(0, -1_050), flow(LOAN, 1_000))
    passes(flow(0, -1_051), flow(LOAN, 1_000))
    assert "leg 1 takes more out of the pot" in refusal(flow(0, -1_049), flow(LOAN, 1_000))
    assert "leg 1 takes more" in refusal(flow(LOAN, 1))


def test_a_loan_claim_is_paid_at_the_index_and_not_above_it():
    assert pot.redemption(1_001, NOW, LOAN) == 1_051
    passes(flow(LOAN, -1_001), flow(0, 1_051))
    assert "leg 1 takes more" in refusal(flow(LOAN, -1_001), flow(0, 1_052))
    assert "leg 1 takes more" in refusal(flow(0, 1))


def test_one_leg_does_not_take_what_another_gives():
    """Legs are of different owners, and one who gives too much is not asked by the one who takes."""
    with pytest.raises(Rejected, match="leg 1 takes more"):
        pot.check([[flow(0, -5)], [flow(0, 1)]], prices(1, 1), LOAN)


def test_only_the_numeraire_and_the_loan_claim_flow_through_the_pot():
    for asset in (1, 7, 9, 15):
        assert "only the numeraire and the loan claim" in refusal(flow(asset, -1), flow(0, -10**9))


def test_the_pot_is_not_used_before_prices_are_published():
    assert "there is no published price yet" in refusal(flow(0, -1), at=None)


def test_flows_of_other_accounts_are_not_the_pots():
    pot.check([[flow(0, 5, Account.OUTSIDE), flow(1, 5, Account.INSURANCE), flow(0, 5, Account.FEE)]], None, LOAN)
    assert "takes more" in refusal(flow(0, 5), flow(0, -9, Account.OUTSIDE))


@given(AMOUNT, PRICE, PRICE)
def test_amounts_are_exact_to_one_unit_and_the_rounding_is_the_pots(amount, numeraire, loan):
    at, exact = prices(numeraire, loan), Fraction(amount * loan, numeraire)
    paid, taken = pot.repayment(amount, at, LOAN), pot.redemption(amount, at, LOAN)
    assert 0 <= paid - exact < 1 and 0 <= exact - taken < 1
    passes(flow(0, -paid), flow(LOAN, amount), at=at)
    passes(flow(0, taken), flow(LOAN, -amount), at=at)
    refusal(flow(0, 1 - paid), flow(LOAN, amount), at=at) if paid else None
    refusal(flow(0, taken + 1), flow(LOAN, -amount), at=at)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**9)), max_size=20), PRICE, PRICE)
def test_at_one_index_what_is_in_the_pot_pays_all_that_was_cancelled_into_it(steps, numeraire, loan):
    """Whoever repays and redeems, in whatever order: the pot is worth nothing or more, by its roundings."""
    at, dollars, claims = prices(numeraire, loan), 0, 0
    for is_repaid, amount in steps:
        if is_repaid:
            dollars, claims = dollars + pot.repayment(amount, at, LOAN), claims - amount
        elif pot.redemption(amount, at, LOAN) <= dollars:
            dollars, claims = dollars - pot.redemption(amount, at, LOAN), claims + amount
    assert 0 <= dollars * numeraire + claims * loan
    assert pot.redemption(-claims, at, LOAN) <= dollars


def test_after_the_index_has_grown_the_last_lender_finds_less_in_the_pot_than_the_index_says():
    """What the module's docstring says of numeraire that lies in the pot: it earns no interest."""
    paid = pot.repayment(1_000, prices(1_000_000, 1_000_000), LOAN)
    later = prices(1_000_000, 1_100_000)
    assert paid == 1_000 < pot.redemption(1_000, later, LOAN) == 1_100
    assert pot.redemption(910, later, LOAN) > paid >= pot.redemption(909, later, LOAN)
