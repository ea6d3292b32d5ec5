"""A rank-1 constraint system as circom writes it, CIRCUIT.r1cs.

    header        u32 32 | r | u32 wires | u32 public outputs | u32 public inputs | u32 private inputs | u64 labels
                  | u32 constraints
    constraints   three linear combinations each, A, B and C: u32 count | count × (u32 wire | 32 bytes coefficient)
    labels        u64 for each wire: which signal of the source it is; zk/formats/r1cslabels.py

Wire 0 is one, then come the outputs, then the public inputs.  The compiler counts every private input, but gives no
wire to those that no constraint names.  (iden3, "binary file format for R1CS", version 1.)

A combination may name a wire twice: the coefficients are added.  `snarkjs groth16 setup` adds them too, so proofs are
about the sum; `snarkjs wtns check` uses only the last of the coefficients, and so may accept a witness that cannot be
proved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR, WORDS, R
from zk.formats import sections
from zk.formats.sections import FIELD_BYTES, MAX_LOG_SIZE, MAX_TERMS, MAX_WIRES, Section, Source
from zk.groth16.keys import MAX_PUBLIC
from zk.r1cs.r1cs import R1CS, SparseMatrix

LABEL_BYTES = 8

_MAGIC, _VERSION = b"r1cs", 1
_HEADER, _CONSTRAINTS, _LABELS, _GATES, _GATE_USES = range(1, 6)
_NAMES = {
    _HEADER: "the header",
    _CONSTRAINTS: "the constraints",
    _LABELS: "the labels",
    _GATES: "the custom gates",
    _GATE_USES: "the uses of custom gates",
}
_U32_BYTES = 4
_TERM_WORDS = 1 + FIELD_BYTES // _U32_BYTES  # of 32 bits


@dataclass(frozen=True)
class CircuitHeader:
    """The numbers in the header.  `num_labels` is one more than the number of signals in the source: wire 0 has one."""

    num_wires: int
    num_outputs: int
    num_public_inputs: int
    num_private_inputs: int
    num_labels: int
    num_constraints: int

    @property
    def num_public(self) -> int:
        """The number of public wires after wire 0: outputs and public inputs."""
        return self.num_outputs + self.num_public_inputs


@dataclass(frozen=True)
class CircuitTerms:
    """The terms of a system in the order of the file; combination 3 i is A of constraint i, then come B and C.

    A wire may occur twice in a combination, and a coefficient may be 0: snarkjs keeps both in its keys.
    """

    header: CircuitHeader
    combinations: np.ndarray  # int64 (n,): the combination of each term
    columns: np.ndarray  # uint32 (n,): the wire of each term
    values: np.ndarray  # uint64 (n, 4): the coefficients, plain words below r


def split(source: Source, what: str = "the circuit") -> tuple[CircuitHeader, dict[int, Section]]:
    """The header of a .r1cs file, and its sections, whose lengths are consistent with the numbers in the header.

    Raises FormatError as `decode_terms`, but does not read the constraints.
    """
    parts = sections.split(source, _MAGIC, _VERSION, _NAMES, what)
    if _GATES in parts or _GATE_USES in parts:
        raise FormatError(f"{what} uses custom gates, which no rank-1 constraint can express")
    header = _decode_header(sections.required(parts, _HEADER, _NAMES, what))
    constraints = sections.required(parts, _CONSTRAINTS, _NAMES, what)
    labels = sections.required(parts, _LABELS, _NAMES, what)
    _check_size(constraints, 3 * header.num_constraints)
    if labels.length != LABEL_BYTES * (header.num_wires - 1):  # as circom wrote them before version 2
        labels.check_length(LABEL_BYTES * header.num_wires)
    return header, parts


def decode(source: Source, what: str = "the circuit") -> R1CS:
    """The system in a .r1cs file: rows sorted by wire, each wire once, no zero coefficients.

    Raises FormatError as `decode_terms`.
    """
    terms = decode_terms(source, what)
    keys = terms.combinations << 32 | terms.columns
    if (keys[1:] <= keys[:-1]).any():  # circom sorts its terms, other programs need not
        terms = _sort_and_merge(terms, keys)
    matrices = (_matrix(terms, side) for side in range(3))
    return R1CS(R, terms.header.num_wires, terms.header.num_public, *matrices)


def decode_terms(source: Source, what: str = "the circuit") -> CircuitTerms:
    """The system in a .r1cs file, with its terms as they are in the file.

    Raises FormatError, naming the part of the file: counts and lengths that contradict each other, a wire that does not
    exist, a coefficient that is not reduced, another field, custom gates.
    """
    header, parts = split(source, what)
    section = sections.required(parts, _CONSTRAINTS, _NAMES, what)
    counts, terms = _split_combinations(section, 3 * header.num_constraints)
    columns = terms[:, 0].copy()
    values = np.ascontiguousarray(terms[:, 1:]).view(np.uint64).reshape(-1, WORDS)
    if columns.max(initial=0) >= header.num_wires:
        raise FormatError(f"{section.what} name a wire that does not exist")
    if not array.is_canonical(FR, values):
        raise FormatError(f"{section.what} have a coefficient that is not below the modulus")
    return CircuitTerms(header, np.repeat(np.arange(len(counts)), counts), columns, values)


def labels(parts: Mapping[int, Section]) -> Section:
    """The labels among the sections that `split` returned."""
    return parts[_LABELS]


def _decode_header(section: Section) -> CircuitHeader:
    size, modulus, *counts = section.cut(4, FIELD_BYTES, 4, 4, 4, 4, 8, 4)
    sections.check_modulus(size, modulus, R)
    header = CircuitHeader(*(int.from_bytes(count.data, "little") for count in counts))
    if not header.num_public < header.num_wires <= MAX_WIRES or header.num_public > MAX_PUBLIC:
        raise FormatError(
            f"{section.what} has {header.num_wires} wires for {header.num_outputs} outputs and "
            f"{header.num_public_inputs} public inputs"
        )
    limit = 1 << MAX_LOG_SIZE
    if header.num_constraints > limit:
        raise FormatError(f"{section.what} has {header.num_constraints} constraints, and {limit} is the limit")
    return header


def _check_size(section: Section, count: int) -> None:
    """Raises FormatError unless the section is long enough for `count` combinations, each of at least one word."""
    if count * _U32_BYTES > section.length:
        raise FormatError(f"{section.what} end before there are {count // 3} of them")
    if section.length > (count + MAX_TERMS * _TERM_WORDS) * _U32_BYTES:
        raise FormatError(f"{section.what} have more than {MAX_TERMS} terms")


def _split_combinations(section: Section, count: int) -> tuple[np.ndarray, np.ndarray]:
    """int64 (count,): the number of terms of each combination; and uint32 (n, 9): all terms, one after another."""
    num_words = section.length // _U32_BYTES
    words = np.frombuffer(section.data, dtype="<u4", count=num_words).astype(np.uint32, copy=False)
    counts = _count_terms(words, count, section.what)
    ends = np.cumsum(counts * _TERM_WORDS + 1)
    section.check_length(int(ends[-1]) * _U32_BYTES if count else 0)
    is_term = np.ones(num_words, dtype=bool)
    is_term[ends - counts * _TERM_WORDS - 1] = False
    return counts, words[is_term].reshape(-1, _TERM_WORDS)


def _count_terms(words: np.ndarray, count: int, what: str) -> np.ndarray:
    """int64 (count,): the number of terms of each combination, which gives the beginning of the next one."""
    counts, position = np.empty(count, dtype=np.int64), 0
    read, write = words.data, counts.data  # one number at a time is faster to read from a memoryview than from an array
    try:
        for i in range(count):
            write[i] = terms = read[position]
            position += 1 + _TERM_WORDS * terms
    except IndexError:
        raise FormatError(f"{what} end before there are {count // 3} of them") from None
    return counts


def _sort_and_merge(terms: CircuitTerms, keys: np.ndarray) -> CircuitTerms:
    """The terms sorted by their keys, combination and wire; the coefficients of terms with the same key are added."""
    order = np.argsort(keys, kind="stable")
    values = terms.values[order]
    is_first = np.concatenate(([True], np.diff(keys[order]) != 0))
    group = np.cumsum(is_first) - 1
    sums: dict[int, int] = {}
    for index, value in zip(group[~is_first].tolist(), array.from_plain(values[~is_first]), strict=True):
        sums[index] = sums.get(index, 0) + value
    order, values = order[is_first], values[is_first]
    if sums:
        first_values = array.from_plain(values[list(sums)])
        values[list(sums)] = array.plain((a + b) % R for a, b in zip(first_values, sums.values(), strict=True))
    return CircuitTerms(terms.header, terms.combinations[order], terms.columns[order], values)


def _matrix(terms: CircuitTerms, side: int) -> SparseMatrix:
    """A, B or C, for `side` 0, 1 or 2, without zero coefficients."""
    indices = np.flatnonzero((terms.combinations % 3 == side) & terms.values.any(axis=1))
    starts = np.zeros(terms.header.num_constraints + 1, dtype=np.int64)
    np.cumsum(np.bincount(terms.combinations[indices] // 3, minlength=terms.header.num_constraints), out=starts[1:])
    return SparseMatrix(starts, terms.columns[indices].astype(np.int32), array.from_plain(terms.values[indices]))
