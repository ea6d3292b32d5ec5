"""What a .zkey file says of itself before its bulk: its sections, how long each must be, and the points they share.

    header     u32 32 | p | u32 32 | r | u32 wires | u32 public | u32 domain | [α] [β] [β]₂ [γ]₂ [δ] [δ]₂

The counts tell the length of every other section, and the terms begin with their number; so a file whose header and
lengths agree costs its reader no more than its own size.  A few hundred bytes are read; no kernel, no Numba.  (snarkjs,
"zkey_utils.js", for the format.)
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FP, P, R
from zk.formats import sections
from zk.formats.sections import FIELD_BYTES, MAX_LOG_SIZE, MAX_TERMS, MAX_WIRES, Section
from zk.groth16.keys import MAX_PUBLIC, VerifyingKey

G1_BYTES, G2_BYTES = 2 * FIELD_BYTES, 4 * FIELD_BYTES
COUNT_BYTES, TERM_BYTES = 4, 3 * 4 + FIELD_BYTES  # of the terms: how many, and u32 matrix | u32 row | u32 wire | value

PROTOCOL, HEADER, IC, TERMS, A, B1, B2, C, H, CEREMONY = range(1, 11)
NAMES = {
    PROTOCOL: "the protocol",
    HEADER: "the header",
    IC: "ic",
    TERMS: "the terms of A and B",
    A: "the points a",
    B1: "the points b in G1",
    B2: "the points b in G2",
    C: "the points c",
    H: "the points h",
    CEREMONY: "the contributions",
}
MAGIC, VERSION = b"zkey", 1
_GROTH16 = 1
_LENGTHS = (4, FIELD_BYTES, 4, FIELD_BYTES, 4, 4, 4, G1_BYTES, G1_BYTES, G2_BYTES, G2_BYTES, G1_BYTES, G2_BYTES)


@dataclass(frozen=True)
class Header:
    """The numbers of wires and of public inputs, log2 of the domain, and the points that are not a wire's.

    Before phase 2 of the ceremony δ = γ: no key to prove or to verify with, and `verifying` says so.
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
        """Whether δ = ±γ, as before phase 2 and when its secrets made ±1: then anybody forges."""
        return self.delta_g2 in (self.gamma_g2, bn254.negate(self.gamma_g2))

    def verifying(self, ic: list[G1Point]) -> VerifyingKey:
        """The verifying key.  Raises FormatError when δ = ±γ."""
        return VerifyingKey(self.alpha_g1, self.beta_g2, self.gamma_g2, self.delta_g2, tuple(ic))


def split(source: bytes | BinaryIO, what: str = "the key") -> tuple[Header, dict[int, Section]]:
    """The header of a .zkey file, and its sections, whose lengths are those that the header asks for.

    `source` is the file's content, or the file itself, open for as long as sections are read.  Raises FormatError,
    naming the part of the file, for another protocol than Groth16, a section that is missing or has another length, a
    header that is malformed, and one of more than 2^22 constraints, 2^24 wires or 2^16 public inputs.
    """
    parts = sections.split(source, MAGIC, VERSION, NAMES, what)
    found = {number: sections.required(parts, number, NAMES, what) for number in NAMES if number != CEREMONY}
    if found[PROTOCOL].number() != _GROTH16:
        raise FormatError(f"{what} is not for Groth16")
    header = _decode(found[HEADER])
    for number, length in _lengths(header).items():
        found[number].check_length(length)
    check_terms(found[TERMS])
    return header, parts


def check_terms(section: Section) -> None:
    """Raises FormatError unless the section of the terms has as many as it says, and no more than 2^26."""
    count = section.first(COUNT_BYTES).number()
    section.check_length(COUNT_BYTES + count * TERM_BYTES)
    if count > MAX_TERMS:
        raise FormatError(f"{section.what} are {count}, and {MAX_TERMS} is the limit")


def read_fixed(source: bytes | BinaryIO, what: str = "the key") -> tuple[VerifyingKey, G1Point, G1Point]:
    """The verifying key in a .zkey file, and β and δ in G1: what proofs are verified and hidden with.

    Reads the header and ic and nothing else.  Raises FormatError as `split`, and when a point of ic is malformed.
    """
    header, parts = split(source, what)
    return header.verifying(g1_points(parts[IC])), header.beta_g1, header.delta_g1


def g1_points(section: Section) -> list[G1Point]:
    """Points of G1, none of which is the identity.  Raises FormatError for one that is malformed."""
    values = array.decode(FP, section.rows(FP, section.length // FIELD_BYTES))
    return [bn254.g1(x, y, f"{section.what} {i}") for i, (x, y) in enumerate(zip(values[::2], values[1::2]))]


def encode(header: Header) -> dict[int, bytes]:
    """The protocol and the header, by the numbers of their sections."""
    fields = b"".join(struct.pack("<I", FIELD_BYTES) + modulus.to_bytes(FIELD_BYTES, "little") for modulus in (P, R))
    sizes = struct.pack("<III", header.num_wires, header.num_public, 1 << header.log_size)
    points = g1.encode([header.alpha_g1, header.beta_g1]).tobytes()
    points += g2.encode([header.beta_g2, header.gamma_g2]).tobytes()
    points += g1.encode([header.delta_g1]).tobytes() + g2.encode([header.delta_g2]).tobytes()
    return {PROTOCOL: struct.pack("<I", _GROTH16), HEADER: fields + sizes + points}


def _decode(header: Section) -> Header:
    p_size, p, r_size, r, *numbers, alpha, beta, beta2, gamma2, delta, delta2 = header.cut(*_LENGTHS)
    sections.check_modulus(p_size, p, P)
    sections.check_modulus(r_size, r, R)
    wires, public, domain = (part.number() for part in numbers)
    log_size = domain.bit_length() - 1
    if domain.bit_count() != 1 or log_size > MAX_LOG_SIZE:
        raise FormatError(f"{header.what} has a domain of {domain}, not a power of two up to 2^{MAX_LOG_SIZE}")
    if public > MAX_PUBLIC or not public < wires <= MAX_WIRES:
        raise FormatError(f"{header.what} has {wires} wires and {public} public inputs, which is out of range")
    named = [(alpha, "alpha"), (beta, "beta"), (beta2, "beta"), (gamma2, "gamma"), (delta, "delta"), (delta2, "delta")]
    return Header(wires, public, log_size, *(_point(part, f"{header.what}: {name}") for part, name in named))


def _lengths(header: Header) -> dict[int, int]:
    """How many bytes of points each section has."""
    of_wires = {A: G1_BYTES, B1: G1_BYTES, B2: G2_BYTES}
    lengths = {number: header.num_wires * size for number, size in of_wires.items()}
    private = header.num_wires - header.num_public - 1
    return lengths | {IC: (header.num_public + 1) * G1_BYTES, C: private * G1_BYTES, H: G1_BYTES << header.log_size}


def _point(part: Section, what: str) -> G1Point | G2Point:
    """The one point of G1 or of G2, by its length."""
    values = array.decode(FP, Section(part.data, what).rows(FP, part.length // FIELD_BYTES))
    return bn254.g1(*values, what) if len(values) == 2 else bn254.g2(tuple(values[:2]), tuple(values[2:]), what)
