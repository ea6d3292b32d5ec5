"""The pot: a public account in which borrowers pay off loans and from which lenders are paid.

    repay     the leg gives u of the numeraire and takes d of the loan claim, which cancels as much of its debt
    redeem    the leg gives d of the loan claim and takes u of the numeraire
    index     what the flows of a leg take is worth no more than what they give, at the newest epoch's prices:
              u·p_numeraire + d·p_loan ≤ 0, with the amounts that flow into one leg
    share     who redeems takes no more of the numeraire than the claim's share of all that was cancelled into the pot:
              u·D ≤ U·d, with U and D before the bundle and what the bundle itself pays in and cancels

Prices are integers, so the rules need no division; `repayment` is rounded up and `redemption` down, and what a rounding
leaves is the pot's.  The ledger keeps the pot's numeraire at or above zero: the pot pays out what others paid in, and
when it is empty lenders wait or sell.

Why the share.  Numeraire in the pot earns no interest, and the claims that were cancelled into it still do: what is
in the pot is worth less than those claims from the first epoch on.  Paid out at the index alone, whoever is first takes
the interest, and whoever is last finds nothing, principal and all.  And the ledger cannot see who owes: somebody who
owes nothing may pay in, hold loan claims on which nobody pays, and be first when a borrower pays.  With the share, each
claim takes out what was paid in for one on average: a lender may lose interest on what lies in the pot, and never what
was lent.  Who wants all of it sells the claim to the borrower, in the bundle in which he pays.  No held balance pays
for any of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from settlement import amounts
from settlement.bundles.bundle import Account, Flow
from settlement.publicaccounts import PublicAccounts
from settlement.rejection import Rejected, Rejection


@dataclass(frozen=True)
class Contents:
    """The numeraire in the pot, and how much of the loan claim was cancelled into it and not redeemed since."""

    numeraire: int
    cancelled: int


def contents(accounts: PublicAccounts, loan: int) -> Contents:
    """What the pot contains."""
    numeraire, claims = (accounts.account_balance(Account.POT, asset) for asset in (amounts.NUMERAIRE, loan))
    return Contents(numeraire, -claims)


def check(
    legs: Iterable[Sequence[Flow]], prices: Sequence[int] | None, loan: int, before: Contents
) -> None:  # fmt: skip
    """Checks what flows between each leg and the pot; `prices` are the newest epoch's, None before the first.

    Raises Rejected when another asset than the numeraire and the loan claim flows, there are no prices, or a leg takes
    more than it gives, or more than its share.
    """
    taken = {number: own for number, flows in enumerate(legs) if (own := _own(flows))}
    for number, own in taken.items():
        if any(flow.asset not in (amounts.NUMERAIRE, loan) for flow in own):
            raise Rejected(Rejection.POT, f"leg {number}: only the numeraire and the loan claim flow through the pot")
        if prices is None:
            raise Rejected(Rejection.POT, f"leg {number}: there is no published price yet to use the pot at")
        if sum(flow.amount * prices[flow.asset] for flow in own) > 0:
            raise Rejected(Rejection.POT, f"leg {number} takes more out of the pot than it gives, at the newest prices")
    paid_in = sum(max(-_sum(own, amounts.NUMERAIRE), 0) for own in taken.values())
    cancelled = before.cancelled + sum(max(_sum(own, loan), 0) for own in taken.values())
    for number, own in taken.items():
        numeraire, claims = _sum(own, amounts.NUMERAIRE), -_sum(own, loan)
        if numeraire > 0 and numeraire * cancelled > (before.numeraire + paid_in) * claims:
            raise Rejected(Rejection.POT, f"leg {number} takes more out of the pot than its share of what was paid in")


def _own(flows: Sequence[Flow]) -> list[Flow]:
    return [flow for flow in flows if flow.account is Account.POT]


def _sum(flows: Sequence[Flow], asset: int) -> int:
    return sum(flow.amount for flow in flows if flow.asset == asset)


def repayment(debt: int, prices: Sequence[int], loan: int) -> int:
    """The numeraire that cancels `debt` smallest units of the loan claim, rounded up in the pot's favour."""
    return -(-debt * prices[loan] // prices[amounts.NUMERAIRE])


def redemption(claims: int, prices: Sequence[int], loan: int, there: Contents) -> int:
    """The numeraire that `claims` smallest units of the loan claim take out, rounded down in the pot's favour."""
    taken = claims * prices[loan] // prices[amounts.NUMERAIRE]
    return min(taken, there.numeraire * claims // there.cancelled) if there.cancelled > 0 else taken


def claims_for(numeraire: int, prices: Sequence[int], loan: int, there: Contents) -> int:
    """The least amount of the loan claim that takes out so much of the numeraire, which is no more than there is."""
    by_index = -(-numeraire * prices[amounts.NUMERAIRE] // prices[loan])
    by_share = -(-numeraire * there.cancelled // there.numeraire) if there.numeraire else 0
    return max(by_index, by_share)
