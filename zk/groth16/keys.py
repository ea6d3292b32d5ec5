"""The verifying key, the proving key and the proof of Groth16, and their bytes.

Additive notation: [x] is x times the generator of G1, [x]₂ of G2.  u_j, v_j, w_j are the column polynomials of the
quadratic arithmetic program at the secret τ, for wire j (Groth16, section 3.2):

    verifying   alpha_g1 = [α]   beta_g2 = [β]₂   gamma_g2 = [γ]₂   delta_g2 = [δ]₂
                ic_j = [(β u_j + α v_j + w_j) / γ]         j over the wire one and the public inputs
    proving     beta_g1 = [β]    delta_g1 = [δ]
                a_query_j = [u_j]   b_g1_query_j = [v_j]   b_g2_query_j = [v_j]₂
                l_query_j = [(β u_j + α v_j + w_j) / δ]    j over the private wires
                h_query_k = [L_2k+1(τ) / δ]                L the Lagrange basis over the 2N-th roots of unity

The points are those of snarkjs's keys; the queries have arkworks's names.  No kernel, no Numba.
"""

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from zk import domains
from zk.curves import bn254
from zk.curves.bn254 import G1_BYTES, G2_BYTES, G1Point, G2Point
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR

PROOF_BYTES = 2 * G1_BYTES + G2_BYTES
MAX_PUBLIC = 1 << 16
MAX_WIRES = 1 << 28

_KERNELS = "zk.runtime.jit"
_FIXED_BYTES = G1_BYTES + 3 * G2_BYTES  # of a verifying key, before ic


@dataclass(frozen=True)
class Proof:
    """The points A and C of G1 and B of G2.

    Anybody can turn a proof into another one of the same statement, so its bytes do not identify anything.
    """

    a: G1Point
    b: G2Point
    c: G1Point


@dataclass(frozen=True)
class VerifyingKey:
    """The verifier's key; ic has one point for the wire one and one for each public input.

    Raises FormatError when δ = ±γ, or the number of points in ic is out of range.
    """

    alpha_g1: G1Point
    beta_g2: G2Point
    gamma_g2: G2Point
    delta_g2: G2Point
    ic: tuple[G1Point, ...]

    def __post_init__(self):
        # Before phase 2 of a ceremony δ = γ.  Then A = [α], B = [β]₂, C = -Σ x_j ic_j proves any statement; when
        # δ = -γ, C = Σ x_j ic_j does.
        if self.delta_g2 in (self.gamma_g2, bn254.negate(self.gamma_g2)):
            raise FormatError("the verifying key has delta = ±gamma, so anybody could forge a proof")
        if not 1 <= len(self.ic) <= MAX_PUBLIC + 1:
            raise FormatError(f"the verifying key has {len(self.ic)} points in ic, not 1 to {MAX_PUBLIC + 1}")

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Computed once, because caches look up keys with hundreds of points for every proof."""
        return hash((self.alpha_g1, self.beta_g2, self.gamma_g2, self.delta_g2, self.ic))

    def __repr__(self) -> str:
        return f"VerifyingKey({self.num_public:,} public inputs, digest {digest(self).hex()[:16]})"

    @property
    def num_public(self) -> int:
        """The number of public inputs."""
        return len(self.ic) - 1


Claim = tuple[VerifyingKey, Sequence[int], Proof]  # "the proof shows the statement with these public inputs"


def encode_proof(proof: Proof) -> bytes:
    """256 bytes: a | b | c, uncompressed, big-endian, b in the order of EIP-197."""
    return bn254.encode_g1(proof.a) + bn254.encode_g2(proof.b) + bn254.encode_g1(proof.c)


def decode_proof(data: bytes, what: str = "the proof") -> Proof:
    """The proof that `encode_proof` wrote.

    Raises FormatError when the length is wrong, or a point is malformed, the identity, or outside its group.
    """
    if len(data) != PROOF_BYTES:
        raise FormatError(f"{what} has {len(data)} bytes instead of {PROOF_BYTES}")
    b_end = G1_BYTES + G2_BYTES
    return Proof(
        bn254.decode_g1(data[:G1_BYTES], f"{what}: a"),
        bn254.decode_g2(data[G1_BYTES:b_end], f"{what}: b", _is_in_g2()),
        bn254.decode_g1(data[b_end:], f"{what}: c"),
    )


def read_proof_unchecked(data: bytes) -> Proof:
    """What `decode_proof` returns for bytes that it accepts (zk.groth16.manyproofs), and anything for others."""
    ax, ay, bx1, bx0, by1, by0, cx, cy = (int.from_bytes(data[i : i + 32], "big") for i in range(0, PROOF_BYTES, 32))
    return Proof(G1Point(ax, ay), G2Point((bx0, bx1), (by0, by1)), G1Point(cx, cy))


def _is_in_g2() -> Callable[[G2Point], bool] | None:
    """The check in a kernel when this process has loaded kernels, as whoever verifies proofs has.

    None otherwise: loading them takes as long as hundreds of checks in Python.
    """
    if _KERNELS not in sys.modules:
        return None
    from zk.curves import twist

    return twist.is_in_g2


def encode_verifying_key(key: VerifyingKey) -> bytes:
    """α | β | γ | δ | ic_0 | ic_1 …: 448 bytes and 64 for each point of ic."""
    in_g2 = b"".join(map(bn254.encode_g2, (key.beta_g2, key.gamma_g2, key.delta_g2)))
    return bn254.encode_g1(key.alpha_g1) + in_g2 + b"".join(map(bn254.encode_g1, key.ic))


def decode_verifying_key(data: bytes, what: str = "the verifying key") -> VerifyingKey:
    """The key that `encode_verifying_key` wrote.

    Raises FormatError as `decode_proof` and VerifyingKey do.
    """
    count, rest = divmod(len(data) - _FIXED_BYTES, G1_BYTES)
    if rest or not 1 <= count <= MAX_PUBLIC + 1:
        raise FormatError(f"{what} has {len(data)} bytes, which fits no number of public inputs")
    starts = range(G1_BYTES, _FIXED_BYTES, G2_BYTES)
    beta_g2, gamma_g2, delta_g2 = (
        bn254.decode_g2(data[start : start + G2_BYTES], f"{what}: {name}")
        for name, start in zip(("beta", "gamma", "delta"), starts, strict=True)
    )
    starts = range(_FIXED_BYTES, len(data), G1_BYTES)
    ic = (bn254.decode_g1(data[start : start + G1_BYTES], f"{what}: ic {i}") for i, start in enumerate(starts))
    alpha_g1 = bn254.decode_g1(data[:G1_BYTES], f"{what}: alpha")
    return VerifyingKey(alpha_g1, beta_g2, gamma_g2, delta_g2, tuple(ic))


def digest(key: VerifyingKey) -> bytes:
    """The SHA-256 that identifies the key: 32 bytes."""
    return hashlib.sha256(domains.VERIFYING_KEY + encode_verifying_key(key)).digest()


@dataclass(frozen=True)
class ProvingKey:
    """The prover's key.

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
        "verifying": np.frombuffer(encode_verifying_key(key.verifying), dtype=np.uint8),
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
    verifying = decode_verifying_key(arrays["verifying"].tobytes())
    log_size, num_wires = map(int, arrays["sizes"])
    writable = {
        name: np.require(np.asarray(arrays[array_name]), requirements=["C", "W"]) for name, array_name in ARRAYS.items()
    }
    return ProvingKey(verifying, log_size, num_wires, beta_g1, delta_g1, **writable)
