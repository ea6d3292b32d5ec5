"""A rank-1 constraint system as circom writes it, CIRCUIT.r1cs.

    header        u32 32 | r | u32 wires | u32 public outputs | u32 public inputs | u32 private inputs | u64 labels
                  | u32 constraints
    constraints   three linear combinations each, A, B and C: u32 count | count × (u32 wire | 32 bytes coefficient)
    labels        u64 for each wire: which signal of the source it is; zk/formats/r1cslabels.py

Wire 0 is one, then the outputs, then the public inputs.  A private input that no constraint names is counted and has no
wire.  (iden3, "binary file format for R1CS", version 1.)
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR, WORDS, R
from zk.formats import sections
from zk.formats.sections import FIELD_BYTES, Section
from zk.groth16.keys import MAX_PUBLIC, MAX_WIRES
from zk.r1cs import R1CS, SparseMatrix

_MAGIC, _VERSION = b"r1cs", 1
_HEADER, _CONSTRAINTS, _LABELS, _GATES, _GATE_USES = range(1, 6)
_NAMES = {
    _HEADER: "the header",
    _CONSTRAINTS: "the constraints",
    _LABELS: "the labels",
    _GATES: "the custom gates",
    _GATE_USES: "the uses of custom gates",
}
_TERM = np.dtype([("wire", "<u4"), ("value", "<u8", WORDS)])
_COUNT = struct.Struct("<I")


@dataclass(frozen=True)
class Header:
    """The numbers at the head of the file.  `labels` counts the signals of the source and one more, the number one."""

    wires: int
    outputs: int
    inputs: int  # public ones
    private: int
    labels: int
    constraints: int

    @property
    def public(self) -> int:
        """The number of public wires beside the one."""
        return self.outputs + self.inputs


@dataclass(frozen=True)
class Listing:
    """A system term by term in the order of the file; combination 3 i is A of constraint i, then come B and C.

    A combination may name a wire twice, and a coefficient may be 0: snarkjs takes and keeps both.
    """

    header: Header
    combinations: np.ndarray  # int64 (n,): of each term
    wires: np.ndarray  # uint32 (n,)
    values: np.ndarray  # uint64 (n, 4): the coefficients, plain words below r


def split(data: bytes, what: str = "the circuit") -> tuple[Header, dict[int, Section]]:
    """The header of a .r1cs file, and its sections.  Raises FormatError, as `decode` for all but the constraints."""
    parts = sections.split(data, _MAGIC, _VERSION, _NAMES, what)
    if _GATES in parts or _GATE_USES in parts:
        raise FormatError(f"{what} uses custom gates, which no rank-1 constraint can express")
    return _header(sections.required(parts, _HEADER, _NAMES, what)), parts


def decode(data: bytes, what: str = "the circuit") -> R1CS:
    """The system in a .r1cs file, rows sorted by wire and without zero coefficients.

    Raises FormatError, naming the part of the file: as `listing`, and for a wire that occurs twice in a combination.
    """
    found = listing(data, what)
    matrices = (_matrix(found, side, f"{what}: {_NAMES[_CONSTRAINTS]}") for side in range(3))
    return R1CS(R, found.header.wires, found.header.public, *matrices)


def listing(data: bytes, what: str = "the circuit") -> Listing:
    """The system in a .r1cs file as it is written there.

    Raises FormatError, naming the part of the file: counts and lengths that contradict each other, a wire that is not
    there, a coefficient that is not reduced, another field, custom gates.
    """
    header, parts = split(data, what)
    section = sections.required(parts, _CONSTRAINTS, _NAMES, what)
    begins, counts = _combination_ends(section, 3 * header.constraints)
    is_term = np.ones(len(section.data), dtype=bool)
    is_term[(begins[:, np.newaxis] - np.arange(1, 1 + _COUNT.size)).reshape(-1)] = False
    terms = np.frombuffer(section.data, dtype=np.uint8)[is_term].view(_TERM)
    if terms["wire"].max(initial=0) >= header.wires:
        raise FormatError(f"{section.what} name a wire that is not there")
    if not array.is_canonical(FR, terms["value"]):
        raise FormatError(f"{section.what} have a coefficient that is not below the modulus")
    return Listing(header, np.repeat(np.arange(len(counts)), counts), terms["wire"].copy(), terms["value"].copy())


def labels(parts: Mapping[int, Section], what: str = "the circuit") -> Section:
    """The section of labels among those that `split` has found.  Raises FormatError when it is not there."""
    return sections.required(parts, _LABELS, _NAMES, what)


def _header(section: Section) -> Header:
    size, modulus, *parts = section.cut(4, FIELD_BYTES, 4, 4, 4, 4, 8, 4)
    sections.check_modulus(size, modulus, R)
    found = Header(*(int.from_bytes(part.data, "little") for part in parts))
    if not found.public < found.wires <= MAX_WIRES or found.public > MAX_PUBLIC:
        raise FormatError(
            f"{section.what} has {found.wires} wires for {found.outputs} outputs and {found.inputs} public inputs"
        )
    return found


def _combination_ends(section: Section, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the terms of so many combinations begin, in bytes, and how many each has; together the whole section."""
    data, position = section.data, 0
    begins, counts = [], []
    for _ in range(count):
        if len(data) - position < _COUNT.size:
            raise FormatError(f"{section.what} end before there are {count // 3} of them")
        terms = _COUNT.unpack_from(data, position)[0]
        position += _COUNT.size
        begins.append(position)
        counts.append(terms)
        position += terms * _TERM.itemsize
    section.check_length(position)
    return np.array(begins, dtype=np.int64), np.array(counts, dtype=np.int64)


def _matrix(found: Listing, side: int, what: str) -> SparseMatrix:
    """A, B or C, by their numbers 0, 1 and 2."""
    chosen = np.flatnonzero(found.combinations % 3 == side)
    rows, wires, values = found.combinations[chosen] // 3, found.wires[chosen], found.values[chosen]
    order = np.lexsort((wires, rows))
    rows, wires, values = rows[order], wires[order], values[order]
    if ((rows[1:] == rows[:-1]) & (wires[1:] == wires[:-1])).any():
        raise FormatError(f"{what} name a wire twice in one combination")
    is_there = values.any(axis=1)
    starts = np.zeros(found.header.constraints + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows[is_there], minlength=found.header.constraints), out=starts[1:])
    return SparseMatrix(starts, wires[is_there].astype(np.int32), array.from_plain(values[is_there]))
