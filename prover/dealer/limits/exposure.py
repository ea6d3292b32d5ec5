"""What a desk has, what it could have when everything that stands open is taken or not, and what it traded today.

Of the open legs of one account at most one can settle, whoever takes it: the account moves, and the others are void.
Legs of different accounts settle independently.  So the least that the desk could have of an asset is

    balance + Σ over accounts of min(0, change of each of its open legs)

and likewise the most, and what it could have traded.  An account whose leg settled or moved otherwise drops out of the
sum; what settled is in the balance then.

What a trade is worth is the larger of what it sells and what it buys, at the prices when it was offered, in the pool's
unit (settlement.risk.risk).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from prover.dealer.strategies.view import Inventory, Market
from prover.trader import keys
from prover.trader.plan import Changes


@dataclass(frozen=True, repr=False)
class Open(keys.Secret):
    """A leg that somebody could settle until it expires, or one that the desk is about to make.

    `changes` are those of its account, with the fee, and `after` its balances afterwards.  `leg_id` is None for a leg
    that was not proved yet, and for one that only letters have; `is_take` says that the desk settles it itself.
    """

    number: int
    position: int
    nullifier: bytes
    changes: Changes
    after: Changes
    leg_id: bytes | None
    counterparty: str
    worth: int
    expires_ms: int
    is_take: bool = False


@dataclass(frozen=True, repr=False)
class Fill(keys.Secret):
    """A leg of the desk's that settled.  It has the number that it had while it was open.

    `is_take` says that the desk took what others offered, and `is_told` that whoever asks for fills knows it.
    """

    number: int
    changes: Changes
    leg_id: bytes | None
    counterparty: str
    worth: int
    settled_ms: int
    is_told: bool = False
    is_take: bool = False


@dataclass(frozen=True, repr=False)
class Exposure(keys.Secret):
    """The balances that the desk trades with, the legs that stand open, and what settled today."""

    balances: Changes
    open: tuple[Open, ...] = ()
    fills: tuple[Fill, ...] = ()

    def plus(self, leg: Open) -> "Exposure":
        """With one more open leg."""
        return replace(self, open=(*self.open, leg))

    @property
    def inventory(self) -> Inventory:
        """What strategies are shown of it."""
        slots = range(len(self.balances))
        return Inventory(self.balances, tuple(map(self.lowest, slots)), tuple(map(self.highest, slots)))

    def lowest(self, slot: int) -> int:
        """The least that the desk could have of an asset."""
        return self.balances[slot] - sum(
            max(0, *(-each.changes[slot] for each in legs)) for legs in _by_account(self.open)
        )

    def highest(self, slot: int) -> int:
        """The most that the desk could have of an asset."""
        return self.balances[slot] + sum(
            max(0, *(each.changes[slot] for each in legs)) for legs in _by_account(self.open)
        )

    def traded(self, slot: int) -> int:
        """The most that the desk could have bought and sold of an asset today, both counted."""
        settled = sum(abs(fill.changes[slot]) for fill in self.fills)
        return settled + sum(max(abs(each.changes[slot]) for each in legs) for legs in _by_account(self.open))

    def worth_open(self, counterparty: str | None = None) -> int:
        """The most that could settle of what stands open, with this counterparty or with all."""
        found = [each for each in self.open if counterparty in (None, each.counterparty)]
        return sum(max(each.worth for each in legs) for legs in _by_account(found))

    def worth_today(self, counterparty: str | None = None) -> int:
        """The most that the desk could have traded today, with this counterparty or with all."""
        settled = sum(fill.worth for fill in self.fills if counterparty in (None, fill.counterparty))
        return settled + self.worth_open(counterparty)


def worth(market: Market, changes: Changes) -> int | None:
    """What a trade is worth; None when one of its assets has no price."""
    sold = market.value([max(-change, 0) for change in changes])
    bought = market.value([max(change, 0) for change in changes])
    return None if sold is None or bought is None else max(sold, bought)


def _by_account(legs: Iterable[Open]) -> Iterable[list[Open]]:
    found: dict[bytes, list[Open]] = {}
    for leg in legs:
        found.setdefault(leg.nullifier, []).append(leg)
    return found.values()
