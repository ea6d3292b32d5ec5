"""The beginning of a .zkey file: its sections, how long each must be, and the points that all wires share.

    header     u32 32 | p | u32 32 | r | u32 wires | u32 public | u32 domain | [α] [β] [β]₂ [γ]₂ [δ] [δ]₂

The counts determine the length of every other section, and the terms begin with their number.  So when header and
lengths agree, reading the file costs no more than its size.  This module reads a few hundred bytes.  No kernel, no
Numba.
(snarkjs, "zkey_utils.js", for the format.)
"""

import struct
from dataclasses import dataclass

from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FP, P, R
from zk.formats import sections
from zk.formats.sections import FIELD_BYTES, MAX_LOG_SIZE, MAX_TERMS, MAX_WIRES, Section, Source
from zk.groth16.keys import MAX_PUBLIC, VerifyingKey

G1_BYTES, G2_BYTES = 2 * FIELD_BYTES, 4 * FIELD_BYTES
COUNT_BYTES, TERM_BYTES = 4, 3 * 4 + FIELD_BYTES  # of the terms: how many, and u32 matrix | u32 row | u32 wire | value

PROTOCOL, HEADER, IC, TERMS, A_QUERY, B_G1_QUERY, B_G2_QUERY, L_QUERY, H_QUERY, CEREMONY = range(1, 11)
NAMES = {
    PROTOCOL: "the protocol",
    HEADER: "the header",
    IC: "ic",
    TERMS: "the terms of A and B",
    A_QUERY: "the points a",
    B_G1_QUERY: "the points b in G1",
    B_G2_QUERY: "the points b in G2",
    L_QUERY: "the points c",
    H_QUERY: "the points h",
    CEREMONY: "the contributions",
}
MAGIC, VERSION = b"zkey", 1
_GROTH16 = 1
_LENGTHS = (4, FIELD_BYTES, 4, FIELD_BYTES, 4, 4, 4, G1_BYTES, G1_BYTES, G2_BYTES, G2_BYTES, G1_BYTES, G2_BYTES)


@dataclass(frozen=True)
class KeyHeader:
    """The numbers of wires and public inputs, log2 of the domain, and the points that do not belong to a wire.

    Before phase 2 of the ceremony δ = γ, and `verifying` refuses such a key.
    """

    num_wires: int
    num_public: int
    log_size: int
    alpha_g1: G1Point
    beta_g1: G1Point
    beta_g2: G2Point
    gamma_g2: G2Point
    delta_g1: G1Point
    delta_g2: G2Point

    @property
    def is_forgeable(self) -> bool:
        """Whether δ = ±γ, as before phase 2: then anybody can forge proofs."""
        return self.delta_g2 in (self.gamma_g2, bn254.negate(self.gamma_g2))

    def verifying(self, ic: list[G1Point]) -> VerifyingKey:
        """The verifying key.  Raises FormatError when δ = ±γ."""
        return VerifyingKey(self.alpha_g1, self.beta_g2, self.gamma_g2, self.delta_g2, tuple(ic))


def split(source: Source, what: str = "the key") -> tuple[KeyHeader, dict[int, Section]]:
    """The header of a .zkey file, and its sections, whose lengths agree with the header.

    Raises FormatError, naming the part of the file, for another protocol than Groth16, a section that is missing or has
    another length, a header that is malformed, and one of more than 2^22 constraints, 2^24 wires or 2^16 public inputs.
    """
    parts = sections.split(source, MAGIC, VERSION, NAMES, what)
    present = {number: sections.required(parts, number, NAMES, what) for number in NAMES if number != CEREMONY}
    if present[PROTOCOL].number() != _GROTH16:
        raise FormatError(f"{what} is not for Groth16")
    header = _decode(present[HEADER])
    for number, length in _lengths(header).items():
        present[number].check_length(length)
    check_terms(present[TERMS])
    return header, parts


def check_terms(section: Section) -> None:
    """Raises FormatError unless the section of the terms has as many as its count says, at most 2^26."""
    count = section.first(COUNT_BYTES).number()
    section.check_length(COUNT_BYTES + count * TERM_BYTES)
    if count > MAX_TERMS:
        raise FormatError(f"{section.what} are {count}, and {MAX_TERMS} is the limit")


