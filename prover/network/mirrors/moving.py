"""Moves a home's ledger into another database, and leaves the home a copy, as if it had joined its own service.

Two ledgers of one pool would soon be two histories, under one operator's signature.  So from the first time on that a
home's ledger is served from another place, whatever changes it goes to the service, from this home's commands too
(prover/network/mirrors/joined.py), and what lay in the home follows.
"""

from collections.abc import Sequence

from settlement import databases
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.databases import Place
from settlement.errors import Discrepancy
from settlement.events import Event
from settlement.following import following
from settlement.following.following import Received
from settlement.ledger import Ledger
from zk.errors import FormatError

BATCH = 256  # events that are recorded together


def move(
    own: Ledger, place: Place, verify_proofs: VerifyProofs = checks.verify_proofs, size: int | None = None
) -> int:  # fmt: skip
    """Makes the ledger at `place` have all that this one has, or its first `size` events; returns how many it lacked.

    Every event is checked as it is recorded.  A ledger that is already there may have more events.  Raises FormatError
    when another ledger is there, Discrepancy when it has another history, and as Ledger.create and Ledger.open.
    """
    genesis = _event(own, 0)
    try:
        there = Ledger.create(place, own.pool, genesis.created_ms)
    except FormatError:  # there is one already, or there cannot be one, which opening it will say
        there = Ledger.open(place)
    with there:
        if there.ledger_id != own.ledger_id:
            raise FormatError(f"{databases.shown(place)} has the ledger {there.ledger_id.hex()[:16]} of another pool")
        first = there.reader.last_event().height + 1
        last = own.reader.last_event().height if size is None else size - 1
        shared = min(first - 1, last)
        if _event(own, shared).digest != _event(there, shared).digest:
            raise Discrepancy(
                f"the ledger in {databases.shown(place)} has another history than the home's: one of them must go"
            )
        for start in range(first, last + 1, BATCH):
            following.follow(there, _received(own, range(start, min(start + BATCH, last + 1))), verify_proofs)
        for number, note in own.witnessed.successions().items():
            there.witnessed.succeed(number, note)
    return max(0, last + 1 - first)


def _received(own: Ledger, heights: Sequence[int]) -> list[Received]:
    events = [_event(own, height) for height in heights]
    return [Received(event.leaf, following.sent(own.reader, event)) for event in events]


def _event(ledger: Ledger, height: int) -> Event:
    event = ledger.reader.event(height)
    if event is None:
        raise Discrepancy(f"the ledger lost the event at height {height}")
    return event
