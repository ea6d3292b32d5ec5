"""What one bundle did to a wallet, taken apart into lines: what was traded, paid, and charged.

    change of all own accounts = Σ lines                                     in every asset, exactly

The ledger shows flows from outside and from public accounts, the claims that a bundle converts, and one fee on every
leg, whoever pays it.  What is left of the change after these is a trade when something came and something went,
otherwise a payment.

Who pays the fees.  A maker pays for his own legs.  Whoever made the bundle, whose leg alone names the others, pays for
all but those of his counterparties, dummy legs included (prover/trader/shapes.py).  How many legs are counterparties'
follows from a bundle of two legs, and from one that moves nothing but fees or only pays.  In a larger trade the
wallet's diary says it; without a diary it is known only to lie between two numbers, and the least fee is taken: the
rest, at most `fee_in_price`, stands in the price.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from circuits.records import ASSETS
from settlement.amounts import NUMERAIRE
from settlement.bundles.bundle import Account, Flow


class Kind(StrEnum):
    """What a line is of."""

    TRADE = "trade"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    RECEIVED = "received"
    PAID = "paid"
    FEE = "fee"
    BOARD_FEE = "board fee"
    INSURANCE = "given to the insurance"
    DRAWN = "drawn from a public account"
    LOAN = "loan repaid or redeemed"
    CONVERSION = "conversion"
    SEIZURE = "seizure"
    TAKEN_OVER = "taken over"


_PUBLIC = {Account.POT: Kind.LOAN, Account.FEE: Kind.BOARD_FEE, Account.INSURANCE: Kind.INSURANCE}


@dataclass(frozen=True)
class Line:
    """One line: the changes of the balances, by slot, in smallest units."""

    kind: Kind
    changes: dict[int, int]


@dataclass(frozen=True)
class Facts:
    """What is known of a bundle besides the change: see the head of this file.

    `flows` are those of the wallet's own legs, `fee` is what everybody sees on each leg, `num_legs` how many pay one,
    and `own_legs` how many of them are the wallet's.  `others` is how many are counterparties', None where nobody noted
    it.  `moves` says that the wallet spent an account in it, and `has_made` that the bundle is its own.
    """

    flows: Sequence[Flow] = ()
    fee: int = 0
    num_legs: int = 1
    own_legs: int = 1
    others: int | None = None
    moves: bool = True
    has_made: bool = True
    claims: Sequence[int] = ()
    is_insurance: bool = False


@dataclass(frozen=True)
class Taken:
    """The lines of a bundle, and how much of the numeraire in its price may be fees."""

    lines: tuple[Line, ...]
    fee_in_price: int = 0


def apart(change: Sequence[int], facts: Facts, rates: dict[int, int], loan: int | None) -> Taken:
    """The lines of which a change of all own accounts consists.

    `rates` are those at which claims convert into the loan claim, the slot of which is `loan`.
    """
    rest, lines = list(change), list[Line]()

    def take(kind: Kind, changes: dict[int, int]) -> None:
        for slot, amount in changes.items():
            rest[slot] -= amount
        if any(changes.values()):
            lines.append(Line(kind, {slot: amount for slot, amount in changes.items() if amount}))

    for kind, changes in _public(facts.flows):
        take(kind, changes)
    num_fees, unsure = _fees(rest, facts)
    take(Kind.FEE, {NUMERAIRE: -facts.fee * num_fees})
    for claim in facts.claims:
        assert loan is not None, "a claim converts into the loan claim"
        take(Kind.CONVERSION, {claim: rest[claim], loan: -rest[claim] * rates[claim]})
    take(_kind(rest, facts), {slot: rest[slot] for slot in range(ASSETS)})
    return Taken(tuple(lines), facts.fee * unsure)


def is_fee(flow: Flow) -> bool:
    """Whether a flow is the pool's fee for a leg; one with a reference pays for an order's place on the board."""
    return flow.account is Account.FEE and flow.amount < 0 and not flow.reference


def _public(flows: Iterable[Flow]) -> list[tuple[Kind, dict[int, int]]]:
    """The flows of the own legs but their fees, those of one kind together."""
    found: dict[Kind, dict[int, int]] = {}
    for flow in flows:
        if is_fee(flow):
            continue
        if flow.account is Account.OUTSIDE:
            kind = Kind.DEPOSIT if flow.amount > 0 else Kind.WITHDRAWAL
        elif flow.amount > 0 and flow.account is not Account.POT:
            kind = Kind.DRAWN
        else:
            kind = _PUBLIC[flow.account]
        changes = found.setdefault(kind, {})
        changes[flow.asset] = changes.get(flow.asset, 0) + flow.amount
    return list(found.items())


def _fees(rest: Sequence[int], facts: Facts) -> tuple[int, int]:
    """For how many legs the wallet paid at least, and for how many more it may have."""
    if not facts.moves or not facts.fee:
        return 0, 0
    if not facts.has_made:
        return facts.own_legs, 0
    if facts.others is not None:
        return facts.num_legs - facts.others, 0
    before = [rest[NUMERAIRE] + facts.fee * facts.num_legs, *rest[NUMERAIRE + 1 :]]
    if max(before) <= 0 or facts.claims:
        return facts.num_legs, 0
    most = facts.num_legs - facts.own_legs
    # One own leg and the others' fill more than half of the places, as the least power of two that holds them.
    least = min(most, max(1, facts.num_legs // 2))
    return facts.num_legs - most, most - least


def _kind(rest: Sequence[int], facts: Facts) -> Kind:
    if facts.is_insurance:
        return Kind.TAKEN_OVER
    if max(rest) > 0 and min(rest) < 0:
        return Kind.TRADE
    return Kind.RECEIVED if max(rest) > 0 else Kind.PAID
