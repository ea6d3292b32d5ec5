"""Two receipts as the confirmation of a trade: the two sides of one bundle, which agree.

The openings of both must be of different legs of the same bundle.  They agree when everything that happened is in them:

    Σ changes of the opened legs = Σ flows of all legs

The bundle settled, so the values of all its legs add up to its flows.  Then the legs that neither receipt opens changed
nothing together, and what the one side gave the other got, but for what flowed in or out, such as the pool's fees.
"""

from dataclasses import dataclass

from circuits import records
from prover.receipts import openings
from prover.receipts.openings import Changes
from prover.receipts.receiptfile import Verified
from settlement.bundles.bundle import Account
from zk.errors import InvalidProof


@dataclass(frozen=True)
class Confirmation:
    """A trade that both sides confirm: what each changed, and the fees and other flows that are in these changes."""

    sides: tuple[Changes, Changes]
    fees: Changes
    others: Changes


def confirm(first: Verified, second: Verified) -> Confirmation:
    """The trade of two receipts.  Raises InvalidProof, saying why, when they are not its two sides."""
    if first.bundle_id != second.bundle_id:
        raise InvalidProof("the receipts are of different bundles, so they are no two sides of one trade")
    if not first.openings or not second.openings:
        raise InvalidProof("a receipt opens no leg, so it does not say what its side did: make it with --wallet")
    if {each.leg for each in first.openings} & {each.leg for each in second.openings}:
        raise InvalidProof("both receipts open the same leg, so they are no two sides of one trade")
    if first.bundle.seizures or first.bundle.conversions:
        raise InvalidProof("the bundle has seizures or conversions, so two receipts do not confirm what it did")
    first_side, second_side = (openings.total([each.changes for each in of.openings]) for of in (first, second))
    taken = [flow for leg in first.bundle.legs for flow in leg.flows]
    flowed = openings.flows(taken)
    if openings.total([first_side, second_side]) != flowed:
        raise InvalidProof("the two sides do not add up: somebody else took part in the bundle")
    fees = openings.flows([flow for flow in taken if flow.account is Account.FEE])
    others = tuple(flowed[asset] - fees[asset] for asset in range(records.ASSETS))
    return Confirmation((first_side, second_side), fees, others)