def read_fixed(source: Source, what: str = "the key") -> tuple[VerifyingKey, G1Point, G1Point]:
    """The verifying key in a .zkey file, and β and δ in G1.

    Reads the header and ic only.  Raises FormatError as `split`, and when a point of ic is malformed.
    """
    header, parts = split(source, what)
    return header.verifying(g1_points(parts[IC])), header.beta_g1, header.delta_g1


def g1_points(section: Section) -> list[G1Point]:
    """The points of G1 in a section.  Raises FormatError for one that is malformed or the identity."""
    values = array.decode(FP, section.rows(FP, section.length // FIELD_BYTES))
    pairs = zip(values[::2], values[1::2], strict=True)
    return [bn254.g1(x, y, f"{section.what} {i}") for i, (x, y) in enumerate(pairs)]


def encode(header: KeyHeader) -> dict[int, bytes]:
    """The protocol and the header, by the numbers of their sections."""
    fields = b"".join(struct.pack("<I", FIELD_BYTES) + modulus.to_bytes(FIELD_BYTES, "little") for modulus in (P, R))
    sizes = struct.pack("<III", header.num_wires, header.num_public, 1 << header.log_size)
    points = g1.encode([header.alpha_g1, header.beta_g1]).tobytes()
    points += g2.encode([header.beta_g2, header.gamma_g2]).tobytes()
    points += g1.encode([header.delta_g1]).tobytes() + g2.encode([header.delta_g2]).tobytes()
    return {PROTOCOL: struct.pack("<I", _GROTH16), HEADER: fields + sizes + points}


def _decode(section: Section) -> KeyHeader:
    p_size, p, r_size, r, *counts, alpha_g1, beta_g1, beta_g2, gamma_g2, delta_g1, delta_g2 = section.cut(*_LENGTHS)
    sections.check_modulus(p_size, p, P)
    sections.check_modulus(r_size, r, R)
    num_wires, num_public, domain = (part.number() for part in counts)
    log_size = domain.bit_length() - 1
    if domain.bit_count() != 1 or log_size > MAX_LOG_SIZE:
        raise FormatError(f"{section.what} has a domain of {domain}, not a power of two up to 2^{MAX_LOG_SIZE}")
    if num_public > MAX_PUBLIC or not num_public < num_wires <= MAX_WIRES:
        raise FormatError(f"{section.what} has {num_wires} wires and {num_public} public inputs, which is out of range")
    return KeyHeader(
        num_wires,
        num_public,
        log_size,
        alpha_g1=_g1(alpha_g1, f"{section.what}: alpha"),
        beta_g1=_g1(beta_g1, f"{section.what}: beta"),
        beta_g2=_g2(beta_g2, f"{section.what}: beta"),
        gamma_g2=_g2(gamma_g2, f"{section.what}: gamma"),
        delta_g1=_g1(delta_g1, f"{section.what}: delta"),
        delta_g2=_g2(delta_g2, f"{section.what}: delta"),
    )


def _lengths(header: KeyHeader) -> dict[int, int]:
    """The length in bytes of every section of points."""
    return {
        IC: (header.num_public + 1) * G1_BYTES,
        A_QUERY: header.num_wires * G1_BYTES,
        B_G1_QUERY: header.num_wires * G1_BYTES,
        B_G2_QUERY: header.num_wires * G2_BYTES,
        L_QUERY: (header.num_wires - header.num_public - 1) * G1_BYTES,
        H_QUERY: G1_BYTES << header.log_size,
    }


def _g1(part: Section, what: str) -> G1Point:
    """The one point of G1 in this part of the header."""
    x, y = array.decode(FP, sections.of_bytes(part.data, what).rows(FP, 2))
    return bn254.g1(x, y, what)


def _g2(part: Section, what: str) -> G2Point:
    """The one point of G2 in this part of the header."""
    x0, x1, y0, y1 = array.decode(FP, sections.of_bytes(part.data, what).rows(FP, 4))
    return bn254.g2((x0, x1), (y0, y1), what)
