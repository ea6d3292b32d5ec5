"""The contributions in a .ptau file, oldest first.

    u32 count | count × record

    record    [τ] [τ]₂ [α] [β] [β]₂            the points after this contribution
              s, x·s in G1 for τ, α and β; x·t in G2 for τ, α and β         the proofs of knowledge
              216 bytes: Blake2b's state over the challenge and all points, compressed
              64 bytes: the next challenge
              attribution                      zk/formats/attribution.py

The response hash continues from that state with the nine points of the proofs, uncompressed.
(snarkjs, "powersoftau_utils.js".)
"""

import struct
from dataclasses import dataclass

import numpy as np

from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.formats import attribution
from zk.formats.attribution import Attribution, ProofOfKnowledge
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
        ("proofs_g1", "<u8", (6, *g1.SHAPE)),
        ("proofs_g2", "<u8", (3, *g2.SHAPE)),
        ("state", "u1", blake2b.STATE_BYTES),
        ("next_challenge", "u1", blake2b.DIGEST_BYTES),
    ]
)
_G1_FIELDS, _G2_FIELDS = ("tau_g1", "alpha_g1", "beta_g1", "proofs_g1"), ("tau_g2", "beta_g2", "proofs_g2")


@dataclass(frozen=True)
class Points:
    """The accumulator after a contribution: the next contribution multiplies these points."""

    tau_g1: G1Point
    tau_g2: G2Point
    alpha_g1: G1Point
    beta_g1: G1Point
    beta_g2: G2Point


@dataclass(frozen=True)
class PowersContribution:
    """One record.  `proofs` are for τ, α and β."""

    points: Points
    proofs: tuple[ProofOfKnowledge, ProofOfKnowledge, ProofOfKnowledge]
    state: bytes  # of Blake2b
    next_challenge: bytes
    attribution: Attribution

    def response_hash(self) -> bytes:
        """The hash of everything the contributor published, 64 bytes."""
        hash_ = Blake2b.restored(self.state, "the contribution's hash")
        hash_.update(encode_proofs(self.proofs))
        return hash_.digest()


def encode_proofs(proofs: tuple[ProofOfKnowledge, ...]) -> bytes:
    """The proofs of knowledge as they are hashed."""
    in_g1 = b"".join(bn254.encode_g1(proof.g1_s) + bn254.encode_g1(proof.g1_sx) for proof in proofs)
    return in_g1 + b"".join(bn254.encode_g2(proof.g2_spx) for proof in proofs)


def encode(contribution: PowersContribution) -> bytes:
    """One record.  Raises FormatError when the attribution cannot be written."""
    points, proofs = contribution.points, contribution.proofs
    record = np.zeros(1, _RECORD)
    for name in ("tau_g1", "alpha_g1", "beta_g1"):
        record[name] = g1.encode([getattr(points, name)])
    for name in ("tau_g2", "beta_g2"):
        record[name] = g2.encode([getattr(points, name)])
    record["proofs_g1"] = g1.encode(point for proof in proofs for point in (proof.g1_s, proof.g1_sx))
    record["proofs_g2"] = g2.encode(proof.g2_spx for proof in proofs)
    record["state"] = np.frombuffer(contribution.state, np.uint8)
    record["next_challenge"] = np.frombuffer(contribution.next_challenge, np.uint8)
    return record.tobytes() + attribution.encode(contribution.attribution)


def record_bytes(by: Attribution) -> int:
    """The length of a record with this attribution."""
    return _RECORD.itemsize + len(attribution.encode(by))


def check_room(section: Section) -> None:
    """Raises FormatError when the section has no room for another contribution."""
    if _count(section) >= MAX_CONTRIBUTIONS:
        raise FormatError(f"{section.what}: there are {MAX_CONTRIBUTIONS} already, the limit")


