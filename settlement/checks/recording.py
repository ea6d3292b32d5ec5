"""What a publication, a change of the parameters, a heartbeat or an expiry writes, checked against the state.

One function for each, which the ledger calls under its lock and the audit on its replay: so both apply the same checks,
at the event's own time.
"""

from settlement import events
from settlement.checks import checks, expiry, heartbeat, margins
from settlement.checks.state import State
from settlement.events import Appended
from settlement.pool import governance
from settlement.rejection import Rejected, Rejection
from settlement.risk.grids import Publication, PublishedGrids
from settlement.storage.rows import ChangeEntry, ExpiryEntry, GridsEntry, HeartbeatEntry
from zk.errors import FormatError


def grids(state: State, publication: Publication, now_ms: int) -> GridsEntry:
    """The rows of a publication that settlement.risk.oracle has checked.

    Raises Rejected when another epoch is next, or the clock is behind.
    """
    checks.check_clock(state.reader.last_event(), now_ms)
    newest = state.reader.grids(1)
    next_epoch = newest[0].publication.epoch + 1 if newest else 1
    if publication.epoch != next_epoch:
        raise Rejected(
            Rejection.WRONG_EPOCH, f"the publication is for epoch {publication.epoch}, but {next_epoch} is next"
        )
    body = events.grids_body(publication)
    return GridsEntry(_append(state, events.GRIDS, now_ms, body), PublishedGrids(publication, now_ms))


def change(state: State, data: bytes, now_ms: int) -> ChangeEntry:
    """The rows of a change of the parameters in these bytes.  Raises Rejected: MALFORMED, or as governance.check."""
    try:
        decoded = governance.decode(data)
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None
    checks.check_clock(state.reader.last_event(), now_ms)
    announced = state.reader.changes()
    newest = announced[-1].change if announced else None
    before = (state.pool.parameters, 0) if newest is None else (newest.parameters, newest.effective_ms)
    governance.check(state.pool, *before, decoded, now_ms)
    body = events.parameters_body(decoded.parameters.version, decoded.effective_ms, data)
    return ChangeEntry(_append(state, events.PARAMETERS, now_ms, body), decoded, data)


def beat(state: State, data: bytes, now_ms: int) -> HeartbeatEntry:
    """The rows of a heartbeat in these bytes, whose proof heartbeat.check_proof verifies.

    Raises Rejected: MALFORMED, or as heartbeat.check.
    """
    try:
        decoded = heartbeat.decode(data)
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None
    checks.check_clock(state.reader.last_event(), now_ms)
    heartbeat.check(state, decoded)
    body = events.insurance_body(decoded.epoch, data)
    return HeartbeatEntry(_append(state, events.INSURANCE, now_ms, body), decoded.epoch, data)


def expire(state: State, data: bytes, now_ms: int) -> ExpiryEntry:
    """The rows of an early expiry in these bytes.  Raises Rejected: MALFORMED, or as expiry.check."""
    try:
        decoded = expiry.decode(data)
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None
    checks.check_clock(state.reader.last_event(), now_ms)
    expiry.check(state, decoded, margins.silent_epochs(state), now_ms)
    body = events.expiry_body(decoded.claim, decoded.rate, data)
    return ExpiryEntry(_append(state, events.EXPIRY, now_ms, body), decoded.claim, decoded.rate, data)


def _append(state: State, kind: str, now_ms: int, body: bytes) -> Appended:
    return events.following(state.reader.last_event(), state.reader.log_node, kind, now_ms, body)
