"""The ledger's history: one event for its creation, for every bundle and for every publication of grids.

    digest_h = SHA-256(tag │ digest_{h−1} │ h │ kind │ created_ms │ body)

The newest digest commits to the whole history: it changes when anything before it does.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from circuits.records import Root
from settlement import grids
from settlement.grids import PublishedGrids
from settlement.ids import BundleId
from settlement.merkle import Tree
from zk import domains
from zk.fields import prime

GENESIS = "genesis"
BUNDLE = "bundle"
GRIDS = "grids"
KINDS = (GENESIS, BUNDLE, GRIDS)
BEGINNING = bytes(32)
NS_PER_MS = 1_000_000

PassedNs = Callable[[], int]
"""Returns how many nanoseconds have passed since the clock was read."""


@dataclass(frozen=True)
class Event:
    """The event at one height.  Heights count up from 0 without a gap.  `digest` covers the chain up to this event."""

    height: int
    kind: str
    created_ms: int
    body: bytes
    digest: bytes


def next_event(previous: Event | None, kind: str, created_ms: int, body: bytes) -> Event:
    """The event after `previous`, or the first one."""
    height = 0 if previous is None else previous.height + 1
    before = BEGINNING if previous is None else previous.digest
    head = before + height.to_bytes(8, "big") + bytes([KINDS.index(kind)]) + created_ms.to_bytes(8, "big")
    return Event(height, kind, created_ms, body, hashlib.sha256(domains.EVENT + head + body).digest())


def moved_up(newest: Event, now_ms: int, passed_ns: int) -> int:
    """The time of an event after `newest` by a clock that was read as `now_ms` and `passed_ns` ago.

    Of two processes that read their clocks and then settle, the second may meet an event that is later than its
    reading.  Its time moves up to that event's, but no further than time has really passed.
    """
    return max(now_ms, min(newest.created_ms, now_ms - -passed_ns // NS_PER_MS))


def bundle_body(bundle_id: BundleId, data: bytes, root: Root, size: int) -> bytes:
    """A bundle's id, the digest of its bytes with proofs and signatures, and the tree after it."""
    return bundle_id + hashlib.sha256(data).digest() + prime.to_bytes(root) + size.to_bytes(8, "big")


def tree_after(event: Event) -> Tree:
    """The tree after the event of a bundle, as `bundle_body` wrote it."""
    assert event.kind == BUNDLE, "only a bundle changes the tree"
    root, size = event.body[-40:-8], event.body[-8:]
    return Tree(Root(int.from_bytes(root, "big")), int.from_bytes(size, "big"))


def grids_body(published: PublishedGrids) -> bytes:
    """The epoch and the digest of the publication's bytes."""
    publication = published.publication
    return publication.epoch.to_bytes(8, "big") + hashlib.sha256(grids.encode(publication)).digest()
