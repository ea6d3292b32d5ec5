"""A ledger that follows another: it takes the other's events in their order, and checks each as if it came here first.

What is read of the other ledger is the files of its log (settlement.log.tiles): the leaves, which are all that a
checkpoint's root covers, and beside them what was sent for each event, which a leaf names by its digest.  A follower
trusts nobody: it verifies every signature and proof, computes every grid, and has in the end the same history, byte for
byte, or has stopped before the first event that should have been refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from typing import Any

from settlement import events
from settlement.audit import replayedblocks, replaying
from settlement.audit.replayedblocks import Listed, NotSure, Verifying
from settlement.audit.replaying import Source
from settlement.block import Block
from settlement.checks import checks
from settlement.checks.proofbatches import ProofBatches
from settlement.checks.state import State, VerifyProofs
from settlement.errors import Discrepancy, require
from settlement.events import Event
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log import tiles
from settlement.log.tiles import COMMITMENTS, DATA, ENTRIES, Tile
from settlement.risk import grids
from settlement.risk.grids import PublishedGrids
from settlement.storage.batchreader import BatchReader
from settlement.storage.rows import BundleEntry, Entry
from zk.errors import FormatError

_BUNDLE_ID_BYTES = 32
_EPOCH_BYTES = 8


@dataclass(frozen=True)
class Received:
    """An event of another ledger: the leaf of its log, and what was sent for it."""

    leaf: bytes
    sent: bytes


def tile(reader: BatchReader, wanted: Tile) -> bytes | None:
    """The bytes of a file of the ledger's log or of its commitments, or None when there are not so many."""
    if wanted.row == COMMITMENTS:
        if not tiles.exists(wanted, reader.tree().size):
            return None
        return b"".join(leaf for _, leaf, _ in reader.leaves(wanted.first, wanted.width))
    if not tiles.exists(wanted, reader.last_event().height + 1):
        return None
    if wanted.row not in (ENTRIES, DATA):
        return b"".join(reader.log_row(tiles.level(wanted), wanted.first, wanted.width))
    end = wanted.first + wanted.width
    found = reader.events(wanted.first, end)
    if wanted.row == ENTRIES:
        return tiles.join(ENTRIES, [event.leaf for event in found])
    bundles = reader.bundles(wanted.first, end)
    return tiles.join(DATA, [
        bundles[event.height][1] if event.height in bundles else sent(reader, event) for event in found
    ])  # fmt: skip


def sent(source: Source, event: Event) -> bytes:
    """What was sent for an event: a bundle's bytes, an encoded publication, or those of what else was recorded.

    Empty for the first event, which nobody sent.  Raises Discrepancy when the source lacks it.
    """
    if event.kind == events.GENESIS:
        return b""
    if event.kind == events.BUNDLE:
        stored = source.bundle(event.height)
        data = None if stored is None else stored[1]
    elif event.kind == events.GRIDS:
        published = source.epoch(int.from_bytes(event.body[:_EPOCH_BYTES], "big"))
        data = None if published is None else grids.encode(published.publication)
    else:
        data = source.sent(event.kind, event.height)
    if data is None:
        raise Discrepancy(f"what was sent for the event at height {event.height} is missing")
    return data


def follow(
    ledger: Ledger, received: Sequence[Received], verify_proofs: VerifyProofs = checks.verify_proofs
) -> Event:  # fmt: skip
    """Records the events of another ledger that come after this one's newest, and returns the last.

    Bundles that follow each other are one transaction, and their signatures and proofs are verified together.  Raises
    Discrepancy for the first event that does not follow from the history; then those of earlier transactions are
    recorded.
    """

    for is_bundle, run in groupby(received, key=_is_bundle):
        if is_bundle:
            while some := list(islice(run, replayedblocks.BUNDLES)):
                _follow_bundles(ledger, some, verify_proofs)
            continue
        for one in run:
            ledger.record(partial(_other, one=one, verify_proofs=verify_proofs), 0)
    ledger.rest()
    return ledger.reader.last_event()


def _follow_bundles(ledger: Ledger, received: Sequence[Received], verify_proofs: VerifyProofs) -> None:
    """Records bundles, checked together; when that does not go well, one by one, which says why."""
    try:
        ledger.extend(partial(_together, received=received, verify_proofs=verify_proofs))
    except NotSure:
        ledger.extend(partial(_bundles, received=received, verify_proofs=verify_proofs))


def _together(block: Block, received: Sequence[Received], verify_proofs: VerifyProofs) -> Iterator[BundleEntry]:
    read = [(_read(one), one.sent) for one in received]
    listed = [Listed(event, _id(event), data) for event, data in read]
    with Verifying(verify_proofs) as verifying:
        yield from replayedblocks.entries(block, listed, verifying)


def _bundles(block: Block, received: Sequence[Received], verify_proofs: VerifyProofs) -> Iterator[BundleEntry]:
    proofs = ProofBatches(verify_proofs)
    for one in received:
        entry = _entry(block, one, proofs)
        assert isinstance(entry, BundleEntry), "the leaf is a bundle's"
        yield entry
    proofs.verify()


def _other(state: State, now_ms: int, one: Received, verify_proofs: VerifyProofs) -> Any:
    """What an event writes that is no bundle, at its own time instead of now."""
    proofs = ProofBatches(verify_proofs)
    entry = _entry(state, one, proofs)
    proofs.verify()
    return entry


def _is_bundle(one: Received) -> bool:
    return _read(one).kind == events.BUNDLE


def _entry(state: State, one: Received, proofs: ProofBatches) -> Entry:
    """What the event writes after the newest of `state`.  Raises Discrepancy unless it is the event of the leaf."""
    event = _read(one)
    computed = replaying.entry(state, _Sent(event, one.sent), event, proofs)
    require(
        computed.appended.event.leaf == one.leaf, f"the event at height {event.height} does not follow from the history"
    )
    return computed


def _read(one: Received) -> Event:
    try:
        return events.read(one.leaf)
    except FormatError as error:
        raise Discrepancy(f"a leaf of the log is malformed: {error}") from error


def _id(event: Event) -> BundleId:
    return BundleId(event.body[:_BUNDLE_ID_BYTES])


@dataclass(frozen=True)
class _Sent:
    """The source of one event: whatever is asked for, it has what was sent for this one."""

    event: Event
    data: bytes

    def bundle(self, height: int) -> tuple[BundleId, bytes] | None:
        return _id(self.event), self.data

    def epoch(self, number: int) -> PublishedGrids | None:
        return PublishedGrids(grids.decode(self.data), self.event.created_ms)

    def sent(self, kind: str, height: int) -> bytes | None:
        return self.data
