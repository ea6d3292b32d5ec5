"""What the parties of Groth16 hold: the verifying key, the proving key and the proof, and their bytes.

Written additively, with [x] for x times the generator of G1 and [x]₂ for G2, u_j, v_j, w_j for the columns of the
quadratic arithmetic program at the secret tau, and j over wires (Groth16, section 3.2):

    verifying   [α]  [β]₂  [γ]₂  [δ]₂   ic_j = [(β u_j + α v_j + w_j) / γ]  for the wire one and the public inputs
    proving     [β]  [δ]   a_j = [u_j]   b_j = [v_j], [v_j]₂
                c_j = [(β u_j + α v_j + w_j) / δ]  for the other wires
                h_k = [L_2k+1(tau) / δ]  with L the Lagrange basis of the 2N-th roots of unity

This is the form that snarkjs uses.  No kernel, no Numba.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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

_FIXED_BYTES = G1_BYTES + 3 * G2_BYTES


@dataclass(frozen=True)
class Proof:
    """Three points.  A proof can be re-randomised by anybody, so its bytes identify nothing."""

    a: G1Point
    b: G2Point
    c: G1Point


@dataclass(frozen=True)
class VerifyingKey:
    """The key of the verifier; ic has one point for the wire one and one for each public input.

    Raises FormatError when δ = γ, the state before phase 2 of a ceremony, or δ = -γ: then A = [α], B = [β]₂,
    C = ∓Σ x_j ic_j is a proof of anything; and when the number of points in ic is out of range.
    """

    alpha_g1: G1Point
    beta_g2: G2Point
    gamma_g2: G2Point
    delta_g2: G2Point
    ic: tuple[G1Point, ...]

    def __post_init__(self):
        if self.delta_g2 in (self.gamma_g2, bn254.negate(self.gamma_g2)):
            raise FormatError("the verifying key has delta = ±gamma, so anybody could forge a proof")
        if not 1 <= len(self.ic) <= MAX_PUBLIC + 1:
            raise FormatError(f"the verifying key has {len(self.ic)} points in ic, not 1 to {MAX_PUBLIC + 1}")

    @property
    def num_public(self) -> int:
        """The number of public inputs."""
        return len(self.ic) - 1


def encode_proof(proof: Proof) -> bytes:
    """256 bytes: a | b | c, uncompressed, big-endian, b in the order of EIP-197."""
    return bn254.encode_g1(proof.a) + bn254.encode_g2(proof.b) + bn254.encode_g1(proof.c)


def decode_proof(data: bytes, what: str = "the proof") -> Proof:
    """The proof in 256 bytes.  Raises FormatError: length, a coordinate, a point's curve, subgroup or identity."""
    if len(data) != PROOF_BYTES:
        raise FormatError(f"{what} has {len(data)} bytes instead of {PROOF_BYTES}")
    b_end = G1_BYTES + G2_BYTES
    return Proof(
        bn254.decode_g1(data[:G1_BYTES], f"{what}: a"),
        bn254.decode_g2(data[G1_BYTES:b_end], f"{what}: b"),
        bn254.decode_g1(data[b_end:], f"{what}: c"),
    )


def encode_verifying_key(key: VerifyingKey) -> bytes:
    """α | β | γ | δ | ic_0 | ic_1 …: 448 bytes and 64 for each point of ic."""
    head = bn254.encode_g1(key.alpha_g1) + b"".join(map(bn254.encode_g2, (key.beta_g2, key.gamma_g2, key.delta_g2)))
    return head + b"".join(map(bn254.encode_g1, key.ic))


def decode_verifying_key(data: bytes, what: str = "the verifying key") -> VerifyingKey:
    """The key that `encode_verifying_key` wrote.  Raises FormatError: length, a point, or the key as a whole."""
    count, rest = divmod(len(data) - _FIXED_BYTES, G1_BYTES)
    if rest or not 1 <= count <= MAX_PUBLIC + 1:
        raise FormatError(f"{what} has {len(data)} bytes, which no number of public inputs gives")
    ends = [G1_BYTES + i * G2_BYTES for i in range(4)]
    beta, gamma, delta = (
        bn254.decode_g2(data[start:end], f"{what}: {name}")
        for name, start, end in zip(("beta", "gamma", "delta"), ends, ends[1:])
    )
    starts = range(_FIXED_BYTES, len(data), G1_BYTES)
    ic = (bn254.decode_g1(data[start : start + G1_BYTES], f"{what}: ic {i}") for i, start in enumerate(starts))
    return VerifyingKey(bn254.decode_g1(data[:G1_BYTES], f"{what}: alpha"), beta, gamma, delta, tuple(ic))


def digest(key: VerifyingKey) -> bytes:
    """32 bytes that name the key."""
    return hashlib.sha256(domains.VERIFYING_KEY + encode_verifying_key(key)).digest()


Claim = tuple[VerifyingKey, Sequence[int], Proof]  # what verification is asked: key, public inputs, proof


