"""The audit: replays a ledger's whole history, from its database alone, and compares the result with the tables.

Every stored bundle is decoded and checked again as if it were submitted at its time: form, roots, grids, nullifiers,
signatures, sums, proofs and custody.  Every publication is computed again from its signed prices.  Tree, roots,
nullifiers, flows, reserves and the chain of events are recomputed and must equal the tables.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from circuits.records import Root
from settlement import checks, custody, effects, engine, events, grids, oracle, poolfile
from settlement.checks import VerifyProofs
from settlement.custody import Reserves
from settlement.events import Event
from settlement.grids import PublishedGrids
from settlement.ids import LedgerId
from settlement.rejection import Rejected
from settlement.replay import Replay
from settlement.storage.reader import Reader
from settlement.storage.sqlite import Repository
from zk.errors import FormatError, InvalidProof
from zk.groth16.keys import Claim
from zk.runtime.progress import Progress, silent

PROOFS_PER_BATCH = 64


class Discrepancy(Exception):
    """The database contradicts its own history.  The message says where."""


@dataclass(frozen=True)
class Report:
    """The result of a successful audit.  `digest` is the newest event's, which commits to the whole history."""

    ledger_id: LedgerId
    digest: bytes
    events: int
    bundles: int
    publications: int
    legs: int
    proofs: int
    root: Root
    reserves: Reserves


def audit(
    path: Path, verify_proofs: VerifyProofs = checks.verify_proofs, progress: Progress = silent
) -> Report:
    """Audits the ledger at `path`, calling `progress` after every event.

    Raises Discrepancy for the first thing that is wrong, and FormatError when there is no ledger.
    """
    repository = Repository(path, new=False)
    try:
        with repository.reader.reading():
            return _audit(repository.reader, verify_proofs, progress)
    except FormatError as error:
        raise Discrepancy(str(error)) from error
    except sqlite3.DatabaseError as error:
        raise Discrepancy(f"the file cannot be read to its end: {error}") from error
    finally:
        repository.close()


def _audit(reader: Reader, verify: VerifyProofs, progress: Progress) -> Report:
    damage = reader.damage()
    _require(damage is None, f"the file is damaged: {damage}")
    pool, history = poolfile.decode(reader.pool()), reader.events()
    _require(bool(history), "there is no first event")
    replay, proofs = Replay(pool, history[0]), _Proofs(verify)
    _require_event(history[0], events.next_event(None, events.GENESIS, history[0].created_ms, replay.ledger_id))
    published = {grids.publication.epoch: grids for grids in reader.grids(len(history))}
    for number, event in enumerate(history[1:], start=1):
        if event.kind == events.BUNDLE:
            _replay_bundle(replay, reader, event, proofs)
        elif event.kind == events.GRIDS:
            _replay_grids(replay, published, event)
        else:
            raise Discrepancy(f"the event at height {event.height} is a second genesis")
        progress(number, len(history) - 1)
    proofs.verify()
    _compare(replay, reader)
    return Report(
        ledger_id=replay.ledger_id,
        digest=replay.last_event.digest,
        events=len(history),
        bundles=len(replay.roots) - 1,
        publications=len(replay.published),
        legs=len(replay.outputs),
        proofs=proofs.count,
        root=replay.tree().root,
        reserves=replay.reserves,
    )


def _replay_bundle(replay: Replay, reader: Reader, event: Event, proofs: "_Proofs") -> None:
    stored = reader.bundle(event.height)
    if stored is None:
        raise Discrepancy(f"the bundle at height {event.height} is missing")
    bundle_id, data = stored
    try:
        checked = engine.check(replay, data, event.created_ms, proofs.collect(event.height))
    except Rejected as error:
        raise Discrepancy(f"the bundle at height {event.height} should have been refused: {error}") from error
    _require(checked.bundle_id == bundle_id, f"the bundle at height {event.height} has another id in its table")
    entry = effects.entry(
        checked,
        event.created_ms,
        previous=replay.last_event,
        size=replay.tree().size,
        read=replay.node,
        reserves=custody.reserves_after(replay, checked.bundle.legs),
    )
    _require_event(event, entry.event)
    replay.settle(entry)


def _replay_grids(replay: Replay, published: dict[int, PublishedGrids], event: Event) -> None:
    previous = replay.published[-1].publication if replay.published else None
    epoch = 1 if previous is None else previous.epoch + 1
    stored = published.get(epoch)
    if stored is None:
        raise Discrepancy(f"the grids of epoch {epoch}, published at height {event.height}, are missing")
    try:
        quotes = oracle.decode(stored.publication.evidence)
        publication = oracle.check(replay.pool, quotes, previous, event.created_ms)
    except (Rejected, FormatError) as error:
        raise Discrepancy(f"the grids of epoch {epoch} should have been refused: {error}") from error
    computed = grids.with_roots(publication, event.created_ms)
    _require(computed == stored, f"the grids of epoch {epoch} do not follow from their prices")
    body = events.grids_body(computed)
    _require_event(event, events.next_event(replay.last_event, events.GRIDS, event.created_ms, body))
    replay.publish(event, computed)


def _compare(replay: Replay, reader: Reader) -> None:
    """Compares the tables with the replay, the most telling table first."""
    for name, stored, computed in (
        ("roots", reader.roots(), replay.roots),
        ("nullifiers", reader.nullifiers(), replay.nullifiers),
        ("accounts", reader.outputs(), replay.outputs),
        ("flows", reader.flows(), replay.flows),
        ("reserves", reader.reserves(), replay.reserves),
        ("tree's nodes", reader.nodes(), replay.nodes),
    ):
        _require(stored == computed, f"the {name} in the database do not follow from the history")
    for table, count in reader.counts().items():
        expected = len(replay.published) if table == "grids" else len(replay.roots) - (table == "bundles")
        _require(count == expected, f"there are {count} {table}, but the history has {expected}")


class _Proofs:
    """Collects the proofs of bundles and verifies them in large batches, which is much cheaper."""

    def __init__(self, verify: VerifyProofs):
        self._verify = verify
        self._waiting: list[tuple[int, Claim]] = []
        self.count = 0

    def collect(self, height: int) -> VerifyProofs:
        """A verifier that defers a bundle's proofs until there are enough for a batch."""

        def defer(claims: list[Claim]) -> None:
            self._waiting += [(height, claim) for claim in claims]
            self.count += len(claims)
            if len(self._waiting) >= PROOFS_PER_BATCH:
                self.verify()

        return defer

    def verify(self) -> None:
        """Verifies the waiting proofs.  Raises Discrepancy, naming the height, when one is bad."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            self._verify([claim for _, claim in waiting])
        except InvalidProof as error:
            assert error.index is not None, "a batch names its bad member"
            height = waiting[error.index][0]
            raise Discrepancy(f"a proof of the bundle at height {height} does not verify") from error


def _require_event(stored: Event, computed: Event) -> None:
    _require(stored == computed, f"the event at height {stored.height} does not follow from the history")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise Discrepancy(message)
