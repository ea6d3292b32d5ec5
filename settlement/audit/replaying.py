"""One event of a ledger's history, checked again as if it were submitted at its time: an audit's, or a follower's."""

from collections.abc import Callable
from typing import Protocol

from settlement import engine, events
from settlement.checks import checks, effects, heartbeat, recording
from settlement.checks.proofbatches import ProofBatches
from settlement.checks.state import State
from settlement.errors import Discrepancy, require
from settlement.events import Event
from settlement.ids import BundleId
from settlement.rejection import Rejected
from settlement.risk import quotes
from settlement.risk.grids import PublishedGrids
from settlement.storage.rows import BundleEntry, ChangeEntry, Entry, ExpiryEntry, GridsEntry, HeartbeatEntry
from zk.errors import FormatError


class Source(Protocol):
    """Has what was sent for the events of a history: a database, or what was received from one."""

    def bundle(self, height: int) -> tuple[BundleId, bytes] | None:
        """Id and bytes of the bundle at a height, or None."""

    def epoch(self, number: int) -> PublishedGrids | None:
        """The grids of one epoch, or None."""

    def sent(self, kind: str, height: int) -> bytes | None:
        """The bytes in which the change, heartbeat or expiry at a height came, or None."""


def entry(state: State, source: Source, event: Event, proofs: ProofBatches) -> Entry:
    """The rows of the event after the newest of `state`, computed from what the source has of it.

    Raises Discrepancy when that is missing, or the ledger should have refused it.
    """
    if event.kind == events.GENESIS:
        raise Discrepancy(f"the event at height {event.height} is a second genesis")
    computing: Callable[..., Entry] = _COMPUTING[event.kind]
    try:
        return computing(state, source, event, proofs)
    except (Rejected, FormatError) as error:
        what = f"{_NAMES[event.kind]} at height {event.height}"
        raise Discrepancy(f"{what} should have been refused: {error}") from error


def _bundle(state: State, source: Source, event: Event, proofs: ProofBatches) -> BundleEntry:
    stored = source.bundle(event.height)
    if stored is None:
        raise Discrepancy(f"the bundle at height {event.height} is missing")
    bundle_id, data = stored
    checked = engine.check(state, data, event.created_ms, proofs.collect(f"the bundle at height {event.height}"))
    require(checked.bundle_id == bundle_id, f"the bundle at height {event.height} has another id in its table")
    settling = checks.check_payments(state, checked.parameters, checked.bundle)
    return effects.entry(state.reader, checked, settling, event.created_ms)


def _grids(state: State, source: Source, event: Event, proofs: ProofBatches) -> GridsEntry:
    newest = state.reader.grids(1)
    epoch = newest[0].publication.epoch + 1 if newest else 1
    stored = source.epoch(epoch)
    if stored is None:
        raise Discrepancy(f"the grids of epoch {epoch}, published at height {event.height}, are missing")
    checks.check_clock(state.reader.last_event(), event.created_ms)
    publication = engine.publication(state, quotes.decode(stored.publication.evidence), event.created_ms)
    require(publication == stored.publication, f"the grids of epoch {epoch} do not follow from their prices")
    return recording.grids(state, publication, event.created_ms)


def _change(state: State, source: Source, event: Event, proofs: ProofBatches) -> ChangeEntry:
    return recording.change(state, _sent(source, event), event.created_ms)


def _heartbeat(state: State, source: Source, event: Event, proofs: ProofBatches) -> HeartbeatEntry:
    computed = recording.beat(state, _sent(source, event), event.created_ms)
    collected = proofs.collect(f"the heartbeat at height {event.height}")
    heartbeat.check_proof(state, heartbeat.decode(computed.data), collected)
    return computed


def _expiry(state: State, source: Source, event: Event, proofs: ProofBatches) -> ExpiryEntry:
    return recording.expire(state, _sent(source, event), event.created_ms)


def _sent(source: Source, event: Event) -> bytes:
    data = source.sent(event.kind, event.height)
    if data is None:
        raise Discrepancy(f"{_NAMES[event.kind]} at height {event.height} is missing")
    return data


_COMPUTING: dict[str, Callable[..., Entry]] = {
    events.BUNDLE: _bundle,
    events.GRIDS: _grids,
    events.PARAMETERS: _change,
    events.INSURANCE: _heartbeat,
    events.EXPIRY: _expiry,
}
_NAMES = {
    events.BUNDLE: "the bundle",
    events.GRIDS: "the publication",
    events.PARAMETERS: "the change of the parameters",
    events.INSURANCE: "the heartbeat",
    events.EXPIRY: "the expiry",
}
