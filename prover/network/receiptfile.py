"""A receipt as a file, which a stranger verifies with nothing but the pool's fingerprint.

    {"format": "zksettle-receipt", "version": 1,
     "pool":     the pool's canonical bytes, of which the fingerprint is a digest
     "changes":  what its governors have signed since, in the order of their versions
     "successions": [{"note": …, "newest": …}, …]     whom the validators named as other operators
     "data":     the bundle
     "newest":   {"leaf": …, "proof": […]}            the newest event of the checkpoint, whose time says who may cosign
     "receipt":  {"bundle": …, "height": …, "positions": […], "proof": …}      (prover.network.receipts)}

From the fingerprint follows the pool, from the pool the operator's key and the validators, from signatures of the
governors and of the validators who they are since, from these keys the checkpoint, and from the checkpoint that the
bundle is in the log, and where.  A checkpoint is final that was cosigned by a quorum of the validators who were in
force at its newest event (settlement.finality); otherwise the bundle is settled, by the operator's word.

A receipt is as good as its changes and successions are complete: from one in which some are missing, those seem in
force who were before.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from prover.network import receipts
from prover.network.receipts import Receipt
from settlement import digests, encoding, events, finality, fingerprint, governance, poolfile
from settlement.bundle import Bundle
from settlement.events import Event
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, proofs, succession, tree
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from settlement.log.succession import Operators
from settlement.pool import Pool
from settlement.rejection import Rejected
from settlement.validators import Validators
from zk.errors import FormatError, InvalidProof
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-receipt"
VERSION: Final = 1
MAX_CHANGES = 256
MAX_BYTES = 16 << 20
_WHAT = "the receipt"


@dataclass(frozen=True)
class Newest:
    """The newest event of a checkpoint, as a leaf of the log, and the hashes that lead from it to the root."""

    leaf: Annotated[bytes, dataclassjson.hexadecimal()]
    proof: Annotated[
        tuple[bytes, ...], dataclassjson.array(dataclassjson.hexadecimal(tree.HASH_BYTES), 0, proofs.MAX_HASHES)
    ]


@dataclass(frozen=True)
class Taken:
    """A succession, and the newest event of the history that it begins with."""

    note: str
    newest: Newest


@dataclass(frozen=True)
class ReceiptFile:
    """What the file says.  Nothing of it is checked."""

    format: Literal["zksettle-receipt"]
    version: Literal[1]
    pool: str
    changes: Annotated[tuple[bytes, ...], dataclassjson.array(dataclassjson.hexadecimal(), 0, MAX_CHANGES)]
    successions: Annotated[tuple[Taken, ...], dataclassjson.array(dataclassjson.of(Taken), 0, MAX_CHANGES)]
    data: Annotated[bytes, dataclassjson.hexadecimal()]
    newest: Newest
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
    named = finality.operators(ledger).verify(signed)
    event = ledger.reader.event(named.size - 1)
    if event is None or event.digest != named.root:
        raise InvalidProof(f"the checkpoint of {named.size} events is not of the history that is here")
    receipt = receipts.make_at(ledger, bundle_id, named, lambda _: signed)
    stored = None if receipt is None else ledger.reader.bundle(receipt.height)
    if receipt is None or stored is None:
        return None
    changes = tuple(governance.encode(each.change) for each in ledger.reader.changes())
    notes = [text for _, text in sorted(ledger.witnessed.successions().items())]
    sizes = [succession.parse(text, named.origin).size for text in notes]
    file = ReceiptFile(
        FORMAT, VERSION, poolfile.encode(ledger.pool).decode(), changes,
        tuple(Taken(text, _newest(ledger, size)) for text, size in zip(notes, sizes, strict=True)),
        stored[1], _newest(ledger, named.size), receipt,
    )  # fmt: skip
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
        for text in (file.receipt.proof, *(one.note for one in file.successions)):
            text.encode()
    except UnicodeEncodeError:  # half a character, which JSON can say
        raise FormatError("the receipt has something in it that is not text") from None
    if not fingerprint.is_of(pool, expected):
        raise InvalidProof(f"the receipt is of another pool, whose ledger id is {poolfile.ledger_id(pool).hex()}")
    signed, versions = file.receipt.proof.partition("\n\n")[2], list(_versions(pool, file.changes))
    operators = _operators(pool, file.successions, versions)
    named = operators.verify(signed)
    bundle = encoding.decode_bundle(file.data)
    receipts.verify(file.receipt, _signer(operators, signed), digests.bundle_id(bundle), bundle)
    event = events.read(proofs.verify_inclusion(file.receipt.proof, _signer(operators, signed)).leaf)
    if not events.is_bundle_of(event, file.data):
        raise InvalidProof("the bundle in the receipt has other proofs or signatures than the one that settled")
    validators = _in_force(versions, _time(named, file.newest))
    times = cosignature.times(signed, validators)
    return Verified(pool, bundle, event, file.receipt.positions, named, times, validators.quorum)


def _newest(ledger: Ledger, size: int) -> Newest:
    event = ledger.reader.event(size - 1)
    assert event is not None, "the ledger is as long as its checkpoint"
    return Newest(event.leaf, tuple(tree.inclusion_proof(ledger.reader.log_node, event.height, size)))


def _time(named: Checkpoint, newest: Newest) -> int:
    """When the newest event of a checkpoint was, in ms.  Raises InvalidProof for another event."""
    tree.verify_inclusion(tree.leaf_hash(newest.leaf), named.size - 1, named.size, newest.proof, named.root)
    return events.read(newest.leaf).created_ms


def _operators(pool: Pool, taken: Sequence[Taken], versions: Sequence[tuple[int, Validators]]) -> Operators:
    """Whose keys sign the log's checkpoints, by successions that the validators in force then have signed."""
    first = checkpoint.key(pool)
    for one in taken:
        began = succession.parse(one.note, first.name).checkpoint
        succession.verify(one.note, first.name, _in_force(versions, _time(began, one.newest)))
    return succession.operators(first, [one.note for one in taken])


def _signer(operators: Operators, signed: str) -> Key:
    """Which operator's key has signed a checkpoint, of which one is known to have."""
    keys = [*(each.key for each in reversed(operators.successions)), operators.first]
    for key in keys:
        try:
            checkpoint.verify(signed, key)
        except InvalidProof:
            continue
        return key
    raise AssertionError("an operator has signed it")


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


def _in_force(versions: Sequence[tuple[int, Validators]], time_ms: int) -> Validators:
    return [validators for since_ms, validators in versions if since_ms <= time_ms][-1]
