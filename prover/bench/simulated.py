"""Pools for benchmarks whose proofs nobody has to compute: this process knows the trapdoors of their keys.

With the discrete logarithms α, β, γ, δ and those of ic, anybody proves any statement at once (Groth16, section 3.2):

    A = a    B = b    C = (a b - α β - γ Σ x_j ic_j) / δ        for random a and b

Such proofs cost three multiples of generators, and are verified like any other: no verifier can tell.  That is why a
pool made here is worth nothing but the time that it measures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prover.operator import defaults, founding
from settlement.ledger import Ledger
from settlement.pool.parameters import Guardians
from settlement.pool.pool import NUM_PUBLIC, SALT_BYTES, Pool, StatementKey
from settlement.risk import quotes
from settlement.risk.quotes import Quote
from zk import entropy, signature
from zk.curves import babyjubjub, g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.fields import array
from zk.fields.prime import R
from zk.groth16.keys import Proof, VerifyingKey

_GUARDIANS = 3
_FINGERPRINT_DIGITS = "0123456789abcdef"


@dataclass(frozen=True, repr=False)
class Trapdoor:
    """A verifying key with its discrete logarithms."""

    alpha: int
    beta: int
    gamma: int
    delta: int
    ic: tuple[int, ...]
    verifying: VerifyingKey


def trapdoor(num_public: int) -> Trapdoor:
    """A key for any statement with this number of public inputs."""
    alpha, beta, gamma, delta, *ic = (1 + entropy.scalar(R - 1) for _ in range(num_public + 5))
    first, *points = _in_g1([alpha, *ic])
    beta_g2, gamma_g2, delta_g2 = _in_g2([beta, gamma, delta])
    verifying = VerifyingKey(first, beta_g2, gamma_g2, delta_g2, tuple(points))
    return Trapdoor(alpha, beta, gamma, delta, tuple(ic), verifying)


def proofs(key: Trapdoor, inputs: Sequence[Sequence[int]]) -> list[Proof]:
    """A proof for each row of public inputs, true or not.  Takes some 50 us each."""
    a, b = ([1 + entropy.scalar(R - 1) for _ in inputs] for _ in range(2))
    inverse = pow(key.delta, -1, R)
    sums = [sum(x * point for x, point in zip((1, *row), key.ic, strict=True)) for row in inputs]
    c = [(x * y - key.alpha * key.beta - key.gamma * s) * inverse % R for x, y, s in zip(a, b, sums, strict=True)]
    return [Proof(*three) for three in zip(_in_g1(a), _in_g2(b), _in_g1(c), strict=True)]


def _in_g1(scalars: Sequence[int]) -> list[G1Point]:
    """The multiples of the generator by these scalars, none of which is 0."""
    from zk.msm import fixed_base  # loads the kernels

    return [point for point in g1.decode(fixed_base.g1(array.plain(scalars))) if point is not None]


def _in_g2(scalars: Sequence[int]) -> list[G2Point]:
    """As `_in_g1`."""
    from zk.msm import fixed_base  # loads the kernels

    return [point for point in g2.decode(fixed_base.g2(array.plain(scalars))) if point is not None]


@dataclass(frozen=True, repr=False)
class SimulatedPool:
    """A pool of the example assets, its trapdoors by statement, and the secrets of its oracles."""

    pool: Pool
    trapdoors: dict[str, Trapdoor]
    oracles: tuple[int, ...]

    def quotes(self, ledger: Ledger, now_ms: int) -> list[Quote]:
        """Every oracle's quotes of the example prices for the ledger's next epoch."""
        newest = ledger.reader.grids(1)
        epoch = newest[0].publication.epoch + 1 if newest else 1
        observed = defaults.observation(self.pool)
        parameters, rates = ledger.parameters(now_ms), ledger.reader.rates()
        return quotes.sign_all(self.pool, parameters, rates, self.oracles, observed, now_ms, epoch)


def pool(operator: bytes, now_ms: int, choices: founding.Choices = founding.DEFAULT) -> SimulatedPool:
    """A new pool, with this Ed25519 public key of its operator.  Whoever has no other oracles and guardians gets new
    ones here; the founder's `choices` must name none."""
    trapdoors = {statement: trapdoor(count) for statement, count in NUM_PUBLIC.items()}
    keys = {
        statement: StatementKey(statement, digit * 64, trapdoors[statement].verifying, transcript=None)
        for statement, digit in zip(NUM_PUBLIC, _FINGERPRINT_DIGITS)  # noqa: B905  (there are more digits)
    }
    oracles = tuple(_secret() for _ in range(defaults.ORACLES))
    guardians = Guardians(1, 2, _GUARDIANS, _public(), _public(), stale_before=0)
    made = Pool(
        name="simulated", salt=entropy.token(SALT_BYTES),
        assets=defaults.assets(dict.fromkeys(defaults.SYMBOLS, _public()), now_ms), operator=operator,
        governance=founding.governance(choices, [_public() for _ in range(defaults.GOVERNORS)]),
        parameters=founding.parameters(choices, [signature.public(secret) for secret in oracles], guardians),
        **keys, insecure_dev=True,
    )  # fmt: skip
    return SimulatedPool(made, trapdoors, oracles)


def _secret() -> int:
    return 1 + entropy.scalar(babyjubjub.ORDER - 1)


def _public() -> babyjubjub.Point:
    return signature.public(_secret())
