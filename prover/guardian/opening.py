"""Which escrows guardians open when: those of the present keys at once, and those of old keys when there is time.

Guardians of old keys may be gone, or hang.  They are waited for only after everything else is done, and not for long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from circuits.records import Account
from prover.guardian.group import Group, TooFew
from prover.guardian.view import Opened, Place, View
from settlement.bundles.bundle import Leg
from settlement.ledger import Ledger

OLD_KEYS_S = 2.0
"""How long guardians of old keys are waited for: meanwhile nobody is seized."""


@dataclass(frozen=True)
class Waiting:
    """How many escrows of a key wait, and why."""

    count: int
    reason: str


def present(groups: Mapping[int, Group], number: int | None, legs: Sequence[tuple[Place, Leg]]) -> Opened:
    """The accounts under the key of this number, and None for those under keys whose guardians are not here.

    Raises TooFew.
    """
    own = [(place, leg) for place, leg in legs if leg.public.guard == number]
    opened: dict[Place, Account[int] | None] = {place: None for place, leg in legs if leg.public.guard not in groups}
    if own and number is not None and number in groups:
        opened |= zip((place for place, _ in own), groups[number].open(own), strict=True)
    return opened


def waiting(groups: Mapping[int, Group], view: View, ledger: Ledger) -> tuple[int, dict[int, Waiting]]:
    """Opens what waits, where enough guardians answer soon.

    Returns how many it opened, and what still waits, by number of the key.
    """
    count, left = 0, dict[int, Waiting]()
    for number in sorted({one.leg.public.guard for one in view.waiting.values()}):
        legs = [(place, one.leg) for place, one in view.waiting.items() if one.leg.public.guard == number]
        try:
            opened = groups[number].open(legs, OLD_KEYS_S)
        except TooFew as error:
            left[number] = Waiting(len(legs), str(error))
        else:
            count += view.take_later(ledger, dict(zip((place for place, _ in legs), opened, strict=True)))
    return count, left
