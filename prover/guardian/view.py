"""What the guardians see: every live margined account, opened, with its health; and nothing of cash accounts.

A margined account's nullifier is keyed with its own rho, so guardians who open a state notice when it ends, whoever
ends it, and learn nothing of the owner's other states.  The view is in memory alone and is rebuilt from the ledger.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from circuits import records, seizure
from circuits.records import Account, Commitment, Nullifier, Position
from prover.trader import keys
from settlement import events
from settlement.bundles import encoding
from settlement.bundles.bundle import Bundle, Leg
from settlement.ledger import Ledger
from settlement.pool.parameters import Guardians
from settlement.risk.grids import Publication
from zk.hashes import poseidon

Place = tuple[int, int]
"""A leg on the ledger: the height of its bundle, and its number there."""

Opened = Mapping[Place, Account[int] | None]
"""The accounts in the escrows of legs; None for one that nobody here can ever open."""

Open = Callable[[Ledger, Sequence[tuple[Place, Leg]]], Opened]
"""Opens the escrows of legs.  Those that are not in what it returns can be opened later."""


@dataclass(frozen=True, repr=False)
class Watched(keys.Secret):
    """A live margined account, and where it is on the ledger."""

    account: Account[int]
    commitment: Commitment
    position: Position
    nullifier: Nullifier
    place: Place


@dataclass(frozen=True)
class Waiting:
    """The leg of a margined account that could not be opened yet, and the account's position."""

    leg: Leg
    position: Position


class View:
    """The live margined accounts of one ledger.  `accounts` are by nullifier, in the order in which they settled.

    `waiting` are the places of live or spent margined accounts that may be opened later, `sealed` of those never.
    """

    def __init__(self, open_escrows: Open):
        self._open = open_escrows
        self.height = -1
        self.accounts: dict[Nullifier, Watched] = {}
        self.waiting: dict[Place, Waiting] = {}
        self.sealed: dict[Place, Commitment] = {}
        self.opened = 0

    def __repr__(self) -> str:
        return type(self).__name__

    def advance(self, ledger: Ledger) -> int:
        """Takes in what settled since it was called last.  Returns how many accounts it opened.

        Raises what opening raises, and then has taken in nothing.
        """
        newest = ledger.reader.last_event().height
        bundles = []
        for event in ledger.reader.events(self.height + 1):
            found = ledger.reader.bundle(event.height) if event.kind == events.BUNDLE else None
            if found is not None:
                bundles.append((event, encoding.decode_bundle(found[1])))
        legs = [
            ((event.height, number), leg)
            for event, bundle in bundles for number, leg in enumerate(bundle.legs) if leg.escrow is not None
        ]  # fmt: skip
        opened = self._open(ledger, legs) if legs else {}
        for event, bundle in bundles:
            self._take(event.height, events.tree_after(event).size - len(bundle.moves), bundle, opened)
        self.height = newest
        self.opened += len(opened)
        return len(opened)

    def take_later(self, ledger: Ledger, opened: Opened) -> int:
        """Takes in accounts that waited, unless they have ended meanwhile.  Returns how many."""
        for place, account in opened.items():
            waiting = self.waiting.pop(place)
            self._add(place, waiting.leg, waiting.position, account)
        for nullifier in [one for one in self.accounts if ledger.reader.is_spent(one)]:
            del self.accounts[nullifier]
        self.opened += len(opened)
        return len(opened)

    def _take(self, height: int, first: int, bundle: Bundle, opened: Opened) -> None:
        for move in bundle.moves:
            self.accounts.pop(move.nullifier, None)
        for number, leg in enumerate(bundle.legs):
            place, position = (height, number), Position(first + number)
            if leg.escrow is not None and place in opened:
                self._add(place, leg, position, opened[place])
            elif leg.escrow is not None:
                self.waiting[place] = Waiting(leg, position)

    def _add(self, place: Place, leg: Leg, position: Position, account: Account[int] | None) -> None:
        if account is None or account.commitment(poseidon.hash) != leg.commitment:
            self.sealed[place] = leg.commitment
            return
        nullifier = Nullifier(records.nullifier(poseidon.hash, account.rho, leg.commitment, position))
        self.accounts[nullifier] = Watched(account, leg.commitment, position, nullifier, place)

    def insurance(self, ledger: Ledger) -> Watched | None:
        """The insurance's account, or None while there is none or it cannot be opened."""
        newest = ledger.reader.insurance()
        return next((one for one in self.accounts.values() if one.commitment == newest), None)


def worst(account: Account[int], publication: Publication) -> int:
    """What the account is worth in the scenario that is worst for it, of the epoch's maintenance grid."""
    return min(seizure.worth(account.balances, row) for row in publication.maintenance.values)


def seizable(view: View, ledger: Ledger, publication: Publication, guardians: Guardians) -> list[Watched]:
    """The accounts in breach, or sealed to a retired key, other than the insurance's; the worst first."""
    insurance = view.insurance(ledger)
    found = []
    for watched in view.accounts.values():
        if watched is not insurance:
            value = worst(watched.account, publication)
            if value < 0 or watched.account.guard < guardians.stale_before:
                found.append((value, watched.position, watched))
    return [watched for _, _, watched in sorted(found, key=lambda one: one[:2])]
