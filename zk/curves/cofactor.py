"""Whether a point of a complete twisted Edwards curve of order 8 l, l odd, is in the subgroup of order l: by a pairing.

The group is cyclic up to odd order, because its only point of order 2 is (0, -1).  So the points of the subgroup are
the multiples of 8 of all points, and with a point T of order 8 the reduced Tate pairing of order 8 tells them:

    P = 8 Q for some Q  exactly when  f(P)^((p - 1) / 8) = 1,  where f has the divisor 8 (T) - 8 (O) and is normalised

because the pairing of the points of order 8 with those modulo 8 is perfect when 8 divides p - 1.  On the birational

    V^2 = U^3 + 2 (a + d) U^2 + (a - d)^2 U        U = (a - d) (1 + y) / (1 - y)        V = 2 U / x

Miller's algorithm has three doublings.  With t the tangent at T, w the vertical line through 2 T and s the tangent at
2 T, and because 4 T = (0, 0), where the tangent is U,

    f = (t^2 / w^2 · s / U)^2 · U

all of which are monic, so f is normalised.  Eighth powers do not matter, so that no division is left: with numerators
over D = (1 - y) x, the test is of (t w)^4 s^2 (U D)^7, an eighth power or not.  This costs a power and some 20
products; multiplying by l, which is the definition, costs thirty times as much.

A zero of t, w, s, U or D is a multiple of T, and of these only the identity is in the subgroup.

Sources: Frey, Rück, "A remark concerning m-divisibility" (1994); Koshelev, "Subgroup membership testing on elliptic
curves via the Tate pairing" (eprint 2022/037), section 2; Bernstein et al., "Twisted Edwards Curves" (2008), theorem
3.2, for the birational map.
"""

from dataclasses import dataclass

from gmpy2 import invert, mpz, powmod

from zk.curves import edwards
from zk.curves.edwards import Edwards, Point


@dataclass(frozen=True)
class Lines:
    """The lines of Miller's algorithm: t = V - tangent_slope U - tangent_shift, w = U - vertical, and s like t."""

    curve: Edwards  # with coefficients of type mpz
    tangent: tuple[mpz, mpz]
    vertical: mpz
    second_tangent: tuple[mpz, mpz]


def lines(curve: Edwards, torsion: Point) -> Lines:
    """The lines for a point of order 8."""
    p = mpz(curve.modulus)
    assert (p - 1) % 8 == 0, "the field has no eighth roots of unity"
    double = edwards.add(curve, torsion, torsion)
    assert edwards.add(curve, double, double) == (0, p - 1), "the point does not have order 8"
    wide = Edwards(p, mpz(curve.a), mpz(curve.d))
    return Lines(wide, _tangent(wide, torsion), _birational(wide, double)[0], _tangent(wide, double))


def is_eighth_multiple(lines: Lines, point: Point) -> bool:
    """Whether a point of the curve, in canonical coordinates, is 8 times another, and so in the subgroup of order l."""
    if point == edwards.IDENTITY:
        return True
    curve, (x, y) = lines.curve, point
    p = curve.modulus
    d = (1 - y) * x % p
    half = (curve.a - curve.d) * (1 + y)
    u, v = half * x % p, 2 * half
    (slope, shift), (second_slope, second_shift) = lines.tangent, lines.second_tangent
    t = v - slope * u - shift * d
    s = v - second_slope * u - second_shift * d
    tw = t * (u - lines.vertical * d) % p
    ud = u * d % p
    square = tw * tw * s % p * ud % p * ud % p * ud % p
    return powmod(square * square * ud, (p - 1) // 8, p) == 1


def _birational(curve: Edwards, point: Point) -> tuple[mpz, mpz]:
    """(U, V) of a point other than the identity and (0, -1)."""
    p, (x, y) = curve.modulus, point
    u = (curve.a - curve.d) * (1 + y) * invert(mpz(1 - y), p) % p
    return u, 2 * u * invert(mpz(x), p) % p


def _tangent(curve: Edwards, point: Point) -> tuple[mpz, mpz]:
    """Slope and shift of the tangent V = slope U + shift."""
    p, (u, v) = curve.modulus, _birational(curve, point)
    slope = (3 * u * u + 4 * (curve.a + curve.d) * u + (curve.a - curve.d) ** 2) * invert(2 * v, p) % p
    return slope, (v - slope * u) % p
