"""Whether a quote would settle: the same check as a board's, and that it is of what was asked.

A quote that passes is *firm*: whoever has it settles it alone, as long as its account has not moved and it has not
expired.  Nobody looks at it again, and there is nothing to confirm.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from circuits.records import Nullifier
from prover.rfq import memory, messages
from prover.rfq.inbox import Answer
from prover.rfq.memory import Asked, BuyOrSell, Inquiry
from prover.rfq.messages import Quote, Side, Way
from prover.trader import keys, readers
from prover.trader.plan import Changes
from settlement import engine
from settlement.bundles.bundle import NO_DIGEST, Leg
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from zk.errors import FormatError, InvalidProof


@dataclass(frozen=True, repr=False)
class FirmSide(keys.Secret):
    """What the asker pays of each asset on this side (negative: receives), and the maker's leg.

    `changes` is what the maker's account changes by.
    """

    pays: Mapping[int, int]
    changes: Changes
    blinding: int
    leg: Leg


@dataclass(frozen=True, repr=False)
class Firm(keys.Secret):
    """A quote that would settle now: of which maker, for which lines of the inquiry, and its sides, by the asker's."""

    maker: str
    lines: frozenset[int]
    sides: Mapping[BuyOrSell, FirmSide]
    nullifier: Nullifier

    @property
    def expires_ms(self) -> int:
        """When the first of its sides expires."""
        return min(side.leg.expiry_ms for side in self.sides.values())


@dataclass(frozen=True)
class Refused:
    """A quote that would not settle, or is not of what was asked: of which maker, and why."""

    maker: str
    reason: str


def check_all(
    ledger: Ledger, inquiry: Inquiry, answers: Iterable[Answer], now_ms: int,
    sides: Collection[BuyOrSell] = memory.SIDES, verify_proofs: VerifyProofs = checks.verify_proofs,
) -> tuple[list[Firm], list[Refused]]:  # fmt: skip
    """The quotes that would settle now, and why others would not; only these sides of them are looked at."""
    firm: list[Firm] = []
    refused: list[Refused] = []
    for answer in answers:
        for quote in answer.quotes:
            try:
                firm.append(check(ledger, inquiry, answer.asked, quote, now_ms, sides, verify_proofs))
            except (Rejected, InvalidProof, FormatError) as error:
                refused.append(Refused(answer.asked.maker, str(error)))
    return firm, refused


def check(
    ledger: Ledger, inquiry: Inquiry, asked: Asked, quote: Quote, now_ms: int,
    wanted: Collection[BuyOrSell] = memory.SIDES, verify_proofs: VerifyProofs = checks.verify_proofs,
) -> Firm:  # fmt: skip
    """The quote of a maker, of which the wanted sides would settle now.

    Raises Rejected as engine.check_leg and for a leg that pays less than the pool's fee; InvalidProof when the quote is
    not of what was asked, or its sides are not of one account; FormatError when no price can say what it is of.
    """
    request = inquiry.request(asked)
    sides: dict[BuyOrSell, FirmSide] = {}
    for side in memory.SIDES:
        way = memory.way_taken(side, asked.sign)
        if way in quote.sides and side in wanted:
            changes = messages.changes(request.lines, quote.lines, way, quote.sides[way].payments)
            leg = _leg(ledger, quote.sides[way], changes, now_ms, verify_proofs)
            sign = 1 if way is Way.OFFER else -1
            pays = {asset: sign * amount for asset, amount in quote.sides[way].payments.items()}
            sides[side] = FirmSide(pays, changes, quote.sides[way].blinding, leg)
    nullifiers = {side.leg.nullifier for side in sides.values()}
    if not nullifiers:
        raise InvalidProof("the quote does not have that side")
    if len(nullifiers) > 1:
        raise InvalidProof("the two sides of the quote are of different accounts, so that taking one leaves the other")
    lines = frozenset(asked.lines[number] for number in quote.lines)
    return Firm(asked.maker, lines, sides, nullifiers.pop())


def _leg(ledger: Ledger, side: Side, changes: Changes, now_ms: int, verify_proofs: VerifyProofs) -> Leg:
    leg = engine.check_leg(ledger, side.leg_bytes, now_ms, ledger.verifying(verify_proofs))
    readers.check_opening(leg, changes, side.blinding, "the quote")
    if leg.companions != NO_DIGEST:
        raise InvalidProof("the quote is signed for other company than the asker's: it would not settle")
    paid, asked = sum(-flow.amount for flow in leg.flows), ledger.parameters(now_ms).fees.leg
    if paid < asked:
        raise InvalidProof(f"the quote's leg pays a fee of {paid} smallest units, and the pool asks {asked}")
    return leg
