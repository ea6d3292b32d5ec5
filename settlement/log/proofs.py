"""Files with a proof and the checkpoint it is about; they need nothing else, and can be verified anywhere.

An inclusion proof (c2sp.org/tlog-proof, version 1), whose extra data is the event itself:

    c2sp.org/tlog-proof@v1
    extra …                    the leaf, in base64
    index 812
    …                          the hashes of the proof, in base64, a line each

    (the checkpoint)

A consistency proof, as witnesses take it with a new checkpoint (c2sp.org/tlog-witness, add-checkpoint):

    old 812
    …                          the hashes of the proof

    (the newer checkpoint)
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from settlement.log import checkpoint, note, tree
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from zk.errors import FormatError

HEADER = "c2sp.org/tlog-proof@v1"
MAX_FILE_BYTES = 1 << 20
MAX_HASHES = 63  # of an inclusion proof, and of a consistency proof one more

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Included:
    """A leaf that is in the log at `index`, by this checkpoint."""

    leaf: bytes
    index: int
    checkpoint: Checkpoint


def write_inclusion(leaf: bytes, index: int, proof: Sequence[bytes], signed: str) -> str:
    """The file of an inclusion proof, with a signed checkpoint."""
    head = [HEADER, f"extra {base64.b64encode(leaf).decode()}", f"index {index}"]
    return "\n".join([*head, *_lines(proof), "", signed])


def verify_inclusion(text: str, key: Key) -> Included:
    """What the file of an inclusion proof shows.

    Raises FormatError when it is malformed, and InvalidProof when the key has not signed its checkpoint, or the leaf is
    not in the log that the checkpoint names.
    """
    head, signed = _split(text)
    if len(head) < 3 or head[0] != HEADER or not head[1].startswith("extra ") or not head[2].startswith("index "):
        raise FormatError(f"the file does not begin with {HEADER}, the leaf and its index")
    leaf = note.decode_base64(head[1].removeprefix("extra "), "the leaf")
    index = _number(head[2].removeprefix("index "))
    proof = hashes(head[3:])
    named = checkpoint.verify(signed, key)
    tree.verify_inclusion(tree.leaf_hash(leaf), index, named.size, proof, named.root)
    return Included(leaf, index, named)


def write_consistency(old: int, proof: Sequence[bytes], signed: str) -> str:
    """The file of a consistency proof from a tree of `old` leaves on, with the newer checkpoint."""
    return "\n".join([f"old {old}", *_lines(proof), "", signed])


def verify_consistency(text: str, older: Checkpoint, key: Key) -> Checkpoint:
    """The newer checkpoint of a consistency proof, whose history begins with the older one's.

    Raises FormatError and InvalidProof as `verify_inclusion` does.
    """
    head, signed = _split(text)
    if not head or not head[0].startswith("old "):
        raise FormatError("the file does not begin with the size of the older tree")
    if _number(head[0].removeprefix("old ")) != older.size:
        raise FormatError(f"the proof does not begin at the checkpoint of {older.size} events")
    newer = checkpoint.verify(signed, key)
    tree.verify_consistency(older.size, newer.size, older.root, newer.root, hashes(head[1:]))
    return newer


def _lines(proof: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in proof]


def _split(text: str) -> tuple[list[str], str]:
    if len(text.encode()) > MAX_FILE_BYTES:
        raise FormatError(f"the file has more than {MAX_FILE_BYTES} bytes")
    head, separator, signed = text.partition("\n\n")
    if not separator:
        raise FormatError("the file has no checkpoint after an empty line")
    return head.split("\n"), signed


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise FormatError(f"{text!r:.40} is no number of an event")
    return int(text)


def hashes(lines: Sequence[str]) -> list[bytes]:
    """The hashes in lines of base64.  Raises FormatError when one is malformed or there are too many."""
    if len(lines) > MAX_HASHES + 1:
        raise FormatError(f"the proof has more than {MAX_HASHES + 1} hashes")
    found = [note.decode_base64(line, "a hash of the proof") for line in lines]
    if any(len(each) != tree.HASH_BYTES for each in found):
        raise FormatError(f"a hash of the proof does not have {tree.HASH_BYTES} bytes")
    return found
