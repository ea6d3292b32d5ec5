"""The pot: a public account in which borrowers pay off loans and from which lenders are paid.

    repay     the leg gives u of the numeraire and takes d of the loan claim, which cancels as much of its debt
    redeem    the leg gives d of the loan claim and takes u of the numeraire
    rule      what the legs' flows take is worth no more than what they give, at the newest epoch's prices:
              u·p_numeraire + d·p_loan ≤ 0, with the amounts that flow into one leg

Prices are integers, so the rule needs no division; `repayment` is rounded up and `redemption` down, and what a rounding
leaves is the pot's.  The index, p_loan / p_numeraire, never falls.  So the pot never owes more of the loan claim than
what was paid in for it bought at the time, and the ledger keeps its numeraire at or above zero: the pot pays out what
others paid in, and when it is empty lenders wait or sell.  Numeraire in the pot earns no interest: who redeems first is
paid at today's index, and who comes after the index has grown may find less in the pot than the loan claims that were
cancelled into it would be worth by then.  No held balance pays for that.

What this rule does not stop.  The ledger cannot see who owes, so whoever owes nothing may pay in too, and holds loan
claims on which nobody pays interest: with enough in the pot, and quick when a borrower pays, he takes it all out at
that day's index, and the difference is missing to a lender who comes later.  So a lender takes his dollars out in the
bundle in which they are paid in, or as soon as it has settled, and does not leave them in the pot.
"""

from collections.abc import Iterable, Sequence

from settlement import amounts
from settlement.bundle import Account, Flow
from settlement.rejection import Rejected, Rejection


def check(legs: Iterable[Sequence[Flow]], prices: Sequence[int] | None, loan: int) -> None:
    """Checks what flows between each leg and the pot; `prices` are the newest epoch's, None before the first.

    Raises Rejected when another asset than the numeraire and the loan claim flows, there are no prices, or a leg takes
    more than it gives.
    """
    for number, flows in enumerate(legs):
        own = [flow for flow in flows if flow.account is Account.POT]
        if not own:
            continue
        if any(flow.asset not in (amounts.NUMERAIRE, loan) for flow in own):
            raise Rejected(Rejection.POT, f"leg {number}: only the numeraire and the loan claim flow through the pot")
        if prices is None:
            raise Rejected(Rejection.POT, f"leg {number}: there is no published price yet to use the pot at")
        if sum(flow.amount * prices[flow.asset] for flow in own) > 0:
            raise Rejected(Rejection.POT, f"leg {number} takes more out of the pot than it gives, at the newest prices")


def repayment(debt: int, prices: Sequence[int], loan: int) -> int:
    """The numeraire that cancels `debt` smallest units of the loan claim, rounded up in the pot's favour."""
    return -(-debt * prices[loan] // prices[amounts.NUMERAIRE])


def redemption(claims: int, prices: Sequence[int], loan: int) -> int:
    """The numeraire that `claims` smallest units of the loan claim take out, rounded down in the pot's favour."""
    return claims * prices[loan] // prices[amounts.NUMERAIRE]