@dataclass(frozen=True)
class ProvingKey:
    """The key of the prover.

    Points are affine Montgomery words, all zero for the identity, as tables of their multiples (zk/msm/window_tables.py): the
    points themselves are a_query[0], b_g1_query[0] and so on, and a key may have these alone, levels = 1.

    A and B are sparse matrices in the form of zk/r1cs/sparse.py.  After the constraints A has one row for the wire one and
    for each public input, with the single entry 1.  Wires whose column in A or B is zero have no point:
    a_indices and b_indices name the others.
    """

    verifying: VerifyingKey
    log_size: int  # of the domain: N = 2^log_size
    num_wires: int
    beta_g1: G1Point
    delta_g1: G1Point
    a_indices: np.ndarray  # int32 (n,): the wires of the points in a_query
    a_query: np.ndarray  # uint64 (levels, n, 2, 4)
    b_indices: np.ndarray  # int32 (n,): the wires of the points in b_g1_query and b_g2_query
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
        _check_shapes(self)
        _check_matrix(self, "a")
        _check_matrix(self, "b")

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


# The arrays of a proving key, and the names by which they are stored: part of the format, so they never change.
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
POINTS = {"a_query": (2, 4), "b_g1_query": (2, 4), "b_g2_query": (2, 2, 4), "l_query": (2, 4), "h_query": (2, 4)}
LEVELS = (1, 4)  # how many levels the tables of points may have
_ROWS = {
    "coefficients": (np.uint64, (4,)),
    "a_indices": (np.int32, ()),
    "b_indices": (np.int32, ()),
    "a_terms": (np.int32, (2,)),
    "b_terms": (np.int32, (2,)),
    "a_starts": (np.int64, ()),
    "b_starts": (np.int64, ()),
}


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise FormatError(f"the proving key is malformed: {what}")


def _check_shapes(key: ProvingKey) -> None:
    """Raises FormatError unless every array has its type and length, and the counts fit each other."""
    for name, row in POINTS.items():
        values = getattr(key, name)
        _check(values.dtype == np.uint64 and values.shape[2:] == row and values.ndim == 2 + len(row), f"{name}'s type")
        _check(len(values) in LEVELS and len(values) == len(key.a_query), f"{name} has {len(values)} levels")
    for name, (dtype, row) in _ROWS.items():
        values = getattr(key, name)
        _check(values.dtype == dtype and values.shape[1:] == row and values.ndim == 1 + len(row), f"{name}'s type")
    _check(0 <= key.log_size <= 27 and key.num_public < key.num_wires <= MAX_WIRES, "its counts are out of range")
    b_count = len(key.b_indices)
    counts = {"a_query": len(key.a_indices), "b_g1_query": b_count, "b_g2_query": b_count}
    counts |= {"l_query": key.num_wires - key.num_public - 1, "h_query": 1 << key.log_size}
    for name, count in counts.items():
        _check(getattr(key, name).shape[1] == count, f"{name} must have {count} points")
    _check(len(key.a_starts) == len(key.b_starts) + key.num_public + 1, "a_starts and b_starts do not fit each other")
    _check(len(key.b_starts) >= 1 and len(key.a_starts) - 1 <= 1 << key.log_size, "the domain is too small")
    _check(array.is_canonical(FR, key.coefficients), "a coefficient is not reduced")
    for indices in (key.a_indices, key.b_indices):
        _check(bool(((indices >= 0) & (indices < key.num_wires)).all()), "a point belongs to a wire that is not there")


def _check_matrix(key: ProvingKey, name: str) -> None:
    """Raises FormatError unless the rows cover the terms and every term names a wire and a coefficient."""
    starts, terms = getattr(key, f"{name}_starts"), getattr(key, f"{name}_terms")
    _check(starts[0] == 0 and starts[-1] == len(terms), f"{name}'s rows do not cover its terms")
    _check(bool((np.diff(starts) >= 0).all()), f"a row of {name} ends before it starts")
    limits = (key.num_wires, len(key.coefficients))
    _check(bool(((terms >= 0) & (terms < limits)).all()), f"a term of {name} names what is not there")


def to_arrays(key: ProvingKey) -> dict[str, np.ndarray]:
    """The proving key as named arrays, one file each."""
    points = bn254.encode_g1(key.beta_g1) + bn254.encode_g1(key.delta_g1)
    named = {
        "verifying": np.frombuffer(encode_verifying_key(key.verifying), dtype=np.uint8),
        "points": np.frombuffer(points, dtype=np.uint8),
        "sizes": np.array([key.log_size, key.num_wires], dtype=np.int64),
    }
    return named | {stored: getattr(key, name) for name, stored in ARRAYS.items()}


def from_arrays(arrays: Mapping[str, np.ndarray]) -> ProvingKey:
    """The proving key that `to_arrays` wrote.

    Memory-map the files copy-on-write (mode "c") and they are used where they lie; read-only arrays are copied,
    because Numba compiles every kernel anew for them.  Points are not checked to be on their curves: a key damaged
    there makes proofs that do not verify.  Raises FormatError when an array is missing, has another type or shape, or
    holds an index out of range.
    """
    missing = {"verifying", "points", "sizes", *ARRAYS.values()} - set(arrays)
    _check(not missing, f"{', '.join(sorted(missing))} missing")
    points = arrays["points"].tobytes()
    _check(len(points) == 2 * G1_BYTES and arrays["sizes"].shape == (2,), "points or sizes of the wrong length")
    beta_g1, delta_g1 = (bn254.decode_g1(points[i : i + G1_BYTES], "the proving key") for i in (0, G1_BYTES))
    verifying = decode_verifying_key(arrays["verifying"].tobytes())
    log_size, num_wires = map(int, arrays["sizes"])
    named = {
        name: np.require(np.asarray(arrays[stored]), requirements=["C", "W"]) for name, stored in ARRAYS.items()
    }
    return ProvingKey(verifying, log_size, num_wires, beta_g1, delta_g1, **named)
