"""The phase 2 contributions in a .zkey file, oldest first.

    64 bytes: the circuit hash | u32 count | count × record

    record    [δ] after this contribution | s, x·s in G1 | x·t in G2: the proof of knowledge of x
              64 bytes: the hash from which t is derived, of the circuit hash, the earlier records, s and x·s
              attribution                    zk/formats/attribution.py

A record is hashed without its attribution and with uncompressed points.  (snarkjs, "zkey_utils.js".)
"""

import hashlib
import struct
from dataclasses import dataclass

import numpy as np

from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1Point
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FP
from zk.formats import attribution
from zk.formats.attribution import Attribution, ProofOfKnowledge
from zk.formats.sections import Section

HASH_BYTES = 64
MAX_CONTRIBUTIONS = 4096

_COUNT = struct.Struct("<I")
_RECORD = np.dtype(
    [
        ("g1", "<u8", (3, *g1.SHAPE)),
        ("g2_spx", "<u8", g2.SHAPE),
        ("transcript", "u1", HASH_BYTES),
    ]
)


@dataclass(frozen=True)
class KeyContribution:
    """One record."""

    delta_g1: G1Point
    proof: ProofOfKnowledge
    transcript: bytes
    attribution: Attribution

    def hashed(self) -> bytes:
        """The bytes that go into the hashes of later contributions."""
        points = (self.delta_g1, self.proof.g1_s, self.proof.g1_sx)
        return b"".join(map(bn254.encode_g1, points)) + bn254.encode_g2(self.proof.g2_spx) + self.transcript

    def hash(self) -> bytes:
        """The contribution hash that a contributor publishes, 64 bytes."""
        return hashlib.blake2b(self.hashed()).digest()


@dataclass(frozen=True)
class Ceremony:
    """The circuit hash and the contributions."""

    circuit_hash: bytes
    contributions: tuple[KeyContribution, ...] = ()


def encode(ceremony: Ceremony) -> bytes:
    """The section.  Raises FormatError when an attribution cannot be written or there are too many contributions."""
    count = len(ceremony.contributions)
    if count > MAX_CONTRIBUTIONS:
        raise FormatError(f"the key has {count} contributions, and the limit is {MAX_CONTRIBUTIONS}")
    return ceremony.circuit_hash + _COUNT.pack(count) + b"".join(map(_encode_record, ceremony.contributions))


def decode(section: Section) -> Ceremony:
    """The circuit hash and the contributions; all points belong to their groups.  No proof is verified.

    Raises FormatError, naming the contribution, for a wrong count, a truncated record, a bad point or the identity, or
    an attribution that `attribution.decode` refuses.
    """
    count, position = _count(section), HASH_BYTES + _COUNT.size
    data, contributions = section.data, []
    for i in range(count):
        what = f"{section.what}: contribution {i + 1}"
        end = position + _RECORD.itemsize
        by, length = attribution.decode(data[end:], what)  # also refuses a truncated record: nothing follows it
        contributions.append(_decode_record(data[position:end], by, what))
        position = end + length
    section.check_length(position)
    return Ceremony(bytes(data[:HASH_BYTES]), tuple(contributions))


def check_room(section: Section) -> None:
    """Raises FormatError when a key has no room for another contribution.  Only the number of records is read."""
    if _count(section) >= MAX_CONTRIBUTIONS:
        raise FormatError(f"{section.what}: there are {MAX_CONTRIBUTIONS} already, the limit")


def _count(section: Section) -> int:
    """The number of records.  Raises FormatError when it exceeds the limit or contradicts the section's length."""
    start = HASH_BYTES + _COUNT.size
    head = section.first(start)
    if head.length < start:
        raise FormatError(f"{section.what} are cut short")
    count: int = _COUNT.unpack_from(head.data, HASH_BYTES)[0]
    if count > MAX_CONTRIBUTIONS:
        raise FormatError(f"{section.what}: there are {count}, and the limit is {MAX_CONTRIBUTIONS}")
    if section.length > start + count * (_RECORD.itemsize + attribution.MAX_BYTES):
        raise FormatError(f"{section.what} have extra bytes after the last one")
    return count


def _encode_record(contribution: KeyContribution) -> bytes:
    record, proof = np.zeros(1, _RECORD), contribution.proof
    record["g1"] = g1.encode([contribution.delta_g1, proof.g1_s, proof.g1_sx])
    record["g2_spx"] = g2.encode([proof.g2_spx])
    record["transcript"] = np.frombuffer(contribution.transcript, np.uint8)
    return record.tobytes() + attribution.encode(contribution.attribution)


def _decode_record(data: memoryview, by: Attribution, what: str) -> KeyContribution:
    """The contribution in a record whose attribution has been decoded."""
    record = np.frombuffer(data, _RECORD)[0]
    words = np.concatenate([record["g1"].reshape(-1, 4), record["g2_spx"].reshape(-1, 4)])
    if not array.is_canonical(FP, words):
        raise FormatError(f"{what} has a coordinate that is not below the modulus")
    *in_g1, x0, x1, y0, y1 = array.decode(FP, words)
    names = ("delta", "s", "x·s")
    delta, s, sx = (bn254.g1(in_g1[2 * i], in_g1[2 * i + 1], f"{what}: {name}") for i, name in enumerate(names))
    spx = bn254.g2((x0, x1), (y0, y1), f"{what}: x·t")
    return KeyContribution(delta, ProofOfKnowledge(s, sx, spx), record["transcript"].tobytes(), by)
