"""What a loan is worth, and what goes through the pot for it: every rounding is within one unit and never refused."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.trader import loans, trade
from settlement.bundles.bundle import Account, Flow
from settlement.checks import pot
from tests.prover import pools
from zk.errors import FormatError, Unsatisfied

POOL = pools.make()
LOAN = loans.slot(POOL)
PRICE = st.integers(10**6, 2**40)


def at(numeraire, loan):
    return tuple(loan if slot == LOAN else numeraire for slot in range(16))


def ledger(prices):
    published = [SimpleNamespace(publication=SimpleNamespace(prices=prices))] if prices else []
    return SimpleNamespace(pool=POOL, reader=SimpleNamespace(grids=lambda newest: published))


@given(st.integers(1, 2**50), PRICE, PRICE)
def test_a_lender_gets_claims_worth_what_he_lends_and_less_than_one_unit_more(lent, numeraire, loan):
    claims = loans.par(ledger(at(numeraire, loan)), lent)
    assert (claims - 1) * loan < lent * numeraire <= claims * loan


@given(st.integers(1, 2**50), PRICE, PRICE)
def test_who_repays_dollars_pays_no_more_than_he_said(paid, numeraire, loan):
    prices = at(numeraire, loan)
    cancelled = loans.claims_of((0, paid), prices, LOAN)
    dollars = pot.repayment(cancelled, prices, LOAN)
    assert dollars <= paid and (cancelled + 1) * loan > paid * numeraire
    flows = [Flow(0, -dollars, Account.POT, b"", b""), Flow(LOAN, cancelled, Account.POT, b"", b"")]
    pot.check([flows], prices, LOAN, pot.Contents(7, 5))


@given(st.integers(1, 2**50), PRICE, PRICE, st.integers(2**50, 2**60), st.integers(0, 2**60))
def test_who_redeems_for_dollars_gets_at_least_what_he_said(wanted, numeraire, loan, inside, cancelled):
    prices, there = at(numeraire, loan), pot.Contents(inside, cancelled)
    given = pot.claims_for(wanted, prices, LOAN, there)
    dollars = pot.redemption(given, prices, LOAN, there)
    assert dollars >= wanted > pot.redemption(given - 1, prices, LOAN, there)
    flows = [Flow(0, dollars, Account.POT, b"", b""), Flow(LOAN, -given, Account.POT, b"", b"")]
    pot.check([flows], prices, LOAN, there)


def test_an_amount_of_the_claim_is_itself():
    assert loans.claims_of((LOAN, 7), at(3, 5), LOAN) == 7


def test_without_prices_nobody_knows_what_a_loan_is_worth():
    with pytest.raises(Unsatisfied, match="no prices are published yet"):
        loans.par(ledger(None), 1)


def test_a_pool_without_loans_has_none():
    with pytest.raises(FormatError, match="has no loans"):
        loans.slot(SimpleNamespace(assets=POOL.assets[:LOAN]))


@pytest.mark.parametrize("changes, is_loan", [
    ({0: 5, LOAN: -5}, True), ({0: -5, LOAN: 5}, False), ({0: 5, 2: -5}, False), ({0: 5, LOAN: -5, 2: 1}, False),
    ({0: 5}, False), ({LOAN: -5}, False),
])  # fmt: skip
def test_only_dollars_for_the_claim_are_a_loan(changes, is_loan):
    agreed = []
    after = tuple(changes.get(slot, 0) for slot in range(16))
    taken = trade.Trade(POOL, 0, (0,) * 16, after, expiry_ms=1)
    if is_loan:
        loans.borrows(agreed.append)(taken)
    else:
        with pytest.raises(Unsatisfied, match="this order is no loan"):
            loans.borrows(agreed.append)(taken)
    assert agreed == [taken] * is_loan
