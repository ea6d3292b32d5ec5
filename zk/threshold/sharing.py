"""Shamir's secret sharing over the scalars of Baby Jubjub, with Feldman's commitments.

    f(x) = a_0 + a_1 x + … + a_(t-1) x^(t-1)   mod l          secret a_0, share of member i: f(i), i = 1 … n
    C_k  = a_k·B8                                            so  f(i)·B8 = Σ_k i^k·C_k  for everybody to check
    f(0) = Σ_i λ_i f(i),   λ_i = Π_(j ≠ i) j / (j - i)       for any t members; and the same of points

Sources: Shamir, "How to Share a Secret" (1979); Feldman, "A Practical Scheme for Non-interactive Verifiable Secret
Sharing" (1987).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gmpy2 import invert

from zk import entropy
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, IDENTITY, ORDER, Point

MAX_MEMBERS = 32


@dataclass(frozen=True)
class Quorum:
    """Any `threshold` of `members` members act for the group; the members are numbered from 1."""

    threshold: int
    members: int

    def __post_init__(self) -> None:
        """Raises ValueError for a threshold that no members reach, or more members than MAX_MEMBERS."""
        if not 1 <= self.threshold <= self.members <= MAX_MEMBERS:
            raise ValueError(
                f"{self.threshold} of {self.members} members is not a quorum: at least 1 and at most all members must "
                f"act, of at most {MAX_MEMBERS}"
            )

    @property
    def indices(self) -> range:
        """The numbers of all members."""
        return range(1, self.members + 1)


def polynomial(secret: int, threshold: int) -> tuple[int, ...]:
    """The coefficients of a random polynomial f of degree threshold - 1 with f(0) = secret."""
    return (secret % ORDER, *(entropy.scalar(ORDER) for _ in range(threshold - 1)))


def evaluate(coefficients: Sequence[int], x: int) -> int:
    """f(x) mod l."""
    total = 0
    for coefficient in reversed(coefficients):
        total = (total * x + coefficient) % ORDER
    return total


def commit(coefficients: Sequence[int]) -> tuple[Point, ...]:
    """The points C_k, which hide the coefficients and let every share be checked."""
    return tuple(babyjubjub.multiply(coefficient, BASE8) for coefficient in coefficients)


def evaluate_commitments(commitments: Sequence[Point], x: int) -> Point:
    """f(x)·B8, from the commitments alone."""
    total = IDENTITY
    for point in reversed(commitments):
        total = babyjubjub.add(babyjubjub.multiply(x, total), point)
    return total


def weights(indices: Sequence[int]) -> dict[int, int]:
    """Lagrange's weight λ_i at 0 of each of these members.  The indices are distinct and not zero modulo l."""
    result = {}
    for i in indices:
        numerator = denominator = 1
        for j in indices:
            if j != i:
                numerator = numerator * j % ORDER
                denominator = denominator * (j - i) % ORDER
        result[i] = int(numerator * invert(denominator, ORDER) % ORDER)
    return result


def recover(shares: Mapping[int, int]) -> int:
    """f(0) from the shares of at least t members, by index."""
    lagrange = weights(tuple(shares))
    return sum(lagrange[index] * share for index, share in shares.items()) % ORDER


def recover_point(shares: Mapping[int, Point]) -> Point:
    """f(0)·P from the points f(i)·P of at least t members, by index."""
    total = IDENTITY
    for index, weight in weights(tuple(shares)).items():
        total = babyjubjub.add(total, babyjubjub.multiply(weight, shares[index]))
    return total
