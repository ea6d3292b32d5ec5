"""Who signed what a receipt shows: from a pool's fingerprint to the operator, the validators and a checkpoint.

From the fingerprint follows the pool, from the pool the operator's key and the validators, from signatures of the
governors and of the validators who they are since, from these keys the checkpoint, and from the checkpoint that a
bundle is in the log, and where.  A checkpoint is final that was cosigned by a quorum of the validators who were in
force at its newest event (settlement.following.finality); otherwise what it shows is settled, by the operator's word.

A file is as good as its changes and successions are complete: from one in which some are missing, those seem in force
who were before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from prover.network.wire import receipts
from prover.network.wire.receipts import Receipt
from settlement import events
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Bundle
from settlement.events import Event
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, proofs, succession, tree
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from settlement.log.succession import Operators
from settlement.pool import fingerprint, governance, poolfile
from settlement.pool.pool import Pool
from settlement.pool.validators import Validators
from settlement.rejection import Rejected
from zk.errors import FormatError, InvalidProof
from zk.formats import dataclassjson

MAX_CHANGES = 256


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
class Provenance:
    """What a file says of the pool and of its keys.  Nothing of it is checked."""

    pool: str
    changes: Annotated[tuple[bytes, ...], dataclassjson.array(dataclassjson.hexadecimal(), 0, MAX_CHANGES)]
    successions: Annotated[tuple[Taken, ...], dataclassjson.array(dataclassjson.of(Taken), 0, MAX_CHANGES)]
    newest: Newest


@dataclass(frozen=True)
class Authority:
    """A pool, the operators who sign its log, and its validators from each time in ms on."""

    pool: Pool
    operators: Operators
    versions: tuple[tuple[int, Validators], ...]


@dataclass(frozen=True)
class Settled:
    """A bundle, its event in the log, and the checkpoint that shows it, with its signatures."""

    bundle: Bundle
    event: Event
    checkpoint: Checkpoint
    signed: str


@dataclass(frozen=True)
class Signers:
    """Who cosigned a checkpoint: the time in Unix seconds of each validator, by name, and how many it takes."""

    cosigned: dict[str, int]
    quorum: int

    @property
    def is_final(self) -> bool:
        """Whether a quorum of validators cosigned the checkpoint."""
        return 0 < self.quorum <= len(self.cosigned)


def named(ledger: Ledger, signed: str) -> Checkpoint:
    """The checkpoint of a signed note.  Raises InvalidProof when it is not of this ledger's history."""
    found = finality.operators(ledger).verify(signed)
    event = ledger.reader.event(found.size - 1)
    if event is None or event.digest != found.root:
        raise InvalidProof(f"the checkpoint of {found.size} events is not of the history that is here")
    return found


def of(ledger: Ledger, checkpoint: Checkpoint) -> Provenance:
    """What leads from the ledger's pool to a checkpoint of it."""
    changes = tuple(governance.encode(each.change) for each in ledger.reader.changes())
    notes = [text for _, text in sorted(ledger.witnessed.successions().items())]
    sizes = [succession.parse(text, checkpoint.origin).size for text in notes]
    taken = tuple(Taken(text, _newest(ledger, size)) for text, size in zip(notes, sizes, strict=True))
    return Provenance(poolfile.encode(ledger.pool).decode(), changes, taken, _newest(ledger, checkpoint.size))


def check(file: Provenance, expected: str) -> Authority:
    """Who signs the log of the pool with this fingerprint, by what the file says.

    Raises FormatError when something of it is malformed, and InvalidProof when it is of another pool, or says what does
    not follow from what was signed.
    """
    try:
        pool = poolfile.decode(file.pool.encode())
        for one in file.successions:
            one.note.encode()
    except UnicodeEncodeError:  # half a character, which JSON can say
        raise FormatError("the receipt has something in it that is not text") from None
    if not fingerprint.is_of(pool, expected):
        raise InvalidProof(f"the receipt is of another pool, whose ledger id is {poolfile.ledger_id(pool).hex()}")
    versions = tuple(_versions(pool, file.changes))
    return Authority(pool, _operators(pool, file.successions, versions), versions)


def settled(authority: Authority, data: bytes, receipt: Receipt) -> Settled:
    """The bundle in these bytes, which the receipt shows to be in the log.

    Raises FormatError when either is malformed, and InvalidProof when the receipt does not show it.
    """
    try:
        receipt.proof.encode()
    except UnicodeEncodeError:
        raise FormatError("the receipt has something in it that is not text") from None
    signed = receipt.proof.partition("\n\n")[2]
    checkpoint_named = authority.operators.verify(signed)
    signer = _signer(authority.operators, signed)
    bundle = encoding.decode_bundle(data)
    receipts.verify(receipt, signer, digests.bundle_id(bundle), bundle)
    event = events.read(proofs.verify_inclusion(receipt.proof, signer).leaf)
    if not events.is_bundle_of(event, data):
        raise InvalidProof("the bundle in the receipt has other proofs or signatures than the one that settled")
    return Settled(bundle, event, checkpoint_named, signed)


def signers(authority: Authority, found: Settled, newest: Newest) -> Signers:
    """Who cosigned the checkpoint that shows a bundle.  Raises InvalidProof when `newest` is not its newest event."""
    validators = _in_force(authority.versions, _time(found.checkpoint, newest))
    return Signers(cosignature.times(found.signed, validators), validators.quorum)


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
