"""The contributions to phase 2 in a .zkey file, in the order in which they were made.

    64 bytes: the hash of the circuit | u32 count | count × record

    record    [δ] after this contribution | s, x·s in G1 | x·t in G2: the proof of knowledge of x
              64 bytes: the hash that makes t, over the circuit's hash, the records before, s and x·s
              attribution                    zk/formats/attribution.py

A record is hashed without its attribution, points uncompressed.  (snarkjs, "zkey_utils.js".)
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
from zk.formats.attribution import Attribution, PublicKey
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
class Contribution:
    """One record."""

    delta_g1: G1Point
    key: PublicKey
    transcript: bytes
    attribution: Attribution

    def hashed(self) -> bytes:
        """What the hashes of later contributions are made over."""
        points = (self.delta_g1, self.key.g1_s, self.key.g1_sx)
        return b"".join(map(bn254.encode_g1, points)) + bn254.encode_g2(self.key.g2_spx) + self.transcript

    def hash(self) -> bytes:
        """The 64 bytes by which the contribution is known."""
        return hashlib.blake2b(self.hashed()).digest()


@dataclass(frozen=True)
class Ceremony:
    """The hash of the circuit, and who contributed."""

    circuit_hash: bytes
    contributions: tuple[Contribution, ...] = ()


def encode(ceremony: Ceremony) -> bytes:
    """The section.  Raises FormatError when an attribution cannot be written, or there are too many contributions."""
    count = len(ceremony.contributions)
    if count > MAX_CONTRIBUTIONS:
        raise FormatError(f"a key has {count} contributions, and {MAX_CONTRIBUTIONS} is the limit")
    return ceremony.circuit_hash + _COUNT.pack(count) + b"".join(map(_encode_record, ceremony.contributions))


def decode(section: Section) -> Ceremony:
    """What the section holds; the points are points of their groups and not the identity.

    Raises FormatError, naming the contribution: a count or a record that does not fit, a bad point, an attribution that
    `attribution.decode` refuses.  No proof is checked.
    """
    position = HASH_BYTES + _COUNT.size
    head = section.first(position)
    if head.length < position:
        raise FormatError(f"{section.what} are cut short")
    count = _COUNT.unpack_from(head.data, HASH_BYTES)[0]
    if count > MAX_CONTRIBUTIONS:
        raise FormatError(f"{section.what} are {count}, and {MAX_CONTRIBUTIONS} is the limit")
    if section.length > position + count * (_RECORD.itemsize + attribution.MAX_BYTES):
        raise FormatError(f"{section.what} go on after the last one")
    data, found = section.data, []
    for i in range(count):
        what = f"{section.what}: contribution {i + 1}"
        end = position + _RECORD.itemsize
        named, length = attribution.decode(data[end:], what)  # refused when there is nothing
        found.append(_decode_record(data[position:end], named, what))
        position = end + length
    section.check_length(position)
    return Ceremony(bytes(data[:HASH_BYTES]), tuple(found))


def _encode_record(contribution: Contribution) -> bytes:
    record = np.zeros(1, _RECORD)
    record["g1"] = g1.encode([contribution.delta_g1, contribution.key.g1_s, contribution.key.g1_sx])
    record["g2_spx"] = g2.encode([contribution.key.g2_spx])
    record["transcript"] = np.frombuffer(contribution.transcript, np.uint8)
    return record.tobytes() + attribution.encode(contribution.attribution)


def _decode_record(data: memoryview, named: Attribution, what: str) -> Contribution:
    """The contribution in a record whose attribution has been read."""
    record = np.frombuffer(data, _RECORD)[0]
    words = np.concatenate([record["g1"].reshape(-1, 4), record["g2_spx"].reshape(-1, 4)])
    if not array.is_canonical(FP, words):
        raise FormatError(f"{what} has a coordinate that is not below the modulus")
    values = array.decode(FP, words)
    names = ("delta", "s", "x·s")
    left = [bn254.g1(*values[2 * i : 2 * i + 2], f"{what}: {name}") for i, name in enumerate(names)]
    right = bn254.g2(tuple(values[6:8]), tuple(values[8:]), f"{what}: x·t")
    return Contribution(left[0], PublicKey(left[1], left[2], right), record["transcript"].tobytes(), named)
