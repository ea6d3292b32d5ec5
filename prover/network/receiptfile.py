"""A receipt as a file, which a stranger verifies with nothing but the pool's fingerprint.

    {"format": "zksettle-receipt", "version": 1,
     "pool":     the pool's canonical bytes, of which the fingerprint is a digest
     "changes":  what its governors have signed since, in the order of their versions
     "data":     the bundle
     "receipt":  {"bundle": …, "height": …, "positions": […], "proof": …}      (prover.network.receipts)}

From the fingerprint follows the pool, from the pool the operator's key and the validators, from the governors'
signatures who the validators are since, from these keys the checkpoint, and from the checkpoint that the bundle is in
the log, and where.  A checkpoint that a quorum of validators cosigned is final; otherwise the bundle is settled, by the
operator's word.

A receipt is as good as its governors' changes are complete: one from which a change is left out counts validators who
have been replaced since, by what they cosigned before.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from prover.network import receipts
from prover.network.receipts import Receipt
from settlement import digests, encoding, events, fingerprint, governance, poolfile
from settlement.bundle import Bundle
from settlement.events import Event
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, proofs
from settlement.log.checkpoint import Checkpoint
from settlement.pool import Pool
from settlement.rejection import Rejected
from settlement.validators import Validators
from zk.errors import FormatError, InvalidProof
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-receipt"
VERSION: Final = 1
MAX_CHANGES = 256
MAX_BYTES = 16 << 20
_MS_PER_S = 1000
_WHAT = "the receipt"


@dataclass(frozen=True)
class ReceiptFile:
    """What the file says.  Nothing of it is checked."""

    format: Literal["zksettle-receipt"]
    version: Literal[1]
    pool: str
    changes: Annotated[tuple[bytes, ...], dataclassjson.array(dataclassjson.hexadecimal(), 0, MAX_CHANGES)]
    data: Annotated[bytes, dataclassjson.hexadecimal()]
    receipt: Receipt


@dataclass(frozen=True)
class Verified:
    """What a receipt shows: the bundle, its event in the log, and who signed the checkpoint.

    `cosigned` has the time in Unix seconds at which each validator did, by name, and `quorum` how many it takes.
    """

    pool: Pool
    bundle: Bundle
    event: Event
    positions: tuple[int, ...]
    checkpoint: Checkpoint
    cosigned: dict[str, int]
    quorum: int

    @property
    def bundle_id(self) -> BundleId:
        """The id of the bundle."""
        return BundleId(self.event.body[:32])

    @property
    def is_final(self) -> bool:
        """Whether a quorum of validators cosigned the checkpoint."""
        return 0 < self.quorum <= len(self.cosigned)


def make(ledger: Ledger, bundle_id: BundleId, signed: str) -> bytes | None:
    """The file for a bundle with a proof against a signed checkpoint, or None when it had not settled by then.

    Raises InvalidProof when the checkpoint is not of this ledger's history.
    """
    named = checkpoint.verify(signed, checkpoint.key(ledger.pool))
    event = ledger.reader.event(named.size - 1)
    if event is None or event.digest != named.root:
        raise InvalidProof(f"the checkpoint of {named.size} events is not of the history that is here")
    receipt = receipts.make_at(ledger, bundle_id, named, lambda _: signed)
    stored = None if receipt is None else ledger.reader.bundle(receipt.height)
    if receipt is None or stored is None:
        return None
    changes = tuple(governance.encode(each.change) for each in ledger.reader.changes())
    file = ReceiptFile(FORMAT, VERSION, poolfile.encode(ledger.pool).decode(), changes, stored[1], receipt)
    return json.dumps(dataclassjson.write(file), indent=1).encode() + b"\n"


def verify(data: bytes, expected: str) -> Verified:
    """What the file shows, of the pool with this fingerprint.

    Raises FormatError when it is malformed or of another pool, and InvalidProof when what it says does not follow from
    what was signed.
    """
    fingerprint.check_form(expected)
    file = dataclassjson.read(ReceiptFile, strictjson.loads(data, _WHAT, MAX_BYTES), _WHAT)
    try:
        pool = poolfile.decode(file.pool.encode())
        file.receipt.proof.encode()
    except UnicodeEncodeError:  # half a character, which JSON can say
        raise FormatError("the receipt has something in it that is not text") from None
    if not fingerprint.is_of(pool, expected):
        raise InvalidProof(f"the receipt is of another pool, whose ledger id is {poolfile.ledger_id(pool).hex()}")
    bundle = encoding.decode_bundle(file.data)
    named = receipts.verify(file.receipt, checkpoint.key(pool), digests.bundle_id(bundle), bundle)
    event = events.read(proofs.verify_inclusion(file.receipt.proof, checkpoint.key(pool)).leaf)
    if not events.is_bundle_of(event, file.data):
        raise InvalidProof("the bundle in the receipt has other proofs or signatures than the one that settled")
    versions = list(_versions(pool, file.changes))
    cosigned, quorum = _cosigned(file.receipt.proof.partition("\n\n")[2], versions)
    return Verified(pool, bundle, event, file.receipt.positions, named, cosigned, quorum)


def _versions(pool: Pool, changes: Sequence[bytes]) -> Iterator[tuple[int, Validators]]:
    """The validators of each version of the parameters, and the time in ms from which it is in force."""
    version, since_ms = pool.parameters.version, 0
    yield since_ms, pool.parameters.validators
    for data in changes:
        change = governance.decode(data)
        try:
            count = len(governance.signers(pool, change))
        except Rejected as rejected:
            raise InvalidProof(f"the receipt has a change that the governors did not sign: {rejected.detail}") from None
        if count < pool.governance.quorum:
            raise InvalidProof(f"{count} of the {pool.governance.quorum} governors that it takes have signed a change")
        if change.parameters.version != version + 1 or change.effective_ms < since_ms:
            raise FormatError("the receipt's changes are not in the order of their versions")
        version, since_ms = change.parameters.version, change.effective_ms
        yield since_ms, change.parameters.validators


def _cosigned(signed: str, versions: Sequence[tuple[int, Validators]]) -> tuple[dict[str, int], int]:
    """Who cosigned while a version was in force, and how many it takes: by the newest version that makes it final."""
    ends_ms = [*(since_ms for since_ms, _ in versions[1:]), _MS_PER_S * cosignature.MAX_TIME_S]
    found: list[tuple[dict[str, int], int]] = []
    for (since_ms, validators), end_ms in zip(versions, ends_ms, strict=True):
        times = {
            name: time_s
            for name, time_s in cosignature.times(signed, validators).items()
            if since_ms // _MS_PER_S <= time_s and time_s * _MS_PER_S < end_ms
        }
        found.append((times, validators.quorum))
    final = [(times, quorum) for times, quorum in found if 0 < quorum <= len(times)]
    return (final or found)[-1]
