"""A rank-1 constraint system as circom writes it, CIRCUIT.r1cs.

    header        u32 32 | r | u32 wires | u32 public outputs | u32 public inputs | u32 private inputs | u64 labels
                  | u32 constraints
    constraints   three linear combinations each, A, B and C: u32 count | count × (u32 wire | 32 bytes coefficient)
    labels        u64 for each wire: which signal of the source it is; zk/formats/r1cslabels.py

Wire 0 is one, then the outputs, then the public inputs.  A private input that no constraint names is counted and has no
wire.  (iden3, "binary file format for R1CS", version 1.)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR, WORDS, R
from zk.formats import sections
from zk.formats.sections import FIELD_BYTES, MAX_LOG_SIZE, MAX_TERMS, MAX_WIRES, Section
from zk.groth16.keys import MAX_PUBLIC
from zk.r1cs.r1cs import R1CS, SparseMatrix

_MAGIC, _VERSION = b"r1cs", 1
_HEADER, _CONSTRAINTS, _LABELS, _GATES, _GATE_USES = range(1, 6)
_NAMES = {
    _HEADER: "the header",
    _CONSTRAINTS: "the constraints",
    _LABELS: "the labels",
    _GATES: "the custom gates",
    _GATE_USES: "the uses of custom gates",
}
LABEL_BYTES = 8
_WORD_BYTES = 4  # the constraints are made of nothing smaller
_TERM_WORDS = 1 + FIELD_BYTES // _WORD_BYTES


@dataclass(frozen=True)
class Header:
    """The numbers at the head of the file.  `labels` counts the signals of the source and one more, the number one."""

    num_wires: int
    num_outputs: int
    num_public_inputs: int
    num_private_inputs: int
    num_labels: int
    num_constraints: int

    @property
    def num_public(self) -> int:
        """The number of public wires beside the one."""
        return self.num_outputs + self.num_public_inputs


@dataclass(frozen=True)
class Listing:
    """A system term by term in the order of the file; combination 3 i is A of constraint i, then come B and C.

    A combination may name a wire twice, and a coefficient may be 0: snarkjs takes and keeps both.
    """

    header: Header
    combinations: np.ndarray  # int64 (n,): of each term
    columns: np.ndarray  # uint32 (n,): the wire of each term
    values: np.ndarray  # uint64 (n, 4): the coefficients, plain words below r


def split(source: bytes | BinaryIO, what: str = "the circuit") -> tuple[Header, dict[int, Section]]:
    """The header of a .r1cs file, and its sections, whose lengths are possible with the header's numbers.

    `source` is the file's content, or the file itself, open for as long as sections are read.  Raises FormatError, as
    `listing` for all but what stands in the constraints.
    """
    parts = sections.split(source, _MAGIC, _VERSION, _NAMES, what)
    if _GATES in parts or _GATE_USES in parts:
        raise FormatError(f"{what} uses custom gates, which no rank-1 constraint can express")
    header = _header(sections.required(parts, _HEADER, _NAMES, what))
    constraints, found = (sections.required(parts, number, _NAMES, what) for number in (_CONSTRAINTS, _LABELS))
    _check_size(constraints, 3 * header.num_constraints)
    if found.length != LABEL_BYTES * (header.num_wires - 1):  # as circom wrote them before version 2
        found.check_length(LABEL_BYTES * header.num_wires)
    return header, parts


def decode(source: bytes | BinaryIO, what: str = "the circuit") -> R1CS:
    """The system in a .r1cs file, rows sorted by wire and without zero coefficients.

    Raises FormatError as `listing`, and when a wire occurs twice in a combination.
    """
    found = listing(source, what)
    places = found.combinations << 32 | found.columns
    order = None
    if (places[1:] <= places[:-1]).any():  # circom sorts its terms; others need not
        order = np.argsort(places, kind="stable")
        if (np.diff(places[order]) == 0).any():
            raise FormatError(f"{what}: {_NAMES[_CONSTRAINTS]} name a wire twice in one combination")
    matrices = (_matrix(found, side, order) for side in range(3))
    return R1CS(R, found.header.num_wires, found.header.num_public, *matrices)


def listing(source: bytes | BinaryIO, what: str = "the circuit") -> Listing:
    """The system in a .r1cs file as it is written there; `source` is the file's content, or the file itself, open.

    Raises FormatError, naming the part of the file: counts and lengths that contradict each other, a wire that is not
    there, a coefficient that is not reduced, another field, custom gates.
    """
    header, parts = split(source, what)
    section = sections.required(parts, _CONSTRAINTS, _NAMES, what)
    counts, terms = _combinations(section, 3 * header.num_constraints)
    wires, values = terms[:, 0].copy(), np.ascontiguousarray(terms[:, 1:]).view(np.uint64).reshape(-1, WORDS)
    if wires.max(initial=0) >= header.num_wires:
        raise FormatError(f"{section.what} name a wire that is not there")
    if not array.is_canonical(FR, values):
        raise FormatError(f"{section.what} have a coefficient that is not below the modulus")
    return Listing(header, np.repeat(np.arange(len(counts)), counts), wires, values)


def labels(parts: Mapping[int, Section]) -> Section:
    """The section of labels among those that `split` has found."""
    return parts[_LABELS]


def _header(section: Section) -> Header:
    size, modulus, *parts = section.cut(4, FIELD_BYTES, 4, 4, 4, 4, 8, 4)
    sections.check_modulus(size, modulus, R)
    found = Header(*(int.from_bytes(part.data, "little") for part in parts))
    if not found.num_public < found.num_wires <= MAX_WIRES or found.num_public > MAX_PUBLIC:
        raise FormatError(
            f"{section.what} has {found.num_wires} wires for {found.num_outputs} outputs and "
            f"{found.num_public_inputs} public inputs"
        )
    if found.num_constraints > 1 << MAX_LOG_SIZE:
        limit = 1 << MAX_LOG_SIZE
        raise FormatError(f"{section.what} has {found.num_constraints} constraints, and {limit} is the limit")
    return found


def _check_size(section: Section, count: int) -> None:
    """Raises FormatError when so many combinations, of one number and more, cannot be so long."""
    if count * _WORD_BYTES > section.length:
        raise FormatError(f"{section.what} end before there are {count // 3} of them")
    if section.length > (count + MAX_TERMS * _TERM_WORDS) * _WORD_BYTES:
        raise FormatError(f"{section.what} have more than {MAX_TERMS} terms")


def _combinations(section: Section, count: int) -> tuple[np.ndarray, np.ndarray]:
    """int64 (count,): how many terms each combination has; and uint32 (n, 9): all terms, one after another."""
    whole = section.length // _WORD_BYTES
    words = np.frombuffer(section.data, dtype="<u4", count=whole).astype(np.uint32, copy=False)
    counts = _counts(words, count, section.what)
    ends = np.cumsum(counts * _TERM_WORDS + 1)
    section.check_length(int(ends[-1]) * _WORD_BYTES if count else 0)
    is_term = np.ones(whole, dtype=bool)
    is_term[ends - counts * _TERM_WORDS - 1] = False
    return counts, words[is_term].reshape(-1, _TERM_WORDS)


def _counts(words: np.ndarray, count: int, what: str) -> np.ndarray:
    """int64 (count,): how many terms each combination has.  Where one begins, only the one before it tells."""
    counts, position = np.empty(count, dtype=np.int64), 0
    read, write = memoryview(words), memoryview(counts)
    try:
        for i in range(count):
            write[i] = terms = read[position]
            position += 1 + _TERM_WORDS * terms
    except IndexError:
        raise FormatError(f"{what} end before there are {count // 3} of them") from None
    return counts


def _matrix(found: Listing, side: int, order: np.ndarray | None) -> SparseMatrix:
    """A, B or C, by their numbers 0, 1 and 2, from the terms in this order, or in that of the file."""
    is_chosen = (found.combinations % 3 == side) & found.values.any(axis=1)
    chosen = np.flatnonzero(is_chosen) if order is None else order[is_chosen[order]]
    starts = np.zeros(found.header.num_constraints + 1, dtype=np.int64)
    np.cumsum(np.bincount(found.combinations[chosen] // 3, minlength=found.header.num_constraints), out=starts[1:])
    return SparseMatrix(starts, found.columns[chosen].astype(np.int32), array.from_plain(found.values[chosen]))
