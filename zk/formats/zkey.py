"""snarkjs's proving key, CIRCUIT.zkey, for Groth16 over BN254.

    header     u32 32 | p | u32 32 | r | u32 wires | u32 public | u32 domain | [α] [β] [β]₂ [γ]₂ [δ] [δ]₂
    terms      the sparse matrices A and B: zk/formats/zkeyterms.py
    points     affine Montgomery words, the identity all zero: ic, then a, b in G1, b in G2 of every wire,
               c of the private wires, h

(snarkjs, "zkey_utils.js", for the format.)  Everything is checked before a kernel multiplies with it: lengths, indices,
canonical coordinates and coefficients, points on their curves and in their subgroups.  A wire whose column is zero has
the identity for a point and is left out.  Contributions to the ceremony are not checked; a key before phase 2 is
refused as one that anybody forges under.
"""

from typing import BinaryIO

import numpy as np

from zk import membership
from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FP, P, R
from zk.formats import sections, zkeyterms
from zk.formats.sections import FIELD_BYTES, Section
from zk.groth16.keys import MAX_PUBLIC, ProvingKey, VerifyingKey

MAX_LOG_SIZE = 22  # of the domain: four million constraints
MAX_WIRES = 1 << 24

_MAGIC, _VERSION, _GROTH16 = b"zkey", 1, 1
_PROTOCOL, _HEADER, _IC, _TERMS, _A, _B1, _B2, _C, _H, _CEREMONY = range(1, 11)
_NAMES = {
    _PROTOCOL: "the protocol",
    _HEADER: "the header",
    _IC: "ic",
    _TERMS: "the terms of A and B",
    _A: "the points a",
    _B1: "the points b in G1",
    _B2: "the points b in G2",
    _C: "the points c",
    _H: "the points h",
    _CEREMONY: "the contributions",
}
_HEADER_LENGTHS = (4, FIELD_BYTES, 4, FIELD_BYTES, 4, 4, 4, 64, 64, 128, 128, 64, 128)


def decode(data: bytes, what: str = "the key") -> ProvingKey:
    """The proving key in a .zkey file; its tables have one level, which zk/groth16/tables.py extends.

    Raises FormatError, naming the part of the file, for everything that is not exactly what snarkjs writes, and for a
    key of more than 2^22 constraints, 2^24 wires or 2^16 public inputs.  Not to be called from a task of the pool.
    """
    parts = sections.split(data, _MAGIC, _VERSION, _NAMES, what)
    found = {number: sections.required(parts, number, _NAMES, what) for number in list(_NAMES)[:-1]}
    if found[_PROTOCOL].number() != _GROTH16:
        raise FormatError(f"{what} is not for Groth16")
    wires, public, log_size, fixed = _decode_header(found[_HEADER])
    alpha, beta, beta2, gamma2, delta, delta2 = fixed
    ic = _g1_points(found[_IC], public + 1)
    points = {name: found[number].rows(FP, count, *shape[:-1]) for name, number, count, shape in (
        ("a", _A, wires, g1.SHAPE), ("b1", _B1, wires, g1.SHAPE), ("b2", _B2, wires, g2.SHAPE),
        ("c", _C, wires - public - 1, g1.SHAPE), ("h", _H, 1 << log_size, g1.SHAPE))}  # fmt: skip
    matrices = zkeyterms.decode(found[_TERMS], wires, public, log_size)
    a_wires, b_wires = _present(points["a"]), _present(points["b1"])
    if not np.array_equal(b_wires, _present(points["b2"])):
        raise FormatError(f"{what}: the points b in G1 and in G2 are not of the same wires")
    points |= {"a": points["a"][a_wires], "b1": points["b1"][b_wires], "b2": points["b2"][b_wires]}
    points = {name: np.require(rows, np.uint64, ["C", "W"]) for name, rows in points.items()}
    for name, number in (("a", _A), ("b1", _B1), ("c", _C), ("h", _H)):
        membership.check_g1(points[name], found[number].what)
    membership.check_g2(points["b2"], found[_B2].what)
    verifying = VerifyingKey(alpha, beta2, gamma2, delta2, tuple(ic))
    tables = {name: rows[np.newaxis] for name, rows in points.items()}
    return ProvingKey(verifying, log_size, wires, beta, delta, a_wires=a_wires, b_wires=b_wires, **tables, **matrices)


def read_fixed(file: BinaryIO, what: str = "the key") -> tuple[VerifyingKey, G1Point, G1Point]:
    """The verifying key in an open .zkey file, and β and δ in G1: what proofs are verified and hidden with.

    Reads the header and ic and nothing else.  Raises FormatError when one of them is malformed.
    """
    parts = sections.pick(file, (_HEADER, _IC), (MAX_PUBLIC + 1) * 2 * FIELD_BYTES, what)
    header, ic = (sections.required(parts, number, _NAMES, what) for number in (_HEADER, _IC))
    _, public, _, (alpha, beta, beta2, gamma2, delta, delta2) = _decode_header(header)
    return VerifyingKey(alpha, beta2, gamma2, delta2, tuple(_g1_points(ic, public + 1))), beta, delta


def _decode_header(header: Section) -> tuple[int, int, int, list[G1Point | G2Point]]:
    """The numbers of wires and of public inputs, log2 of the domain, and the six points."""
    p_size, p, r_size, r, *numbers, alpha, beta, beta2, gamma2, delta, delta2 = header.cut(*_HEADER_LENGTHS)
    sections.check_modulus(p_size, p, P)
    sections.check_modulus(r_size, r, R)
    wires, public, domain = (part.number() for part in numbers)
    log_size = domain.bit_length() - 1
    if domain.bit_count() != 1 or log_size > MAX_LOG_SIZE:
        raise FormatError(f"{header.what} has a domain of {domain}, not a power of two up to 2^{MAX_LOG_SIZE}")
    if public > MAX_PUBLIC or not public < wires <= MAX_WIRES:
        raise FormatError(f"{header.what} has {wires} wires and {public} public inputs, which is out of range")
    named = [(alpha, "alpha"), (beta, "beta"), (beta2, "beta"), (gamma2, "gamma"), (delta, "delta"), (delta2, "delta")]
    return wires, public, log_size, [_point(part, f"{header.what}: {name}") for part, name in named]


def _point(part: Section, what: str) -> G1Point | G2Point:
    """The one point of G1 or of G2, by its length."""
    values = array.decode(FP, part.rows(FP, len(part.data) // FIELD_BYTES))
    return bn254.g1(*values, what) if len(values) == 2 else bn254.g2(tuple(values[:2]), tuple(values[2:]), what)


def _g1_points(section: Section, count: int) -> list[G1Point]:
    """So many points of G1, none of which is the identity."""
    values = array.decode(FP, section.rows(FP, 2 * count))
    return [bn254.g1(x, y, f"{section.what} {i}") for i, (x, y) in enumerate(zip(values[::2], values[1::2]))]


def _present(points: np.ndarray) -> np.ndarray:
    """int32 (n,): the indices of the points that are not the identity."""
    return np.flatnonzero(points.reshape(len(points), -1).any(axis=1)).astype(np.int32)
