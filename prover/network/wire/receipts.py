"""The receipt of a settled bundle, which anybody can verify without the ledger and without trusting whoever sent it.

    {"bundle": id, "height": 12, "positions": [20, 21], "proof": "c2sp.org/tlog-proof@v1\\nextra …"}

The proof has the bundle's event, its place in the log and a checkpoint that the operator signed, of the log as it was
right after this event.  All of it follows from the ledger, so a receipt that is asked for again is the same, byte by
byte.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from settlement import engine, events
from settlement.bundles.bundle import MAX_EXPIRY_MS, MAX_LEGS, MAX_SEIZURES, Bundle
from settlement.events import Event
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, proofs, tree
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from settlement.merkle import CAPACITY
from settlement.pool.validators import Validators
from zk.errors import FormatError, InvalidProof
from zk.formats import dataclassjson

Sign = Callable[[Checkpoint], str]
"""Returns the signed note of a checkpoint."""

_Digest = Annotated[bytes, dataclassjson.hexadecimal(32)]
_Position = Annotated[int, dataclassjson.integer(0, CAPACITY - 1)]


@dataclass(frozen=True)
class Receipt:
    """The place of a settled bundle: its height, its new accounts' positions, and the proof that it is in the log."""

    bundle: _Digest
    height: Annotated[int, dataclassjson.integer(1, checkpoint.MAX_SIZE)]
    positions: Annotated[tuple[int, ...], dataclassjson.array(dataclassjson.of(_Position), 1, MAX_LEGS + MAX_SEIZURES)]
    proof: str


@dataclass(frozen=True)
class Recorded:
    """The place of an event that is no bundle, and the proof that it is in the log."""

    height: Annotated[int, dataclassjson.integer(1, checkpoint.MAX_SIZE)]
    kind: str
    created_ms: Annotated[int, dataclassjson.integer(0, MAX_EXPIRY_MS)]
    proof: str


def newest(ledger: Ledger) -> Checkpoint:
    """The checkpoint of the whole log."""
    return after(ledger, ledger.reader.last_event())


def after(ledger: Ledger, event: Event) -> Checkpoint:
    """The checkpoint of the log that ends with this event."""
    return Checkpoint(checkpoint.origin(ledger.ledger_id), event.height + 1, event.digest)


def make(ledger: Ledger, bundle_id: BundleId, sign: Sign) -> Receipt | None:
    """The receipt of a bundle, or None when it has not settled."""
    place = ledger.reader.settled(bundle_id)
    if place is None:
        return None
    named = after(ledger, _event(ledger, place.height))
    return make_at(ledger, bundle_id, named, sign)


def make_at(ledger: Ledger, bundle_id: BundleId, named: Checkpoint, sign: Sign) -> Receipt | None:
    """The receipt of a bundle with a proof against this checkpoint, or None when it had not settled by then."""
    place = ledger.reader.settled(bundle_id)
    if place is None or place.height >= named.size:
        return None
    proof = _proof(ledger, _event(ledger, place.height), named, sign)
    return Receipt(bundle_id, place.height, place.positions, proof)


def make_all(ledger: Ledger, places: Sequence[engine.Receipt], sign: Sign) -> list[Receipt]:
    """The receipt of each of these settled bundles, as `make` returns it; all that they take is read at once."""
    heights = {place.height for place in places}
    with ledger.reader.reading():
        first, last = min(heights), max(heights)
        if last - first < 2 * len(heights):  # they are of one block, or nearly
            found = {event.height: event for event in ledger.reader.events(first, last + 1)}
        else:
            found = {height: _event(ledger, height) for height in heights}
        nodes = ledger.reader.log_nodes({place for height in heights for place in tree.peaks(height)})
    receipts = []
    for place in places:
        event = found.get(place.height)
        if event is None:
            raise _lost(place.height)
        named = after(ledger, event)
        hashes = tree.inclusion_proof(lambda level, index: nodes[level, index], event.height, named.size)
        proof = proofs.write_inclusion(event.leaf, event.height, hashes, sign(named))
        receipts.append(Receipt(place.bundle_id, place.height, place.positions, proof))
    return receipts


def of_event(ledger: Ledger, height: int, sign: Sign) -> Recorded:
    """The proof that the event at this height, which the ledger has, is in its log."""
    event = _event(ledger, height)
    return Recorded(height, event.kind, event.created_ms, _proof(ledger, event, after(ledger, event), sign))


def _event(ledger: Ledger, height: int) -> Event:
    event = ledger.reader.event(height)
    if event is None:
        raise _lost(height)
    return event


def _lost(height: int) -> FormatError:
    return FormatError(f"the ledger is damaged: it lost the event at height {height}")


def _proof(ledger: Ledger, event: Event, named: Checkpoint, sign: Sign) -> str:
    hashes = tree.inclusion_proof(ledger.reader.log_node, event.height, named.size)
    return proofs.write_inclusion(event.leaf, event.height, hashes, sign(named))


def verify(receipt: Receipt, key: Key, bundle_id: BundleId, bundle: Bundle) -> Checkpoint:
    """The checkpoint of a receipt for this bundle, which the log's key has signed.

    Raises FormatError when the receipt is malformed, and InvalidProof when it does not show that the bundle settled at
    this height and positions.
    """
    included = proofs.verify_inclusion(receipt.proof, key)
    event = events.read(included.leaf)
    if event.kind != events.BUNDLE or event.body[:32] != bundle_id or receipt.bundle != bundle_id:
        raise InvalidProof("the receipt is of something else than this bundle")
    if not included.index == event.height == receipt.height:
        raise InvalidProof("the receipt names another height than its proof")
    size = events.tree_after(event).size
    if receipt.positions != tuple(range(size - len(bundle.moves), size)):
        raise InvalidProof("the receipt names other positions than its proof")
    return included.checkpoint


def is_final(receipt: Receipt, validators: Validators) -> bool:
    """Whether a quorum of these validators cosigned the checkpoint of a receipt, which `verify` has found true."""
    return cosignature.is_final(receipt.proof.partition("\n\n")[2], validators)
