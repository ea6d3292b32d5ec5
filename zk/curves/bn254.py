"""The two groups of BN254 on canonical integers: points, their checks, their bytes.  No kernels and no Numba.

G1 is y^2 = x^3 + 3 over Fp.  G2 is the subgroup of order r of y^2 = x^3 + 3 / (9 + u) over Fp2 = Fp[u] / (u^2 + 1).
A G1Point or G2Point is on its curve, in the subgroup of order r, and not the identity, which is None.  Every point
from outside comes through `g1`, `g2`, `decode_g1` or `decode_g2`, which check it, and the group law stays in the group.

Sources: EIP-196 and EIP-197 for the curves, the generators and the bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, overload

from gmpy2 import mpz

from zk.curves import jacobian
from zk.errors import FormatError
from zk.fields import prime
from zk.fields.prime import BN_X, P

Fp2 = tuple[int, int]

G1_BYTES = 64
G2_BYTES = 128


@dataclass(frozen=True)
class G1Point:
    """A point of G1 other than the identity, with canonical coordinates."""

    x: int
    y: int


@dataclass(frozen=True)
class G2Point:
    """A point of G2 other than the identity, with canonical coordinates (c0, c1) for c0 + c1·u."""

    x: Fp2
    y: Fp2


Point = G1Point | G2Point
OnePoint = TypeVar("OnePoint", G1Point, G2Point)

G1 = G1Point(1, 2)
G2 = G2Point(
    (
        10857046999023057135944570762232829481370756359578518086990519993285655852781,
        11559732032986387107991004021392285783925812861821192530917403151452391805634,
    ),
    (
        8495653923123431417604973247489272438418190587263600148770280649306958101930,
        4082367875863433681332203403145435568316851327593401208105741076214120093531,
    ),
)

_XI = (mpz(9), mpz(1))
B1 = mpz(3)
B2 = jacobian.FP2.mul((B1, mpz(0)), jacobian.FP2.inverse(_XI))


def _power(a: jacobian.Element, exponent: int) -> jacobian.Element:
    """a^exponent in Fp2."""
    result = jacobian.FP2.one
    for bit in f"{exponent:b}":
        result = jacobian.FP2.mul(result, result)
        if bit == "1":
            result = jacobian.FP2.mul(result, a)
    return result


# The Frobenius map of Fp12 on the twist: (x, y) to (conj(x) ξ^((p-1)/3), conj(y) ξ^((p-1)/2)).
TWIST_X = _power(_XI, (P - 1) // 3)
TWIST_Y = _power(_XI, (P - 1) // 2)


def _field(point: Point) -> jacobian.Field:
    return jacobian.FP if isinstance(point, G1Point) else jacobian.FP2


def _lift(point: Point) -> jacobian.Point:
    """The Jacobian form of a point."""
    if isinstance(point, G1Point):
        return mpz(point.x), mpz(point.y), jacobian.FP.one
    return tuple(map(mpz, point.x)), tuple(map(mpz, point.y)), jacobian.FP2.one


def _lower(like: OnePoint, point: jacobian.Point) -> OnePoint | None:
    """The affine form of a Jacobian point, in the group of `like`; None for the identity."""
    affine = jacobian.affine(_field(like), point)
    if affine is None:
        return None
    x, y = affine
    if isinstance(like, G1Point):
        return G1Point(int(x), int(y))
    return G2Point((int(x[0]), int(x[1])), (int(y[0]), int(y[1])))


@overload
def negate(point: None) -> None: ...


@overload
def negate(point: OnePoint) -> OnePoint: ...


def negate(point: Point | None) -> Point | None:
    """-point."""
    if isinstance(point, G1Point):
        return G1Point(point.x, -point.y % P)
    return point and G2Point(point.x, (-point.y[0] % P, -point.y[1] % P))


def add(left: OnePoint | None, right: OnePoint | None) -> OnePoint | None:
    """The sum of two points of the same group."""
    if left is None or right is None:
        return left or right
    field = _field(left)
    return _lower(left, jacobian.add(field, _lift(left), _lift(right)))


def multiply(scalar: int, point: OnePoint | None) -> OnePoint | None:
    """scalar * point for any integer.  Not constant-time."""
    if point is None:
        return None
    return _lower(point, jacobian.multiply(_field(point), scalar, _lift(point)))


def multiply_nonzero(scalar: int, point: OnePoint) -> OnePoint:
    """scalar * point for a scalar that is not a multiple of r, so that the result is not the identity."""
    product = multiply(scalar, point)
    assert product is not None, "the scalar is a multiple of the group order"
    return product


def _is_on_curve(field: jacobian.Field, x: jacobian.Element, y: jacobian.Element, b: jacobian.Element) -> bool:
    return field.mul(y, y) == field.add(field.mul(field.mul(x, x), x), b)


def frobenius(point: jacobian.Point) -> jacobian.Point:
    """ψ of a point of the twist.  On G2 it is multiplication by p."""
    x, y, z = ((a[0], -a[1] % P) for a in point)
    return jacobian.FP2.mul(x, TWIST_X), jacobian.FP2.mul(y, TWIST_Y), z


def is_in_subgroup(point: jacobian.Point) -> bool:
    """Whether a point of the twist is in G2: (x+1) Q + ψ(x Q) + ψ^2(x Q) = ψ^3(2 x Q).

    x is the parameter of the curve.  63 doublings instead of the 254 of r Q.  Source: Dai, Lin, Zhao, Zhou, "Fast
    subgroup membership testings for G1, G2 and GT on pairing-friendly curves" (ePrint 2022/348), section 5, for BN
    curves.
    """
    field = jacobian.FP2
    multiple = jacobian.multiply(field, BN_X, point)
    once = frobenius(multiple)
    twice = frobenius(once)
    thrice = frobenius(twice)
    left = jacobian.add(field, jacobian.add(field, multiple, point), jacobian.add(field, once, twice))
    difference = jacobian.add(field, left, jacobian.negate(field, jacobian.double(field, thrice)))
    return difference[2] == field.zero


def g1(x: int, y: int, what: str) -> G1Point:
    """The point of G1 with these untrusted coordinates.

    Raises FormatError, naming `what`, when a coordinate is not reduced, or the point is the identity, written (0, 0),
    or not on the curve.  Every point of the curve is in G1.
    """
    if not (0 <= x < P and 0 <= y < P):
        raise FormatError(f"{what} has a coordinate that is not below the modulus")
    if x == y == 0:
        raise FormatError(f"{what} is the identity")
    if not _is_on_curve(jacobian.FP, mpz(x), mpz(y), B1):
        raise FormatError(f"{what} is not on the curve of G1")
    return G1Point(int(x), int(y))


def g2(x: Fp2, y: Fp2, what: str, is_in_g2: Callable[[G2Point], bool] | None = None) -> G2Point:
    """The point of G2 with these untrusted coordinates.  `is_in_g2` is asked instead of `is_in_subgroup`, when given.

    Raises FormatError, naming `what`, when a coordinate is not reduced, or the point is the identity, written as
    zeros, not on the twist, or on the twist but not in the subgroup of order r.
    """
    if not all(0 <= c < P for c in (*x, *y)):
        raise FormatError(f"{what} has a coordinate that is not below the modulus")
    if not any((*x, *y)):
        raise FormatError(f"{what} is the identity")
    point = G2Point((int(x[0]), int(x[1])), (int(y[0]), int(y[1])))
    lifted = _lift(point)
    if not _is_on_curve(jacobian.FP2, lifted[0], lifted[1], B2):
        raise FormatError(f"{what} is not on the curve of G2")
    if not (is_in_subgroup(lifted) if is_in_g2 is None else is_in_g2(point)):
        raise FormatError(f"{what} is not in the subgroup of G2")
    return point


def encode_g1(point: G1Point) -> bytes:
    """64 bytes: x | y, each 32 bytes, big-endian."""
    return prime.to_bytes(point.x) + prime.to_bytes(point.y)


def encode_g2(point: G2Point) -> bytes:
    """128 bytes: x.c1 | x.c0 | y.c1 | y.c0, each 32 bytes, big-endian: the order of EIP-197."""
    return b"".join(prime.to_bytes(c) for c in (point.x[1], point.x[0], point.y[1], point.y[0]))


def _coordinates(data: bytes, length: int, what: str) -> list[int]:
    """The 32-byte numbers below p in `data`.  Raises FormatError when its length or a number is wrong."""
    if len(data) != length:
        raise FormatError(f"{what} has {len(data)} bytes instead of {length}")
    return [prime.from_bytes(data[i : i + 32], P, what) for i in range(0, length, 32)]


def decode_g1(data: bytes, what: str) -> G1Point:
    """Inverts `encode_g1`.  Raises FormatError for another length, and as `g1` does."""
    x, y = _coordinates(data, G1_BYTES, what)
    return g1(x, y, what)


def decode_g2(data: bytes, what: str, is_in_g2: Callable[[G2Point], bool] | None = None) -> G2Point:
    """Inverts `encode_g2`.  Raises FormatError for another length, and as `g2` does."""
    x1, x0, y1, y0 = _coordinates(data, G2_BYTES, what)
    return g2((x0, x1), (y0, y1), what, is_in_g2)
