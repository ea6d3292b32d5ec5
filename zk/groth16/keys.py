"""What verifies Groth16: the verifying key and the proof, and their bytes.

Additive notation: [x] is x times the generator of G1, [x]₂ of G2.  u_j, v_j, w_j are the column polynomials of the
quadratic arithmetic program at the secret τ, for wire j (Groth16, section 3.2):

    alpha_g1 = [α]   beta_g2 = [β]₂   gamma_g2 = [γ]₂   delta_g2 = [δ]₂
    ic_j = [(β u_j + α v_j + w_j) / γ]         j over the wire one and the public inputs

The points are those of snarkjs's keys.  No kernel, no Numba.
"""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from zk import domains
from zk.curves import bn254
from zk.curves.bn254 import G1_BYTES, G2_BYTES, G1Point, G2Point
from zk.errors import FormatError

PROOF_BYTES = 2 * G1_BYTES + G2_BYTES
MAX_PUBLIC = 1 << 16

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
