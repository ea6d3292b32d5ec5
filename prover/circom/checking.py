"""Checks whether a witness satisfies a circuit, and describes the first constraint that it violates."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import mul

import numpy as np

from prover.circom import circuit as circuits
from prover.circom.circuit import CircomCircuit
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import R
from zk.formats import r1cstext
from zk.r1cs.r1cs import SparseMatrix
from zk.runtime.progress import Progress, silent

MEMORY_PER_WIRE = 110  # bytes: its words, and a Python integer in a list

_BETWEEN_REPORTS = 1 << 12  # constraints
_MAX_TERMS = 12  # of a combination, in a sentence
_MAX_CHARACTERS = 4000  # of a constraint: a single name may be as long


@dataclass(frozen=True)
class Violation:
    """The index of the first constraint that does not hold, from 0, and the values of its three combinations.

    The values are secret, because they come from the witness; only `sides` shows them.
    """

    index: int
    left: int
    right: int
    product: int

    def __repr__(self) -> str:
        return f"Violation({self.index})"

    def sides(self) -> str:
        """Both sides, with signs: "3 * -5 ≠ 16"."""
        left, right, product = (_signed(value) for value in (self.left, self.right, self.product))
        return f"{left} * {right} ≠ {product}"


def first_violation(
    circuit: CircomCircuit, witness: np.ndarray, what: str = "the witness", progress: Progress = silent
) -> Violation | None:
    """The first constraint that a witness, (num_wires, 4) plain words, violates, or None when it satisfies all.

    `progress` receives the number of constraints that have been checked.  Raises FormatError when the witness, which
    messages call `what`, has another number of wires.
    """
    system = circuit.system
    if len(witness) != system.num_wires:
        raise FormatError(f"{what} has {len(witness)} wires, and {circuit.path} has {system.num_wires}")
    values = array.from_plain(witness)
    sides = (_sums(matrix, values) for matrix in (system.a, system.b, system.c))
    for index, (left, right, product) in enumerate(zip(*sides, strict=True)):
        if index % _BETWEEN_REPORTS == 0:
            progress(index, system.num_constraints)
        if (left * right - product) % R:
            return Violation(index, left % R, right % R, product % R)
    return None


def _sums(matrix: SparseMatrix, values: list[int]) -> Iterator[int]:
    """<row, values> for each row, not reduced."""
    wires = matrix.columns.tolist()
    for start, end in pairwise(matrix.starts.tolist()):
        yield sum(map(mul, matrix.values[start:end], map(values.__getitem__, wires[start:end])))


def describe(circuit: CircomCircuit, violation: Violation) -> tuple[str, str]:
    """The violated constraint with the names of its wires, and a note when these are only numbers.

    The names come from the .sym file beside the circuit.  A text that is too long for a sentence is cut.
    """
    names, note = circuits.names_beside(circuit)
    text = r1cstext.constraint(circuit.system, violation.index, names, _MAX_TERMS)
    return (text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}…"), note


def _signed(value: int) -> int:
    """The representative modulo r with the smaller absolute value."""
    return value - R if value > R // 2 else value
