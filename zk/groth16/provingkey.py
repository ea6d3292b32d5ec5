"""The proving key of Groth16, whose arrays are checked before a kernel sees them, and its form as named arrays.

In the notation of zk/groth16/keys.py:

    beta_g1 = [β]    delta_g1 = [δ]
    a_query_j = [u_j]   b_g1_query_j = [v_j]   b_g2_query_j = [v_j]₂
    l_query_j = [(β u_j + α v_j + w_j) / δ]    j over the private wires
    h_query_k = [L_2k+1(τ) / δ]                L the Lagrange basis over the 2N-th roots of unity

The points are those of snarkjs's keys; the queries have arkworks's names.  No kernel, no Numba.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zk.curves import bn254
from zk.curves.bn254 import G1_BYTES, G1Point
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR
from zk.groth16 import keys
from zk.groth16.keys import VerifyingKey

MAX_WIRES = 1 << 28


@dataclass(frozen=True, eq=False)
class ProvingKey:
    """The prover's key, which is equal to itself only.

    Points are affine Montgomery words, all zero for the identity.  Each query is a window table: level 0 has the
    points themselves, the other levels, which a key may lack, their multiples (zk/msm/window_tables.py).

    A and B are sparse matrices in the form of zk/r1cs/sparse.py.  After the constraints A has one row for the wire one
    and for each public input, with the single entry 1.  A wire whose column is zero has no point in the queries;
    a_indices and b_indices list the wires that have one.
    """

    verifying: VerifyingKey
    log_size: int  # of the domain: N = 2^log_size
    num_wires: int
    beta_g1: G1Point
    delta_g1: G1Point
    a_indices: np.ndarray  # int32 (n,)
    a_query: np.ndarray  # uint64 (levels, n, 2, 4)
    b_indices: np.ndarray  # int32 (n,)
    b_g1_query: np.ndarray  # uint64 (levels, n, 2, 4)
    b_g2_query: np.ndarray  # uint64 (levels, n, 2, 2, 4)
    l_query: np.ndarray  # uint64 (levels, num_wires - num_public - 1, 2, 4)
    h_query: np.ndarray  # uint64 (levels, N, 2, 4)
    a_starts: np.ndarray  # int64 (num_constraints + num_public + 2,)
    a_terms: np.ndarray  # int32 (n, 2)
    b_starts: np.ndarray  # int64 (num_constraints + 1,)
    b_terms: np.ndarray  # int32 (n, 2)
    coefficients: np.ndarray  # uint64 (n, 4) Montgomery words

    def __post_init__(self):
        _check_arrays(self)
        _check_counts(self)
        _check_matrix(self, "A", self.a_starts, self.a_terms)
        _check_matrix(self, "B", self.b_starts, self.b_terms)

    def __repr__(self):
        return f"ProvingKey({self.num_wires} wires, domain 2^{self.log_size})"

    @property
    def num_public(self) -> int:
        """The number of public inputs."""
        return self.verifying.num_public

    @property
    def num_constraints(self) -> int:
        """The number of constraints."""
        return len(self.b_starts) - 1


# The fields that are arrays, and the names under which they are stored.  The names are part of the format.
ARRAYS = {
    "a_indices": "a_wires",
    "a_query": "a",
    "b_indices": "b_wires",
    "b_g1_query": "b1",
    "b_g2_query": "b2",
    "l_query": "c",
    "h_query": "h",
    "a_starts": "a_starts",
    "a_terms": "a_terms",
    "b_starts": "b_starts",
    "b_terms": "b_terms",
    "coefficients": "coefficients",
}
QUERIES = {"a_query": (2, 4), "b_g1_query": (2, 4), "b_g2_query": (2, 2, 4), "l_query": (2, 4), "h_query": (2, 4)}
LEVELS = (1, 4)  # that a window table may have
_ROWS = {
    "coefficients": (np.uint64, (4,)),
    "a_indices": (np.int32, ()),
    "b_indices": (np.int32, ()),
    "a_terms": (np.int32, (2,)),
    "b_terms": (np.int32, (2,)),
    "a_starts": (np.int64, ()),
    "b_starts": (np.int64, ()),
}


def _check(condition: bool, why: str) -> None:
    if not condition:
        raise FormatError(f"the proving key is malformed: {why}")


def _check_arrays(key: ProvingKey) -> None:
    """Raises FormatError unless every array has its type and shape, up to the number of rows."""
    for name, row in QUERIES.items():
        values = getattr(key, name)
        is_table = values.dtype == np.uint64 and values.shape[2:] == row and values.ndim == 2 + len(row)
        _check(is_table, f"{name} must be a table of points")
        _check(len(values) in LEVELS, f"{name} has {len(values)} levels, not 1 or 4")
        _check(len(values) == len(key.a_query), f"{name} has {len(values)} levels, and a_query {len(key.a_query)}")
    for name, (dtype, row) in _ROWS.items():
        values = getattr(key, name)
        has_type = values.dtype == dtype and values.shape[1:] == row and values.ndim == 1 + len(row)
        _check(has_type, f"{name} must have rows of {dtype.__name__} {row}")


def _check_counts(key: ProvingKey) -> None:
    """Raises FormatError unless the numbers of points, rows and wires agree, and coefficients are reduced."""
    has_sizes = 0 <= key.log_size <= 27 and key.num_public < key.num_wires <= MAX_WIRES
    _check(has_sizes, "its numbers of wires, public inputs or constraints are out of range")
    counts = {
        "a_query": len(key.a_indices),
        "b_g1_query": len(key.b_indices),
        "b_g2_query": len(key.b_indices),
        "l_query": key.num_wires - key.num_public - 1,
        "h_query": 1 << key.log_size,
    }
    for name, count in counts.items():
        _check(getattr(key, name).shape[1] == count, f"{name} must have {count} points")
    _check(len(key.b_starts) >= 1, "b_starts is empty")
    same_rows = len(key.a_starts) == len(key.b_starts) + key.num_public + 1
    _check(same_rows, "a_starts and b_starts have different numbers of constraints")
    _check(len(key.a_starts) - 1 <= 1 << key.log_size, "it has more constraints than its domain has room for")
    _check(array.is_canonical(FR, key.coefficients), "a coefficient is not reduced")
    for name, indices in (("a_indices", key.a_indices), ("b_indices", key.b_indices)):
        in_range = (indices >= 0) & (indices < key.num_wires)
        _check(bool(in_range.all()), f"{name} names a wire that does not exist")


def _check_matrix(key: ProvingKey, name: str, starts: np.ndarray, terms: np.ndarray) -> None:
    """Raises FormatError unless the rows cover the terms and every term names a wire and a coefficient."""
    covers = starts[0] == 0 and starts[-1] == len(terms)
    _check(covers, f"the rows of {name} do not cover its terms")
    _check(bool((np.diff(starts) >= 0).all()), f"a row of {name} ends before it starts")
    limits = (key.num_wires, len(key.coefficients))
    in_range = (terms >= 0) & (terms < limits)
    _check(bool(in_range.all()), f"a term of {name} names a wire or a coefficient that does not exist")


def to_arrays(key: ProvingKey) -> dict[str, np.ndarray]:
    """The proving key as named arrays, to be stored in one file each."""
    points = bn254.encode_g1(key.beta_g1) + bn254.encode_g1(key.delta_g1)
    arrays: dict[str, np.ndarray] = {
        "verifying": np.frombuffer(keys.encode_verifying_key(key.verifying), dtype=np.uint8),
        "points": np.frombuffer(points, dtype=np.uint8),
        "sizes": np.array([key.log_size, key.num_wires], dtype=np.int64),
    }
    return arrays | {array_name: getattr(key, name) for name, array_name in ARRAYS.items()}


def from_arrays(arrays: Mapping[str, np.ndarray]) -> ProvingKey:
    """The proving key that `to_arrays` stored.

    Arrays that are memory-mapped copy-on-write (mode "c") are used in place.  Read-only arrays are copied, because
    Numba would compile every kernel anew for them.  Raises FormatError when an array is missing, has another type or
    shape, or has an index out of range.  Points are not checked to be on their curves: proofs under a key with damaged
    points do not verify.
    """
    missing = {"verifying", "points", "sizes", *ARRAYS.values()} - set(arrays)
    _check(not missing, f"{', '.join(sorted(missing))} missing")
    points = arrays["points"].tobytes()
    _check(len(points) == 2 * G1_BYTES, f"points must have {2 * G1_BYTES} bytes")
    _check(arrays["sizes"].shape == (2,), "sizes must have 2 numbers")
    beta_g1 = bn254.decode_g1(points[:G1_BYTES], "the proving key: beta")
    delta_g1 = bn254.decode_g1(points[G1_BYTES:], "the proving key: delta")
    verifying = keys.decode_verifying_key(arrays["verifying"].tobytes())
    log_size, num_wires = map(int, arrays["sizes"])
    writable = {
        name: np.require(np.asarray(arrays[array_name]), requirements=["C", "W"]) for name, array_name in ARRAYS.items()
    }
    return ProvingKey(verifying, log_size, num_wires, beta_g1, delta_g1, **writable)
