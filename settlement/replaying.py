"""One event of a stored history, checked again as if it were submitted at its time."""

from collections.abc import Callable

from settlement import checks, effects, engine, events, heartbeat, quotes, recording
from settlement.errors import Discrepancy, require
from settlement.events import Event
from settlement.proofbatches import ProofBatches
from settlement.rejection import Rejected
from settlement.replay import Replay
from settlement.storage.reader import Reader
from settlement.storage.rows import BundleEntry, ChangeEntry, Entry, ExpiryEntry, GridsEntry, HeartbeatEntry
from zk.errors import FormatError


def entry(replay: Replay, reader: Reader, event: Event, proofs: ProofBatches) -> Entry:
    """The rows of the event after the replayed ones, computed from what the database has stored of it.

    Raises Discrepancy when that is missing, or the ledger should have refused it.
    """
    if event.kind == events.GENESIS:
        raise Discrepancy(f"the event at height {event.height} is a second genesis")
    computing: Callable[..., Entry] = _COMPUTING[event.kind]
    try:
        return computing(replay, reader, event, proofs)
    except (Rejected, FormatError) as error:
        what = f"{_NAMES[event.kind]} at height {event.height}"
        raise Discrepancy(f"{what} should have been refused: {error}") from error


def _bundle(replay: Replay, reader: Reader, event: Event, proofs: ProofBatches) -> BundleEntry:
    stored = reader.bundle(event.height)
    if stored is None:
        raise Discrepancy(f"the bundle at height {event.height} is missing")
    bundle_id, data = stored
    checked = engine.check(replay, data, event.created_ms, proofs.collect(f"the bundle at height {event.height}"))
    require(checked.bundle_id == bundle_id, f"the bundle at height {event.height} has another id in its table")
    settling = checks.check_payments(replay, checked.parameters, checked.bundle)
    return effects.entry(replay, checked, settling, event.created_ms)


def _grids(replay: Replay, reader: Reader, event: Event, proofs: ProofBatches) -> GridsEntry:
    newest = replay.grids(1)
    epoch = newest[0].publication.epoch + 1 if newest else 1
    stored = reader.epoch(epoch)
    if stored is None:
        raise Discrepancy(f"the grids of epoch {epoch}, published at height {event.height}, are missing")
    checks.check_clock(replay.last_event(), event.created_ms)
    publication = engine.publication(replay, quotes.decode(stored.publication.evidence), event.created_ms)
    require(publication == stored.publication, f"the grids of epoch {epoch} do not follow from their prices")
    return recording.grids(replay, publication, event.created_ms)


def _change(replay: Replay, reader: Reader, event: Event, proofs: ProofBatches) -> ChangeEntry:
    return recording.change(replay, _sent(reader, event), event.created_ms)


def _heartbeat(replay: Replay, reader: Reader, event: Event, proofs: ProofBatches) -> HeartbeatEntry:
    computed = recording.beat(replay, _sent(reader, event), event.created_ms)
    collected = proofs.collect(f"the heartbeat at height {event.height}")
    heartbeat.check_proof(replay, heartbeat.decode(computed.data), collected)
    return computed


def _expiry(replay: Replay, reader: Reader, event: Event, proofs: ProofBatches) -> ExpiryEntry:
    return recording.expire(replay, _sent(reader, event), event.created_ms)


def _sent(reader: Reader, event: Event) -> bytes:
    data = reader.sent(event.kind, event.height)
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
