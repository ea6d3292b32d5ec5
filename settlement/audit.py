"""The audit: leads a second ledger through the whole history and compares, with nothing but the database.

Every stored bundle is decoded and checked again as if it were submitted at its time: form, roots, grids, nullifiers,
signatures, sums, proofs and custody.  Every publication is made again from its signed prices.  Tree, roots, nullifiers,
flows, reserves and the chain of events are computed anew, and must be what the tables hold.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from settlement import checks, effects, engine, events, grids, oracle, poolfile
from settlement.checks import ProofItem, VerifyProofs
from settlement.custody import Reserves
from settlement.events import Event
from settlement.rejection import Rejected
from settlement.replay import Replay
from settlement.storage.sqlite import Repository
from zk.errors import FormatError, InvalidProof
from zk.runtime.progress import Progress, silent

PROOFS_PER_BATCH = 64


class Discrepancy(Exception):
    """The database is not what its own history makes of it.  The message says where, in words."""


@dataclass(frozen=True)
class Report:
    """What was found to be right.  `digest` is the newest event's: it stands for the whole history."""

    ledger_id: bytes
    digest: bytes
    events: int
    bundles: int
    publications: int
    legs: int
    proofs: int
    root: int
    reserves: Reserves


def audit(
    path: Path,
    verify_proofs: VerifyProofs = checks.verify_proofs,
    progress: Progress = silent,
) -> Report:
    """What the ledger at `path` holds, when all of it is right.  `progress` hears of every event.

    Raises Discrepancy for the first thing that is wrong, and FormatError when there is no ledger.
    """
    repository = Repository(path, new=False)
    try:
        with repository.reading():
            return _audit(repository, verify_proofs, progress)
    except FormatError as error:
        raise Discrepancy(str(error)) from error
    except sqlite3.DatabaseError as error:
        raise Discrepancy(f"the file cannot be read to its end: {error}") from error
    finally:
        repository.close()


def _audit(repository: Repository, verify: VerifyProofs, progress: Progress) -> Report:
    damage = repository.damage()
    _require(damage is None, f"the file is damaged: {damage}")
    pool = poolfile.decode(repository.pool())
    history = repository.events(0)
    _require(bool(history), "there is no first event")
    replay, proofs = Replay(pool, history[0]), _Proofs(verify)
    _require_event(history[0], events.following(None, events.GENESIS, history[0].created_ms, replay.ledger_id))
    published = {taken.publication.epoch: taken for taken in repository.grids(len(history))}
    for number, event in enumerate(history[1:], start=1):
        if event.kind == events.BUNDLE:
            _replay_bundle(replay, repository, event, proofs)
        elif event.kind == events.GRIDS:
            _replay_grids(replay, published, event)
        else:
            raise Discrepancy(f"the event at height {event.height} is a second beginning")
        progress(number, len(history) - 1)
    proofs.verify()
    _compare(replay, repository)
    bundles = len(replay.roots) - 1
    return Report(
        replay.ledger_id, replay.last_event.digest, len(history), bundles, len(replay.grids), len(replay.outputs),
        proofs.count, replay.root, replay.reserves,
    )


def _replay_bundle(replay: Replay, repository: Repository, event: Event, proofs: "_Proofs") -> None:
    stored = repository.bundle(event.height)
    _require(stored is not None, f"the bundle at height {event.height} is missing")
    bundle_id, data = stored
    try:
        checked = engine.check(replay, data, event.created_ms, proofs.collect(event.height))
    except Rejected as error:
        raise Discrepancy(f"the bundle at height {event.height} should have been refused: {error}") from error
    _require(checked.bundle_id == bundle_id, f"the bundle at height {event.height} has another id than is recorded")
    entry = effects.entry(
        checked, event.created_ms, previous=replay.last_event, size=replay.size, read=replay.node, holdings=replay
    )
    _require_event(event, entry.event)
    replay.settle(entry)


def _replay_grids(replay: Replay, published: dict, event: Event) -> None:
    previous = replay.grids[-1].publication if replay.grids else None
    epoch = 1 if previous is None else previous.epoch + 1
    stored = published.get(epoch)
    _require(stored is not None, f"the grids of epoch {epoch}, published at height {event.height}, are missing")
    try:
        quotes = oracle.decode(stored.publication.evidence)
        publication = oracle.check(replay.pool, quotes, previous, event.created_ms)
    except (Rejected, FormatError) as error:
        raise Discrepancy(f"the grids of epoch {epoch} should have been refused: {error}") from error
    taken = grids.published(publication, event.created_ms)
    _require(taken == stored, f"the grids of epoch {epoch} are not those that their prices give")
    following = events.following(replay.last_event, events.GRIDS, event.created_ms, events.grids_body(taken))
    _require_event(event, following)
    replay.publish(event, taken)


def _compare(replay: Replay, repository: Repository) -> None:
    """The tables against the replay, those first whose difference says most."""
    for name, stored, computed in (
        ("roots", repository.roots(), replay.roots),
        ("nullifiers", repository.nullifiers(), replay.nullifiers),
        ("accounts", repository.outputs(0), replay.outputs),
        ("flows", repository.flows(), replay.flows),
        ("reserves", repository.reserves(), replay.reserves),
        ("tree's nodes", repository.nodes(), replay.nodes),
    ):
        _require(stored == computed, f"the {name} in the database are not those that the history gives")
    for table, count in repository.counts().items():
        expected = len(replay.grids) if table == "grids" else len(replay.roots) - (table == "bundles")
        _require(count == expected, f"there are {count} {table}, and the history has {expected}")


class _Proofs:
    """Collects the proofs of bundles and verifies them in large batches, which is cheaper by far."""

    def __init__(self, verify: VerifyProofs):
        self._verify = verify
        self._waiting: list[tuple[int, ProofItem]] = []
        self.count = 0

    def collect(self, height: int) -> VerifyProofs:
        """A verifier that puts a bundle's proofs off until there are enough."""

        def put_off(items: list[ProofItem]) -> None:
            self._waiting += [(height, item) for item in items]
            self.count += len(items)
            if len(self._waiting) >= PROOFS_PER_BATCH:
                self.verify()

        return put_off

    def verify(self) -> None:
        """Verifies what is waiting.  Raises Discrepancy, naming the height, when a proof is bad."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            self._verify([item for _, item in waiting])
        except InvalidProof as error:
            height = waiting[error.index][0]
            raise Discrepancy(f"a proof of the bundle at height {height} does not verify") from error


def _require_event(stored: Event, computed: Event) -> None:
    _require(stored == computed, f"the event at height {stored.height} is not the one that follows from history")


def _require(holds: bool, complaint: str) -> None:
    if not holds:
        raise Discrepancy(complaint)
