"""Writes a constraint system as circom would, CIRCUIT.r1cs, so that other programs can work with it.

The format is described in zk/formats/r1csfile.py, which reads it.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from zk.fields import array
from zk.fields.prime import WORDS, R
from zk.formats import sections
from zk.formats.sections import FIELD_BYTES
from zk.r1cs.r1cs import R1CS

_COUNTS = struct.Struct("<4IQI")
_U32 = struct.Struct("<I")
_TERM = np.dtype([("wire", "<u4"), ("value", "<u8", WORDS)])


def write(file: BinaryIO, system: R1CS, num_private_inputs: int) -> None:
    """Writes a system over Fr.  The first `num_private_inputs` private wires are inputs; the others are computed.

    Public wires are written as inputs, and every wire as a signal of its own.
    """
    assert system.modulus == R, "the format names its field, and the readers here know only this one"
    counts = _COUNTS.pack(
        system.num_wires, 0, system.num_public, num_private_inputs, system.num_wires, system.num_constraints
    )
    header = FIELD_BYTES.to_bytes(4, "little") + R.to_bytes(FIELD_BYTES, "little") + counts
    constraints = b"".join(_combinations(system))
    labels = np.arange(system.num_wires, dtype="<u8").tobytes()
    parts = enumerate((header, constraints, labels), start=1)
    sections.write(file, b"r1cs", 1, [(number, len(data), [data]) for number, data in parts])


def _combinations(system: R1CS) -> Iterator[bytes]:
    """The three linear combinations of every constraint, each after its number of terms."""
    sides = []
    for matrix in (system.a, system.b, system.c):
        terms = np.empty(len(matrix.columns), dtype=_TERM)
        terms["wire"], terms["value"] = matrix.columns, array.plain(matrix.values)
        sides.append((terms, matrix.starts.tolist()))
    for row in range(system.num_constraints):
        for terms, starts in sides:
            combination = terms[starts[row] : starts[row + 1]]
            yield _U32.pack(len(combination)) + combination.tobytes()
