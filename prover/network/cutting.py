"""Takes back from a copy what its operator settled after the validators had replaced it.

What is void stays in a file of its own, a ledger that can be audited, because nobody should lose what somebody signed;
and all of it is sent again, by everybody who has it: what still holds settles, once.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prover.machine import arrayfolder
from prover.network import moving
from prover.network.refusals import Refused
from settlement import databases, events, following
from settlement.ledger import Ledger
from settlement.rejection import Rejected

PATHS = {
    events.BUNDLE: "/bundles",
    events.GRIDS: "/publications",
    events.PARAMETERS: "/changes",
    events.INSURANCE: "/heartbeats",
    events.EXPIRY: "/expiries",
}
"""Where a service takes what an event came in, by the event's kind."""


@dataclass(frozen=True)
class Void:
    """A ledger whose events from the height `size` on are void."""

    path: Path
    size: int


@dataclass(frozen=True)
class Resent:
    """How many void events were sent again and settled, and how many were refused now."""

    settled: int
    refused: int


def cut(ledger: Ledger, place: Path, size: int) -> Void:
    """Leaves a copy at `place` its first `size` events, in one transaction, and returns all that it had.

    Its orders are gone too: they are the service's to list.  Raises as Ledger.create does.
    """
    last = ledger.reader.last_event()
    kept = place.with_name(f"void-{size}-{last.digest.hex()[:16]}.sqlite")
    if not kept.exists():
        databases.copy(place, kept)
    with tempfile.TemporaryDirectory(prefix=f"{arrayfolder.UNFINISHED}cut-", dir=place.parent) as folder:
        shorter = Path(folder, place.name)
        moving.move(ledger, shorter, lambda claims: None, size)  # each was verified when it came
        with Ledger.open(shorter, read_only=True) as beginning:
            ledger.become(beginning)
    return Void(kept, size)


def resend(void: Void, post: Callable[[str, bytes], bytes]) -> Resent:
    """Sends the void events again, in their order.  Raises errors.Unavailable when the service is not there."""
    settled = refused = 0
    with Ledger.open(void.path, read_only=True, accept_older=True) as ledger:
        for event in ledger.reader.events(void.size):
            data = following.sent(ledger.reader, event)
            if event.kind == events.GRIDS:
                published = ledger.reader.epoch(int.from_bytes(event.body[:8], "big"))
                assert published is not None, "the event was recorded with it"
                data = published.publication.evidence
            try:
                post(PATHS[event.kind], data)
                settled += 1
            except (Rejected, Refused):
                refused += 1
    return Resent(settled, refused)
