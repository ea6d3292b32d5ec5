"""The contributions in a .ptau file, in the order in which they were made.

    u32 count | count × record

    record    [τ] [τ]₂ [α] [β] [β]₂            the points after this contribution
              s, x·s in G1 of τ, of α, of β; x·t in G2 of τ, of α, of β     the proofs of knowledge
              216 bytes of Blake2b's state over the hash before and all points, compressed
              64 bytes: the hash of the next challenge
              attribution                      zk/formats/attribution.py

The response hash is that state's, after the nine points of the proofs, uncompressed.
(snarkjs, "powersoftau_utils.js".)
"""

import struct
from dataclasses import dataclass

import numpy as np

from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.formats import attribution
from zk.formats.attribution import Attribution, PublicKey
from zk.formats.sections import Section
from zk.hashes import blake2b
from zk.hashes.blake2b import Blake2b
from zk.msm import membership

MAX_CONTRIBUTIONS = 4096

_COUNT = struct.Struct("<I")
_RECORD = np.dtype(
    [
        ("tau_g1", "<u8", g1.SHAPE),
        ("tau_g2", "<u8", g2.SHAPE),
        ("alpha_g1", "<u8", g1.SHAPE),
        ("beta_g1", "<u8", g1.SHAPE),
        ("beta_g2", "<u8", g2.SHAPE),
        ("keys_g1", "<u8", (6, *g1.SHAPE)),
        ("keys_g2", "<u8", (3, *g2.SHAPE)),
        ("state", "u1", blake2b.STATE_BYTES),
        ("next_challenge", "u1", blake2b.DIGEST_BYTES),
    ]
)
_G1_FIELDS, _G2_FIELDS = ("tau_g1", "alpha_g1", "beta_g1", "keys_g1"), ("tau_g2", "beta_g2", "keys_g2")


@dataclass(frozen=True)
class Points:
    """The points that a contribution leaves, of which those of the next are multiples."""

    tau_g1: G1Point
    tau_g2: G2Point
    alpha_g1: G1Point
    beta_g1: G1Point
    beta_g2: G2Point


@dataclass(frozen=True)
class Contribution:
    """One record.  `keys` are those of τ, α and β."""

    points: Points
    keys: tuple[PublicKey, PublicKey, PublicKey]
    state: bytes
    next_challenge: bytes
    attribution: Attribution

    def response_hash(self) -> bytes:
        """The 64 bytes that stand for everything the contributor published."""
        hash_ = Blake2b.restored(self.state, "the contribution's hash")
        hash_.update(published(self.keys))
        return hash_.digest()


def published(keys: tuple[PublicKey, ...]) -> bytes:
    """The proofs of knowledge as they are hashed."""
    left = b"".join(bn254.encode_g1(key.g1_s) + bn254.encode_g1(key.g1_sx) for key in keys)
    return left + b"".join(bn254.encode_g2(key.g2_spx) for key in keys)


def encode(contribution: Contribution) -> bytes:
    """One record.  Raises FormatError when the attribution cannot be written."""
    points, keys = contribution.points, contribution.keys
    record = np.zeros(1, _RECORD)
    for name in ("tau_g1", "alpha_g1", "beta_g1"):
        record[name] = g1.encode([getattr(points, name)])
    for name in ("tau_g2", "beta_g2"):
        record[name] = g2.encode([getattr(points, name)])
    record["keys_g1"] = g1.encode(point for key in keys for point in (key.g1_s, key.g1_sx))
    record["keys_g2"] = g2.encode(key.g2_spx for key in keys)
    record["state"] = np.frombuffer(contribution.state, np.uint8)
    record["next_challenge"] = np.frombuffer(contribution.next_challenge, np.uint8)
    return record.tobytes() + attribution.encode(contribution.attribution)


def length(found: Attribution) -> int:
    """The bytes of a record with this attribution."""
    return _RECORD.itemsize + len(attribution.encode(found))


def extended(section: Section, record: bytes) -> bytes:
    """The section with one record more; the records before stay byte for byte.

    Raises FormatError when there are too many.
    """
    count = _count(section) + 1
    if count > MAX_CONTRIBUTIONS:
        raise FormatError(f"{section.what} are {count}, and {MAX_CONTRIBUTIONS} is the limit")
    return _COUNT.pack(count) + bytes(section.data[_COUNT.size :]) + record


EMPTY = _COUNT.pack(0)


def decode(section: Section) -> tuple[Contribution, ...]:
    """The contributions, whose points are points of their groups and not the identity.

    Raises FormatError, naming the section: a count or a record that does not fit, a bad point, a state that is no
    hash's, or an attribution as `attribution.decode`.  Not to be called from a task of the pool.
    """
    count, position = _count(section), _COUNT.size
    records, attributions = np.zeros(count, _RECORD), []
    for i in range(count):
        what = f"{section.what}: contribution {i + 1}"
        if len(section.data) - position < _RECORD.itemsize:
            raise FormatError(f"{what} is cut short")
        records[i] = np.frombuffer(section.data, _RECORD, 1, position)[0]
        position += _RECORD.itemsize
        found, length = attribution.decode(section.data[position:], what)
        attributions.append(found)
        position += length
    if position != len(section.data):
        raise FormatError(f"{section.what} go on after the last one")
    _check_points(records, section.what)
    return tuple(
        _contribution(*pair, f"{section.what}: contribution {i + 1}")
        for i, pair in enumerate(zip(records, attributions))
    )


def _count(section: Section) -> int:
    """How many records there are.  Raises FormatError when there are more than the limit or than fit."""
    head = section.first(_COUNT.size)
    if head.length < _COUNT.size:
        raise FormatError(f"{section.what} are cut short")
    count = head.number()
    if count > MAX_CONTRIBUTIONS:
        raise FormatError(f"{section.what} are {count}, and {MAX_CONTRIBUTIONS} is the limit")
    if count * _RECORD.itemsize > section.length:
        raise FormatError(f"{section.what} end before the {count} do")
    if section.length > _COUNT.size + count * (_RECORD.itemsize + attribution.MAX_BYTES):
        raise FormatError(f"{section.what} go on after the last one")
    return count


def _check_points(records: np.ndarray, what: str) -> None:
    """Raises FormatError unless every point is one of its group and not the identity."""
    for fields, shape, check in (
        (_G1_FIELDS, g1.SHAPE, membership.check_g1),
        (_G2_FIELDS, g2.SHAPE, membership.check_g2),
    ):
        rows = np.concatenate([np.ascontiguousarray(records[name]).reshape(-1, *shape) for name in fields])
        check(rows, what)
        if len(rows) and not rows.reshape(len(rows), -1).any(axis=1).all():
            raise FormatError(f"{what} have the identity among their points")


def _contribution(record: np.void, found: Attribution, what: str) -> Contribution:
    """The contribution in a record whose points are checked."""
    decoded = {name: g1.decode(record[name].reshape(-1, *g1.SHAPE)) for name in _G1_FIELDS}
    decoded |= {name: g2.decode(record[name].reshape(-1, *g2.SHAPE)) for name in _G2_FIELDS}
    points = Points(*(decoded[name][0] for name in ("tau_g1", "tau_g2", "alpha_g1", "beta_g1", "beta_g2")))
    left, right = decoded["keys_g1"], decoded["keys_g2"]
    keys = tuple(PublicKey(left[2 * i], left[2 * i + 1], right[i]) for i in range(3))
    state = record["state"].tobytes()
    Blake2b.restored(state, f"{what}: the hash")
    return Contribution(points, keys, state, record["next_challenge"].tobytes(), found)
