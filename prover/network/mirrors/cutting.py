"""Takes back from a copy what its operator settled after the validators had replaced it.

What is void stays in a file of its own, a ledger that can be audited, because nobody should lose what somebody signed;
and all of it is sent again, by everybody who has it: what still holds settles, once.
"""

import bisect
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prover.machine import arrayfolder
from prover.network.mirrors import moving
from prover.network.wire.refusals import Refused
from settlement import databases, events
from settlement.databases import Place
from settlement.following import finality, following
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from zk.errors import FormatError

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


def cut(ledger: Ledger, folder: Path, size: int) -> Void:
    """Leaves a ledger its first `size` events, in one transaction, and returns all that it had, in a file in `folder`.

    Its orders are gone too: they are the service's to list.  Raises as Ledger.create does.
    """
    last = ledger.reader.last_event()
    kept = folder / f"void-{size}-{last.digest.hex()[:16]}.sqlite"
    if not kept.exists():
        databases.keep(ledger.reader, kept)
    with tempfile.TemporaryDirectory(prefix=f"{arrayfolder.UNFINISHED}cut-", dir=folder) as unfinished:
        shorter = Path(unfinished, "shorter.sqlite")
        moving.move(ledger, shorter, lambda claims: None, size)  # each was verified when it came
        with Ledger.open(shorter, read_only=True) as beginning:
            ledger.become(beginning)
    return Void(kept, size)


def cut_void(own: Ledger, place: Place, folder: Path) -> Void | None:
    """Cuts from the ledger at `place` what a home's ledger, which is the newer one, does not have, because an operator
    settled it after a succession had replaced him.  Returns what was there, in a file in `folder`, or None when nothing
    was cut.

    So a database from which an operator served follows when he serves from there again.  Nothing is cut where no
    succession explains the difference, nor where there is no ledger, or another pool's.
    """
    try:
        there = Ledger.open(place)
    except FormatError:  # there is none; or what is there cannot be opened, which whoever moves a ledger there is told
        return None
    with there:
        size = _common(own, there)
        if there.reader.last_event().height < size or not size or not finality.is_void(own, size):
            return None
        return cut(there, folder, size)


def _common(own: Ledger, there: Ledger) -> int:
    """With how many events both begin: an event's digest is the root of all up to it."""
    fewest = min(own.reader.last_event().height, there.reader.last_event().height) + 1
    heights = range(fewest)
    return bisect.bisect_left(heights, True, key=lambda height: own.reader.event(height) != there.reader.event(height))


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
