"""What one step of watching did, and what it could not do and why."""

from dataclasses import dataclass, field

from circuits.records import Nullifier
from prover.guardian.opening import Waiting
from prover.guardian.view import Watched


@dataclass(frozen=True)
class Refused:
    """An account whose seizure is refused, and why."""

    watched: Watched
    reason: str


@dataclass
class Step:
    """What one step did.

    `left` are accounts that should end and did not, `refused` those of which guardians or the ledger say why not.
    `waiting` has the escrows of old keys that too few guardians answer to open, and who does not, by number of the key.
    `is_hidden` says that nobody here can open the insurance's account, so that nothing can be seized.
    """

    opened: int = 0
    founded: bool = False
    drawn: int = 0
    seized: list[Watched] = field(default_factory=list)
    left: list[Watched] = field(default_factory=list)
    refused: dict[Nullifier, Refused] = field(default_factory=dict)
    waiting: dict[int, Waiting] = field(default_factory=dict)
    has_beaten: bool = False
    is_insolvent: bool = False
    is_hidden: bool = False
