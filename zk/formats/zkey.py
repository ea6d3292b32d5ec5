"""snarkjs's proving key, CIRCUIT.zkey, for Groth16 over BN254.

    header     zk/formats/zkeyheader.py
    terms      the sparse matrices A and B: zk/formats/zkeyterms.py
    points     affine Montgomery words, the identity all zero: ic, then a, b in G1, b in G2 of every wire,
               c of the private wires, h

Everything is checked before a kernel multiplies with it: lengths, indices, canonical coordinates and coefficients,
points on their curves and in their subgroups.  A section is read when its turn comes and not kept, so a key needs
little more memory than its points.  A wire whose column is zero has the identity for a point and is left out.
Contributions to the ceremony are not checked; a key before phase 2 is refused as one that anybody forges under.
"""

import math
from collections.abc import Callable
from typing import BinaryIO

import numpy as np

from zk.curves import g1, g2
from zk.errors import FormatError
from zk.fields.prime import FP
from zk.formats import zkeyheader, zkeyterms
from zk.formats.sections import FIELD_BYTES, Section
from zk.formats.zkeyheader import B1, B2, IC, TERMS, A, C, H
from zk.groth16.keys import ProvingKey
from zk.msm import membership


def decode(source: bytes | BinaryIO, what: str = "the key") -> ProvingKey:
    """The proving key in a .zkey file; its tables have one level, which zk/groth16/tables.py extends.

    `source` is the file's content, or the file itself, open.  Raises FormatError, naming the part of the file, for
    everything that is not exactly what snarkjs writes, and for a key of more than 2^22 constraints, 2^24 wires or 2^16
    public inputs.  Not to be called from a task of the pool.
    """
    header, parts = zkeyheader.split(source, what)
    verifying = header.verifying(zkeyheader.g1_points(parts.pop(IC)))
    arrays = zkeyterms.decode(parts.pop(TERMS), header.num_wires, header.num_public, header.log_size)
    arrays["a_indices"], arrays["a_query"] = _of_wires(_g1(parts.pop(A)))
    arrays["b_indices"], arrays["b_g1_query"] = _of_wires(_g1(parts.pop(B1)))
    b_indices, arrays["b_g2_query"] = _of_wires(_g2(parts.pop(B2)))
    if not np.array_equal(arrays["b_indices"], b_indices):
        raise FormatError(f"{what}: the points b in G1 and in G2 are not of the same wires")
    arrays["l_query"], arrays["h_query"] = (_g1(parts.pop(number))[np.newaxis] for number in (C, H))
    return ProvingKey(verifying, header.log_size, header.num_wires, header.beta_g1, header.delta_g1, **arrays)


def _g1(section: Section) -> np.ndarray:
    """(n, 2, 4) the points of a section.  Raises FormatError for one that is neither the identity nor of G1."""
    return _points(section, g1.SHAPE, membership.check_g1)


def _g2(section: Section) -> np.ndarray:
    """(n, 2, 2, 4) the points of a section.  Raises FormatError for one that is neither the identity nor in G2."""
    return _points(section, g2.SHAPE, membership.check_g2)


def _points(section: Section, shape: tuple[int, ...], check: Callable[[np.ndarray, str], None]) -> np.ndarray:
    rows = section.rows(FP, section.length // (FIELD_BYTES * math.prod(shape[:-1])), *shape[:-1])
    points = np.require(rows, np.uint64, ["C", "W"])
    check(points, section.what)
    return points


def _of_wires(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int32 (n,): the wires that have a point, not the identity; and their points as a table of one level."""
    wires = np.flatnonzero(points.reshape(len(points), -1).any(axis=1)).astype(np.int32)
    return wires, points[wires][np.newaxis]
