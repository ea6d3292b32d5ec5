"""The pot: a leg takes no more out of it than it gives, nor more than its share; roundings are the pot's."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.bundles.bundle import Account, Flow
from settlement.checks import pot
from settlement.rejection import Rejected, Rejection

LOAN = 8
PRICE = st.integers(10**6, 2**40)
AMOUNT = st.integers(0, 2**62)


def prices(numeraire: int, loan: int) -> tuple[int, ...]:
    return (numeraire, *[1] * 7, loan, *[1] * 7)


def flow(asset: int, amount: int, account: Account = Account.POT) -> Flow:
    return Flow(asset, amount, account, b"", b"")


NOW = prices(1_000_000, 1_050_000)
FRESH = pot.Contents(0, 0)


def refusal(*flows: Flow, at=NOW, before=FRESH) -> str:
    with pytest.raises(Rejected) as refused:
        pot.check([[], flows], at, LOAN, before)
    assert refused.value.rejection is Rejection.POT
    return refused.value.detail


def passes(*flows: Flow, at=NOW, before=FRESH) -> None:
    pot.check([[], flows], at, LOAN, before)


def test_a_debt_is_cancelled_at_the_index_and_not_below_it():
    assert pot.repayment(1_000, NOW, LOAN) == 1_050
    passes(flow(0, -1_050), flow(LOAN, 1_000))
    passes(flow(0, -1_051), flow(LOAN, 1_000))
    assert "leg 1 takes more out of the pot" in refusal(flow(0, -1_049), flow(LOAN, 1_000))
    assert "leg 1 takes more" in refusal(flow(LOAN, 1))


def test_a_loan_claim_is_paid_at_the_index_and_not_above_it():
    assert pot.redemption(1_001, NOW, LOAN, FRESH) == 1_051
    passes(flow(LOAN, -1_001), flow(0, 1_051))
    assert "leg 1 takes more" in refusal(flow(LOAN, -1_001), flow(0, 1_052))
    assert "leg 1 takes more" in refusal(flow(0, 1))


def test_one_leg_does_not_take_what_another_gives():
    """Legs are of different owners, and one who gives too much is not asked by the one who takes."""
    with pytest.raises(Rejected, match="leg 1 takes more"):
        pot.check([[flow(0, -5)], [flow(0, 1)]], prices(1, 1), LOAN, FRESH)


def test_only_the_numeraire_and_the_loan_claim_flow_through_the_pot():
    for asset in (1, 7, 9, 15):
        assert "only the numeraire and the loan claim" in refusal(flow(asset, -1), flow(0, -10**9))


def test_the_pot_is_not_used_before_prices_are_published():
    assert "there is no published price yet" in refusal(flow(0, -1), at=None)


def test_flows_of_other_accounts_are_not_the_pots():
    others = [flow(0, 5, Account.OUTSIDE), flow(1, 5, Account.INSURANCE), flow(0, 5, Account.FEE)]
    pot.check([others], None, LOAN, pot.Contents(0, 9))
    assert "takes more" in refusal(flow(0, 5), flow(0, -9, Account.OUTSIDE))


@given(AMOUNT, PRICE, PRICE)
def test_amounts_are_exact_to_one_unit_and_the_rounding_is_the_pots(amount, numeraire, loan):
    at, exact = prices(numeraire, loan), Fraction(amount * loan, numeraire)
    paid, taken = pot.repayment(amount, at, LOAN), pot.redemption(amount, at, LOAN, FRESH)
    assert 0 <= paid - exact < 1 and 0 <= exact - taken < 1
    passes(flow(0, -paid), flow(LOAN, amount), at=at)
    passes(flow(0, taken), flow(LOAN, -amount), at=at)
    refusal(flow(0, 1 - paid), flow(LOAN, amount), at=at) if paid else None
    refusal(flow(0, taken + 1), flow(LOAN, -amount), at=at)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**9), st.integers(0, 1_000)), max_size=20), PRICE)
def test_no_lender_loses_what_was_lent_and_who_redeems_takes_nothing_of_the_others(steps, numeraire):
    """Whoever repays and redeems, in whatever order and while the index grows: nobody's part of the pot shrinks."""
    there, loan = pot.Contents(0, 0), numeraire
    for is_repaid, amount, growth_bps in steps:
        loan += loan * growth_bps // 10_000
        at = prices(numeraire, loan)
        if is_repaid:
            paid = pot.repayment(amount, at, LOAN)
            passes(flow(0, -paid), flow(LOAN, amount), at=at, before=there)
            after = pot.Contents(there.numeraire + paid, there.cancelled + amount)
        else:
            amount = min(amount, there.cancelled)
            taken = pot.redemption(amount, at, LOAN, there)
            if not amount or taken > there.numeraire:
                continue
            passes(*[flow(0, taken)] * (taken > 0), flow(LOAN, -amount), at=at, before=there)
            after = pot.Contents(there.numeraire - taken, there.cancelled - amount)
            assert after.numeraire * there.cancelled >= there.numeraire * after.cancelled, "the others' part shrank"
        assert after.numeraire >= after.cancelled, "an index of 1 or more was paid for each claim"
        there = after


def test_who_redeems_takes_no_more_than_a_share_of_what_was_paid_in():
    """100 claims were cancelled for 101 dollars, and the index is 1.05 now."""
    there = pot.Contents(101, 100)
    assert pot.redemption(50, NOW, LOAN, there) == 50
    passes(flow(0, 50), flow(LOAN, -50), before=there)
    assert "more out of the pot than its share" in refusal(flow(0, 51), flow(LOAN, -50), before=there)
    assert pot.claims_for(50, NOW, LOAN, there) == 50 and pot.claims_for(51, NOW, LOAN, there) == 51


def test_what_a_bundle_pays_in_itself_counts_for_who_redeems_in_it():
    repays, redeems = [flow(0, -105), flow(LOAN, 100)], [flow(0, 105), flow(LOAN, -100)]
    pot.check([repays, redeems], NOW, LOAN, FRESH)
    with pytest.raises(Rejected, match="leg 1 takes more out of the pot than its share"):
        pot.check([repays, redeems], NOW, LOAN, pot.Contents(100, 100))


def test_a_gift_to_the_pot_stops_no_repayment():
    passes(flow(0, -105), flow(LOAN, 100), before=pot.Contents(10**9, 1))