def append(section: Section, record: bytes) -> bytes:
    """The section with one more record; the earlier records keep their bytes.  Raises FormatError like `check_room`."""
    check_room(section)
    return _COUNT.pack(_count(section) + 1) + bytes(section.data[_COUNT.size :]) + record


EMPTY = _COUNT.pack(0)


def decode(section: Section) -> tuple[PowersContribution, ...]:
    """The contributions; all points belong to their groups and differ from the identity.  No proof is verified.

    Raises FormatError, naming the section, for a wrong count, a truncated record, a bad point, a malformed hash state,
    or an attribution that `attribution.decode` refuses.  Must not be called from a pool task.
    """
    count, position = _count(section), _COUNT.size
    records, attributions = np.zeros(count, _RECORD), []
    for i in range(count):
        what = f"{section.what}: contribution {i + 1}"
        if len(section.data) - position < _RECORD.itemsize:
            raise FormatError(f"{what} is cut short")
        records[i] = np.frombuffer(section.data, _RECORD, 1, position)[0]
        position += _RECORD.itemsize
        by, length = attribution.decode(section.data[position:], what)
        attributions.append(by)
        position += length
    if position != len(section.data):
        raise FormatError(f"{section.what} have extra bytes after the last one")
    _check_points(records, section.what)
    return tuple(
        _contribution(record, by, f"{section.what}: contribution {i + 1}")
        for i, (record, by) in enumerate(zip(records, attributions, strict=True))
    )


def _count(section: Section) -> int:
    """The number of records.  Raises FormatError when it exceeds the limit or contradicts the section's length."""
    head = section.first(_COUNT.size)
    if head.length < _COUNT.size:
        raise FormatError(f"{section.what} are cut short")
    count = head.number()
    if count > MAX_CONTRIBUTIONS:
        raise FormatError(f"{section.what}: there are {count}, and the limit is {MAX_CONTRIBUTIONS}")
    if count * _RECORD.itemsize > section.length:
        raise FormatError(f"{section.what} are cut short: {count} do not fit")
    if section.length > _COUNT.size + count * (_RECORD.itemsize + attribution.MAX_BYTES):
        raise FormatError(f"{section.what} have extra bytes after the last one")
    return count


def _check_points(records: np.ndarray, what: str) -> None:
    """Raises FormatError unless every point belongs to its group and differs from the identity."""
    for fields, shape, check in (
        (_G1_FIELDS, g1.SHAPE, membership.check_g1),
        (_G2_FIELDS, g2.SHAPE, membership.check_g2),
    ):
        rows = np.concatenate([np.ascontiguousarray(records[name]).reshape(-1, *shape) for name in fields])
        check(rows, what)
        if len(rows) and not rows.reshape(len(rows), -1).any(axis=1).all():
            raise FormatError(f"{what} contain the identity")


def _contribution(record: np.void, by: Attribution, what: str) -> PowersContribution:
    """The contribution in a record whose points have been checked."""
    tau_g1, alpha_g1, beta_g1, *proofs_g1 = (point for name in _G1_FIELDS for point in _points_g1(record[name]))
    tau_g2, beta_g2, *proofs_g2 = (point for name in _G2_FIELDS for point in _points_g2(record[name]))
    tau, alpha, beta = (ProofOfKnowledge(proofs_g1[2 * i], proofs_g1[2 * i + 1], proofs_g2[i]) for i in range(3))
    state = record["state"].tobytes()
    Blake2b.restored(state, f"{what}: the hash")
    points = Points(tau_g1, tau_g2, alpha_g1, beta_g1, beta_g2)
    return PowersContribution(points, (tau, alpha, beta), state, record["next_challenge"].tobytes(), by)


def _points_g1(rows: np.ndarray) -> list[G1Point]:
    return [point for point in g1.decode(rows.reshape(-1, *g1.SHAPE)) if point is not None]


def _points_g2(rows: np.ndarray) -> list[G2Point]:
    return [point for point in g2.decode(rows.reshape(-1, *g2.SHAPE)) if point is not None]
