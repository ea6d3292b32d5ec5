"""The audit: replays a ledger's whole history, from its database alone, and compares the result with the tables.

Every stored bundle is decoded and checked again as if it were submitted at its time: form, time, roots, grids,
nullifiers, signatures, sums, proofs and custody.  Every publication is computed again from its signed prices, and every
change of the parameters, heartbeat and expiry checked again (settlement.audit.replaying; bundles that follow each
other, together: settlement.audit.replayedblocks).  Then every row of every table follows from the history, and must be
stored exactly so (settlement.audit.comparison), or from what was signed: an order's leg (settlement.audit.orderaudit),
a validator's cosignature (settlement.audit.cosignatureaudit).

A history that was cut off at its end is as sound as the whole one.  So it must also have every event that the ledger's
checkpoints call settled, and every event that the caller expects.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby, islice

from circuits.records import Root
from settlement import databases, events
from settlement.audit import comparison, cosignatureaudit, orderaudit, replayedblocks, replaying
from settlement.audit.replay import Replay
from settlement.audit.replayedblocks import Listed, NotSure, Verifying
from settlement.audit.replaying import Source
from settlement.block import Block
from settlement.checks import checks
from settlement.checks.proofbatches import ProofBatches
from settlement.checks.state import VerifyProofs
from settlement.custody import Reserves
from settlement.databases import Acknowledged, Place
from settlement.errors import Discrepancy, Unavailable, require
from settlement.events import Event
from settlement.ids import LedgerId
from settlement.pool import poolfile
from settlement.pool.pool import Pool
from settlement.publicaccounts import Balances
from settlement.storage.checkpoints import EventsLost
from settlement.storage.connections import one_line
from settlement.storage.repository import Repository
from zk.errors import FormatError
from zk.runtime.progress import Progress, silent

__all__ = ["Discrepancy", "Expected", "Report", "audit"]


@dataclass(frozen=True)
class Expected:
    """An event that must be in the history: its digest and, if known, its height.

    `who` begins the sentence of a refusal, with its verb: "the wallet main saw".  With a `ledger_id`, the event is of
    that ledger, and of no interest to the audit of another.
    """

    who: str
    digest: bytes
    height: int | None = None
    ledger_id: LedgerId | None = None


@dataclass(frozen=True)
class Report:
    """The result of a successful audit.  `digest` is the newest event's, which commits to the whole history.

    `expected_at` has the heights of the expected events, in their order, None for those of another ledger; `warnings`
    are sentences about what the audit could not check.
    """

    ledger_id: LedgerId
    pool: Pool
    digest: bytes
    events: int
    bundles: int
    publications: int
    changes: int
    heartbeats: int
    expiries: int
    legs: int
    proofs: int
    orders: int
    cosignatures: int
    root: Root
    reserves: Reserves
    accounts: Balances
    expected_at: tuple[int | None, ...]
    warnings: tuple[str, ...]


def audit(
    place: Place,
    verify_proofs: VerifyProofs = checks.verify_proofs,
    progress: Progress = silent,
    expected: Sequence[Expected] = (),
) -> Report:
    """Audits the ledger at `place`, calling `progress` after every few hundred events.  Changes nothing.

    Raises Discrepancy for the first thing that is wrong, and FormatError when there is no ledger that can be read.
    """
    try:
        acknowledged = databases.acknowledged(place)  # before the database, which has all of these and more
        repository = databases.open(place, read_only=True)
    except EventsLost as error:
        raise Discrepancy(str(error)) from error
    with closing(repository):
        try:
            with repository.reader.reading():
                return _audit(repository, verify_proofs, progress, expected, acknowledged)
        except FormatError as error:
            raise Discrepancy(str(error)) from error
        except Unavailable as error:
            if not isinstance(error.__cause__, sqlite3.Error):
                raise  # a server that is away says nothing of its history
            raise Discrepancy(f"the file cannot be read to its end: {one_line(error.__cause__)}") from error
        # Of a damaged page, SQLite may ask for any amount of memory, and quote anything.
        except (sqlite3.DatabaseError, MemoryError, UnicodeDecodeError) as error:
            raise Discrepancy(f"the file cannot be read to its end: {one_line(error)}") from error


def _audit(
    repository: Repository,
    verify: VerifyProofs,
    progress: Progress,
    expected: Sequence[Expected],
    acknowledged: Acknowledged,
) -> Report:
    reader = repository.reader
    damage = reader.damage()
    require(damage is None, f"the file is damaged: {damage}")
    pool, history = poolfile.decode(reader.pool()), reader.events()
    require(bool(history), "there is no first event")
    genesis = events.first(history[0].created_ms, poolfile.ledger_id(pool))
    replay, proofs = Replay(pool, genesis), ProofBatches(verify)
    _require_event(history[0], genesis.event)
    done = 0
    for is_bundle, run in groupby(history[1:], key=lambda event: event.kind == events.BUNDLE):
        while some := list(islice(run, replayedblocks.BUNDLES if is_bundle else 1)):
            if not (is_bundle and _replay_together(replay, reader, some, proofs, verify)):
                _replay(replay, reader, some, proofs)
            done += len(some)
            progress(done, len(history) - 1)
    orders = orderaudit.check(replay, repository.orders, proofs.collect)
    proofs.verify()
    comparison.check(replay, history, reader)
    cosignatures = cosignatureaudit.check(replay, history, repository.witnessed)
    # Opening has compared the newest line only: an older one may tell of a history that was replaced before it.
    settled = [Expected("the list of settled events has", one.digest, one.height) for one in acknowledged.events]
    _heights(replay.ledger_id, history, settled)
    return Report(
        ledger_id=replay.ledger_id,
        pool=pool,
        digest=history[-1].digest,
        events=len(history),
        bundles=len(replay.roots) - 1,
        publications=len(replay.published),
        changes=len(replay.announced),
        heartbeats=len(replay.heartbeats),
        expiries=len(replay.expiries),
        legs=len(replay.outputs),
        proofs=proofs.count,
        orders=orders,
        cosignatures=cosignatures,
        root=replay.tree().root,
        reserves=replay.holdings,
        accounts=replay.balances,
        expected_at=_heights(replay.ledger_id, history, expected),
        warnings=_warnings(history, acknowledged) + _of_others(replay.ledger_id, expected),
    )


def _replay_together(
    replay: Replay, source: Source, history: Sequence[Event], proofs: ProofBatches, verify: VerifyProofs
) -> bool:  # fmt: skip
    """Replays these bundles and returns True, or changes nothing: then one of them is false."""
    stored = [source.bundle(event.height) for event in history]
    listed = [Listed(event, *one) for event, one in zip(history, stored, strict=True) if one is not None]
    block = Block(replay)
    try:
        require(len(listed) == len(history), "a bundle is missing")
        with Verifying(verify) as verifying:
            for entry in replayedblocks.entries(block, listed, verifying):
                block.add(entry)
        for event, entry in zip(history, block.entries, strict=True):
            _require_event(event, entry.event)
    except (NotSure, Discrepancy):
        return False
    for entry in block.entries:
        replay.record(entry)
    proofs.count += verifying.count
    return True


def _replay(replay: Replay, source: Source, history: Sequence[Event], proofs: ProofBatches) -> None:
    """Replays these events one by one.  Raises Discrepancy for the first that is false."""
    for event in history:
        entry = replaying.entry(replay, source, event, proofs)
        _require_event(event, entry.appended.event)
        replay.record(entry)
    proofs.verify()


def _heights(ledger_id: LedgerId, history: list[Event], expected: Sequence[Expected]) -> tuple[int | None, ...]:
    """The heights of the expected events.  Raises Discrepancy when the history lacks one of this ledger."""
    heights = {event.digest: event.height for event in history}
    ours = [one.ledger_id in (None, ledger_id) for one in expected]
    for one in (one for one, is_ours in zip(expected, ours, strict=True) if is_ours):
        at = "" if one.height is None else f" at height {one.height}"
        require(
            one.digest in heights and one.height in (None, heights[one.digest]),
            f"{one.who} the event {one.digest.hex()}{at}, which this history lacks: events were lost or replaced"
            f" (its newest is {history[-1].digest.hex()} at height {history[-1].height})",
        )
    return tuple(heights[one.digest] if is_ours else None for one, is_ours in zip(expected, ours, strict=True))


def _of_others(ledger_id: LedgerId, expected: Sequence[Expected]) -> tuple[str, ...]:
    return tuple(f"{one.who} events of another ledger" for one in expected if one.ledger_id not in (None, ledger_id))


def _warnings(history: list[Event], acknowledged: Acknowledged) -> tuple[str, ...]:
    if acknowledged.name is None:
        return (
            "a ledger in PostgreSQL has no list of settled events beside it, so events that were lost from its end"
            " cannot be noticed here: compare its newest digest with one that you know (--expect)",
        )
    missing = len(history) - 1 - sum(checkpoint.height > 0 for checkpoint in acknowledged.events)
    if not missing:
        return ()
    if not acknowledged.exists:
        return (
            f"there is no {acknowledged.name} beside the ledger, so events that were lost from its end cannot be"
            " noticed here: compare its newest digest with one that you know (--expect). The next event makes the file"
            " again",
        )
    return (
        f"{acknowledged.name} does not call {missing} of {len(history) - 1} events settled: a process ended before"
        " it could, or the file was changed. The next event adds them",
    )


def _require_event(stored: Event, computed: Event) -> None:
    require(stored == computed, f"the event at height {stored.height} does not follow from the history")
