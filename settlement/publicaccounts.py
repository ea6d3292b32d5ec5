"""The ledger's public accounts: fees, what the insurance is given, and the pot through which loans are paid back.

    balance(account, asset) = −Σ flow.amount over all settled flows of the account          0 ≤ balance < 2^63

A flow of a public account leaves a leg for it, or enters the leg from it.  Everybody sees the amount.  The assets stay
in the reserves: a reserve is the sum of all held balances and of the public accounts' balances.

Anybody may pay in.  Whoever draws from `fee` or `insurance` needs the guardians' signature on the flow (settlement.
custody); the pot has a rule of its own (settlement.checks.pot), and of the loan its balance may be below zero.

The legs of a bundle pay the pool's fee together, because a leg that only receives has nothing to pay with.  Legs of the
insurance and seizures pay none.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from circuits.records import Amount
from settlement.bundles import bundle
from settlement.bundles.bundle import MAX_AMOUNT, Account, Leg
from settlement.ids import OrderId
from settlement.pool.assets import NUMERAIRE
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.rejection import Rejected, Rejection

Balances = dict[tuple[Account, int], Amount]
"""The balances of public accounts, by account and asset."""


class PublicAccounts(Protocol):
    """A source of the public accounts' balances."""

    def account_balance(self, account: Account, asset: int) -> Amount:
        """How much of an asset a public account has."""

    def order_fee(self, order_id: OrderId) -> Amount:
        """How much of the numeraire was paid into `fee` for this order."""


def balances_after(accounts: PublicAccounts, legs: Iterable[Leg]) -> Balances:
    """The balances that the legs' flows change, after the flows; not checked."""
    balances: Balances = {}
    for _, _, flow in bundle.flows(legs):
        if flow.account is not Account.OUTSIDE:
            place = flow.account, flow.asset
            before = balances[place] if place in balances else accounts.account_balance(*place)
            balances[place] = Amount(before - flow.amount)
    return balances


def check_fees(parameters: Parameters, legs: Sequence[Leg]) -> None:
    """Raises Rejected unless the legs together pay the pool's fee for each; what is paid for an order is not of it."""
    owed = parameters.fees.leg * sum(not leg.is_insurance for leg in legs)
    paid = -sum(
        flow.amount for _, _, flow in bundle.flows(legs)
        if flow.account is Account.FEE and flow.asset == NUMERAIRE and flow.amount < 0 and not flow.reference
    )  # fmt: skip
    if paid < owed:
        raise Rejected(
            Rejection.FEE_MISSING, f"the bundle pays a fee of {paid} smallest units, and {owed} is asked for its legs"
        )


def check(balances: Balances, pool: Pool) -> None:
    """Raises Rejected when an account would be below zero, or above what the ledger can count.

    The pot owes, in claims, what was cancelled into it, so its balance of a claim may be below zero.
    """
    for (account, asset), amount in sorted(balances.items()):  # the pot is the last
        what = f"the account {account.name.lower()} of {pool.assets[asset].symbol}"
        reason = Rejection.POT if account is Account.POT else Rejection.PUBLIC_ACCOUNT
        may_owe = account is Account.POT and pool.assets[asset].is_claim
        if amount < 0 and not may_owe:
            raise Rejected(reason, f"{what} lacks {-amount} smallest units")
        if abs(amount) > MAX_AMOUNT:
            raise Rejected(reason, f"{what} would be above 2^63 - 1")
