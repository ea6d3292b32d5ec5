"""A receipt as a file, which a stranger verifies with nothing but the pool's fingerprint.

    {"format": "zksettle-receipt", "version": 2,
     "pool":     the pool's canonical bytes, of which the fingerprint is a digest
     "changes":  what its governors have signed since, in the order of their versions
     "successions": [{"note": …, "newest": …}, …]     whom the validators named as other operators
     "newest":   {"leaf": …, "proof": […]}            the newest event of the checkpoint, whose time says who may cosign
     "data":     the bundle
     "receipt":  {"bundle": …, "height": …, "positions": […], "proof": …}      (prover.network.wire.receipts)
     "openings": [{"leg": …, "changes": […], "blinding": …}, …]                (prover.receipts.openings)}

The rest of it shows that the bundle settled (prover.receipts.provenance); each opening shows what one of its legs did.
Whoever knows a leg's blinding can make its opening: the leg's owner, and for an order whoever could read its terms.
So an opening shows what was done, and not who did it.

Version 1 had no openings, and is read as a receipt that opens nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from prover.network.wire import receipts
from prover.network.wire.receipts import Receipt
from prover.receipts import openings, provenance
from prover.receipts.openings import Opening
from prover.receipts.provenance import Provenance, Signers
from settlement.bundles.bundle import MAX_LEGS, Bundle
from settlement.events import Event
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log.checkpoint import Checkpoint
from settlement.pool import fingerprint
from settlement.pool.pool import Pool
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-receipt"
VERSION: Final = 2
MAX_BYTES = 16 << 20
_WHAT = "the receipt"


@dataclass(frozen=True)
class ReceiptFile(Provenance):
    """What the file says.  Nothing of it is checked."""

    format: Literal["zksettle-receipt"]
    version: Literal[2]
    data: Annotated[bytes, dataclassjson.hexadecimal()]
    receipt: Receipt
    openings: Annotated[tuple[Opening, ...], dataclassjson.array(dataclassjson.of(Opening), 0, MAX_LEGS)]


@dataclass(frozen=True)
class Verified:
    """What a receipt shows: the bundle, its event in the log, what its opened legs did, and who signed it."""

    pool: Pool
    bundle: Bundle
    event: Event
    positions: tuple[int, ...]
    checkpoint: Checkpoint
    signers: Signers
    openings: tuple[Opening, ...]

    @property
    def bundle_id(self) -> BundleId:
        """The id of the bundle."""
        return BundleId(self.event.body[:32])

    @property
    def is_final(self) -> bool:
        """Whether a quorum of validators cosigned the checkpoint."""
        return self.signers.is_final


def make(ledger: Ledger, bundle_id: BundleId, signed: str, opened: Sequence[Opening] = ()) -> bytes | None:
    """The file for a bundle with a proof against a signed checkpoint, or None when it had not settled by then.

    `opened` are openings of its legs, in the order of the legs.  Raises InvalidProof when the checkpoint is not of this
    ledger's history.
    """
    named = provenance.named(ledger, signed)
    receipt = receipts.make_at(ledger, bundle_id, named, lambda _: signed)
    stored = None if receipt is None else ledger.reader.bundle(receipt.height)
    if receipt is None or stored is None:
        return None
    of = provenance.of(ledger, named)
    file = ReceiptFile(
        of.pool, of.changes, of.successions, of.newest, FORMAT, VERSION, stored[1], receipt, tuple(opened)
    )
    return json.dumps(dataclassjson.write(file), indent=1).encode() + b"\n"


def verify(data: bytes, expected: str) -> Verified:
    """What the file shows, of the pool with this fingerprint.

    Raises FormatError when it is malformed or of another pool, and InvalidProof when what it says does not follow from
    what was signed, or an opening is not that of its leg.
    """
    fingerprint.check_form(expected)
    file = dataclassjson.read(ReceiptFile, _as_newest(strictjson.loads(data, _WHAT, MAX_BYTES)), _WHAT)
    authority = provenance.check(file, expected)
    found = provenance.settled(authority, file.data, file.receipt)
    openings.check(found.bundle, file.openings)
    signers = provenance.signers(authority, found, file.newest)
    return Verified(
        authority.pool, found.bundle, found.event, file.receipt.positions, found.checkpoint, signers, file.openings
    )


def _as_newest(document: object) -> object:
    """The document as one of the newest version."""
    if not isinstance(document, dict) or document.get("version") != 1 or "openings" in document:
        return document
    return {**document, "version": VERSION, "openings": []}
