"""Checkpoints (c2sp.org/tlog-checkpoint): the size and the root of a ledger's log, signed by its operator.

    zksettle/9f2c41d05b7e8a36                        the origin: the ledger's id, its first sixteen digits
    1834                                             how many events there are
    sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=     the root of the tree over them

    — zksettle/9f2c41d05b7e8a36 …                    the operator's signature (settlement.log.note)

Whoever keeps one can show later that its history was replaced: no operator can sign two histories unseen.
"""

import base64
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from settlement.ids import LedgerId
from settlement.log import note, tree
from settlement.log.note import Key
from settlement.pool import poolfile
from settlement.pool.pool import Pool
from zk.errors import FormatError

MAX_SIZE = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Checkpoint:
    """The root of the first `size` leaves of the log with this origin."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def origin(ledger_id: LedgerId) -> str:
    """The name of a ledger's log, and of the key that signs it."""
    return f"zksettle/{ledger_id.hex()[:16]}"


def key(pool: Pool) -> Key:
    """The key that signs the checkpoints of this pool's ledger."""
    return Key(origin(poolfile.ledger_id(pool)), pool.operator)


def sign(checkpoint: Checkpoint, secret: Ed25519PrivateKey) -> str:
    """The signed note of a checkpoint."""
    return note.sign(str(checkpoint), checkpoint.origin, secret)


def verify(text: str, key: Key) -> Checkpoint:
    """The checkpoint in a signed note.

    Raises FormatError when it is malformed or of another log, and InvalidProof when the key has not signed it.
    """
    checkpoint = parse(note.verify(text, key))
    if checkpoint.origin != key.name:
        raise FormatError(f"the checkpoint is of the log {checkpoint.origin!r:.80}, not of {key.name}")
    return checkpoint


def parse(text: str) -> Checkpoint:
    """The checkpoint in a note's text; lines after the root are extensions, which say nothing to us.

    Raises FormatError when it is malformed.
    """
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not all(lines[:-1]):
        raise FormatError("the checkpoint does not have an origin, a size and a root, in a line each")
    name, size, encoded = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise FormatError("the checkpoint's size is not a number")
    root = note.decode_base64(encoded, "the checkpoint's root")
    if len(root) != tree.HASH_BYTES:
        raise FormatError(f"the checkpoint's root does not have {tree.HASH_BYTES} bytes")
    return Checkpoint(name, int(size), root)
