"""snarkjs's proving key, CIRCUIT.zkey, for Groth16 over BN254.

    header     zk/formats/zkeyheader.py
    terms      the sparse matrices A and B: zk/formats/zkeyterms.py
    points     affine Montgomery words, the identity all zero: ic, then a, b in G1, b in G2 of every wire,
               c of the private wires (l_query in ProvingKey), h

Everything is checked before a kernel uses it: lengths, indices, canonical coordinates and coefficients, points on their
curves and in their subgroups.  Sections are read one after another and then dropped, so decoding takes little more
memory than the points.  A wire whose column is zero has the identity for a point, and none in a ProvingKey.  The
contributions to the ceremony are not checked, but a key before phase 2 is refused: anybody can forge proofs under it.
"""

import math
from collections.abc import Callable

import numpy as np

from zk.curves import g1, g2
from zk.errors import FormatError
from zk.fields.prime import FP
from zk.formats import zkeyheader, zkeyterms
from zk.formats.sections import FIELD_BYTES, Section, Source
from zk.formats.zkeyheader import A_QUERY, B_G1_QUERY, B_G2_QUERY, H_QUERY, IC, L_QUERY, TERMS
from zk.groth16.provingkey import ProvingKey
from zk.msm import membership

_BYTES_PER_POINT_BYTE, _BYTES_PER_TERM_BYTE = 6, 4  # of memory, measured from 2^13 to 2^16 constraints


def decode(source: Source, what: str = "the key") -> ProvingKey:
    """The proving key in a .zkey file; its window tables have one level, which zk/groth16/tables.py extends.

    Raises FormatError, naming the part of the file, for everything that snarkjs would not write, and for a key of more
    than 2^22 constraints, 2^24 wires or 2^16 public inputs.  Not to be called from a pool task.
    """
    header, parts = zkeyheader.split(source, what)
    verifying = header.verifying(zkeyheader.g1_points(parts.pop(IC)))
    matrices = zkeyterms.decode(parts.pop(TERMS), header)
    a_indices, a_query = _without_identities(_g1_rows(parts.pop(A_QUERY)))
    b_indices, b_g1_query = _without_identities(_g1_rows(parts.pop(B_G1_QUERY)))
    b_g2_indices, b_g2_query = _without_identities(_g2_rows(parts.pop(B_G2_QUERY)))
    if not np.array_equal(b_indices, b_g2_indices):
        raise FormatError(f"{what}: the points b in G1 and in G2 are not of the same wires")
    l_query, h_query = (_g1_rows(parts.pop(number)) for number in (L_QUERY, H_QUERY))
    return ProvingKey(
        verifying=verifying,
        log_size=header.log_size,
        num_wires=header.num_wires,
        beta_g1=header.beta_g1,
        delta_g1=header.delta_g1,
        a_indices=a_indices,
        a_query=a_query[np.newaxis],
        b_indices=b_indices,
        b_g1_query=b_g1_query[np.newaxis],
        b_g2_query=b_g2_query[np.newaxis],
        l_query=l_query[np.newaxis],
        h_query=h_query[np.newaxis],
        **matrices,
    )


def memory_bytes(source: Source, what: str = "the key") -> int:
    """About how much memory it takes to decode the key in a .zkey file and to extend its window tables, kernels aside.

    Reads the header only.  Raises FormatError as `zkeyheader.split`.
    """
    _, parts = zkeyheader.split(source, what)
    points = sum(parts[number].length for number in (A_QUERY, B_G1_QUERY, B_G2_QUERY, L_QUERY, H_QUERY))
    return _BYTES_PER_POINT_BYTE * points + _BYTES_PER_TERM_BYTE * parts[TERMS].length


def _g1_rows(section: Section) -> np.ndarray:
    """(n, 2, 4) the points of a section.  Raises FormatError for one that is neither the identity nor in G1."""
    return _rows(section, g1.SHAPE, membership.check_g1)


def _g2_rows(section: Section) -> np.ndarray:
    """(n, 2, 2, 4) the points of a section.  Raises FormatError for one that is neither the identity nor in G2."""
    return _rows(section, g2.SHAPE, membership.check_g2)


def _rows(section: Section, shape: tuple[int, ...], check: Callable[[np.ndarray, str], None]) -> np.ndarray:
    rows = section.rows(FP, section.length // (FIELD_BYTES * math.prod(shape[:-1])), *shape[:-1])
    points = np.require(rows, np.uint64, ["C", "W"])
    check(points, section.what)
    return points


def _without_identities(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int32 (n,): the wires whose point is not the identity; and these points."""
    indices = np.flatnonzero(points.reshape(len(points), -1).any(axis=1)).astype(np.int32)
    return indices, points[indices]
