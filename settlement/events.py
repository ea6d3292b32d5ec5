"""The ledger's history: one event for each thing that ever changed it.

    leaf_h   = tag │ h │ kind │ created_ms │ body
    digest_h = the root of the log over leaf_0 … leaf_h (settlement.log.tree)

The newest digest commits to the whole history: it changes when anything before it does.  There is no second chain of
hashes beside the log: a wallet that remembers a digest, a line in the list of settled events and a signed checkpoint
all name one number, and any two of them can be shown to be of one history by a proof of a few hundred bytes.

    genesis      the ledger's id
    bundle       a bundle that settled
    grids        the publication of an epoch
    parameters   a change of the pool's parameters, announced (settlement.pool.governance)
    insurance    a proof that the insurance is solvent in an epoch (settlement.checks.heartbeat)
    expiry       a claim that the guardians let expire early (settlement.checks.expiry)
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from circuits.records import Root
from settlement.ids import BundleId
from settlement.log import tree
from settlement.log.tree import Nodes, Read
from settlement.merkle import Tree
from settlement.risk import grids
from zk import domains
from zk.errors import FormatError
from zk.fields import prime

GENESIS = "genesis"
BUNDLE = "bundle"
GRIDS = "grids"
PARAMETERS = "parameters"
INSURANCE = "insurance"
EXPIRY = "expiry"
KINDS = (GENESIS, BUNDLE, GRIDS, PARAMETERS, INSURANCE, EXPIRY)
DIGEST_BYTES = tree.HASH_BYTES
NS_PER_MS = 1_000_000
_HEAD_BYTES = 8 + 1 + 8
_HEAD_START = len(domains.EVENT) + _HEAD_BYTES

PassedNs = Callable[[], int]
"""Returns how many nanoseconds have passed since the clock was read."""


@dataclass(frozen=True)
class Event:
    """The event at one height.  Heights count up from 0 without a gap.  `digest` covers the log up to this event."""

    height: int
    kind: str
    created_ms: int
    body: bytes
    digest: bytes

    @property
    def leaf(self) -> bytes:
        """The leaf of the log that stands for this event."""
        head = self.height.to_bytes(8, "big") + bytes([KINDS.index(self.kind)]) + self.created_ms.to_bytes(8, "big")
        return domains.EVENT + head + self.body


def read(leaf: bytes) -> Event:
    """The event that a leaf of the log stands for, without its digest.  Raises FormatError for any other bytes."""
    tag, head, body = leaf[: len(domains.EVENT)], leaf[len(domains.EVENT) :][:_HEAD_BYTES], leaf[_HEAD_START:]
    if tag != domains.EVENT or len(head) != _HEAD_BYTES or head[8] >= len(KINDS):
        raise FormatError("the leaf is not an event of a ledger")
    return Event(int.from_bytes(head[:8], "big"), KINDS[head[8]], int.from_bytes(head[9:], "big"), body, b"")


@dataclass(frozen=True)
class Appended:
    """A new event, and the nodes of the log that it completes."""

    event: Event
    nodes: Nodes


def first(created_ms: int, body: bytes) -> Appended:
    """The first event of a ledger."""
    return _appended(_no_nodes, 0, GENESIS, created_ms, body)


def following(previous: Event, read_log: Read, kind: str, created_ms: int, body: bytes) -> Appended:
    """The event after `previous`, with which the log whose nodes `read_log` returns ends."""
    return _appended(read_log, previous.height + 1, kind, created_ms, body)


def moved_up(newest: Event, now_ms: int, passed_ns: int) -> int:
    """The time of an event after `newest` by a clock that was read as `now_ms` and `passed_ns` ago.

    Of two processes that read their clocks and then settle, the second may meet an event that is later than its
    reading.  Its time moves up to that event's, but no further than time has really passed.
    """
    return max(now_ms, min(newest.created_ms, now_ms - -passed_ns // NS_PER_MS))


def bundle_body(bundle_id: BundleId, data: bytes, root: Root, size: int) -> bytes:
    """A bundle's id, the digest of its bytes with proofs and signatures, and the tree after it."""
    return bundle_id + hashlib.sha256(data).digest() + prime.to_bytes(root) + size.to_bytes(8, "big")


def is_bundle_of(event: Event, data: bytes) -> bool:
    """Whether this is the event of the bundle in these bytes, to the last of its proofs and signatures."""
    return event.kind == BUNDLE and event.body[32:64] == hashlib.sha256(data).digest()


def tree_after(event: Event) -> Tree:
    """The tree after the event of a bundle, as `bundle_body` wrote it."""
    assert event.kind == BUNDLE, "only a bundle changes the tree"
    root, size = event.body[-40:-8], event.body[-8:]
    return Tree(Root(int.from_bytes(root, "big")), int.from_bytes(size, "big"))


def grids_body(publication: grids.Publication) -> bytes:
    """The epoch, and the digest of the publication."""
    return publication.epoch.to_bytes(8, "big") + hashlib.sha256(grids.encode(publication)).digest()


def parameters_body(version: int, effective_ms: int, data: bytes) -> bytes:
    """The version, the time from which it is in force, and the digest of the change with its signatures."""
    return version.to_bytes(4, "big") + effective_ms.to_bytes(8, "big") + hashlib.sha256(data).digest()


def insurance_body(epoch: int, data: bytes) -> bytes:
    """The epoch, and the digest of the heartbeat with its proof."""
    return epoch.to_bytes(8, "big") + hashlib.sha256(data).digest()


def expiry_body(claim: int, rate: int, data: bytes) -> bytes:
    """The claim, the rate at which it converts, and the digest of the expiry with its signature."""
    return bytes([claim]) + rate.to_bytes(8, "big") + hashlib.sha256(data).digest()


def _appended(read_log: Read, height: int, kind: str, created_ms: int, body: bytes) -> Appended:
    unlinked = Event(height, kind, created_ms, body, b"")
    nodes = tree.append(read_log, height, tree.leaf_hash(unlinked.leaf))

    def read(level: int, index: int) -> bytes:
        return nodes[level, index] if (level, index) in nodes else read_log(level, index)

    return Appended(Event(height, kind, created_ms, body, tree.root(read, height + 1)), nodes)


def _no_nodes(level: int, index: int) -> bytes:
    raise AssertionError("an empty log has no nodes")
