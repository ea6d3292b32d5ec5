"""The group of a complete twisted Edwards curve a x^2 + y^2 = 1 + d x^2 y^2 over any prime field.

Complete means that a is a square and d is not: then one addition formula serves every pair of points, whether equal,
opposite or the identity, and no denominator is ever zero.  Points are (x, y), canonical integers, and (0, 1) is the
identity.

Source: Bernstein, Birkner, Joye, Lange, Peters, "Twisted Edwards Curves" (2008), sections 3 and 6.
"""

from dataclasses import dataclass

from gmpy2 import invert, mpz

Point = tuple[int, int]

IDENTITY: Point = (0, 1)


@dataclass(frozen=True)
class Edwards:
    """A curve: its modulus and its two coefficients."""

    modulus: int
    a: int
    d: int


def is_on_curve(curve: Edwards, point: Point) -> bool:
    """Whether the coordinates, which may be any integers, satisfy the equation of the curve."""
    xx, yy = point[0] * point[0], point[1] * point[1]
    return (curve.a * xx + yy - 1 - curve.d * xx * yy) % curve.modulus == 0


def negate(curve: Edwards, point: Point) -> Point:
    """(-x, y)."""
    return -point[0] % curve.modulus, point[1]


def add(curve: Edwards, left: Point, right: Point) -> Point:
    """The sum of two points of the curve."""
    p = curve.modulus
    (x1, y1), (x2, y2) = left, right
    crossed = curve.d * x1 * x2 * y1 * y2 % p
    x = (x1 * y2 + y1 * x2) * invert(mpz(1 + crossed), p)
    y = (y1 * y2 - curve.a * x1 * x2) * invert(mpz(1 - crossed), p)
    return int(x % p), int(y % p)


def _double(curve: Edwards, point: tuple) -> tuple:
    """2 (X : Y : Z).  8 mul."""
    p = curve.modulus
    x, y, z = point
    b, c, f_y = (x + y) * (x + y) % p, x * x % p, y * y % p
    e = curve.a * c % p
    f = e + f_y
    j = (f - 2 * (z * z % p)) % p
    return (b - c - f_y) * j % p, f * (e - f_y) % p, f * j % p


def _add(curve: Edwards, left: tuple, right: tuple) -> tuple:
    """(X1 : Y1 : Z1) + (X2 : Y2 : Z2).  13 mul."""
    p = curve.modulus
    x1, y1, z1 = left
    x2, y2, z2 = right
    a = z1 * z2 % p
    b, c, d = a * a % p, x1 * x2 % p, y1 * y2 % p
    e = curve.d * c % p * d % p
    f, g = b - e, b + e
    x = a * f % p * ((x1 + y1) * (x2 + y2) - c - d) % p
    return x, a * g % p * (d - curve.a * c) % p, f * g % p


def multiply(curve: Edwards, scalar: int, point: Point) -> Point:
    """scalar * point for a scalar of any size and sign, with 4-bit windows.  Not constant-time."""
    if scalar < 0:
        scalar, point = -scalar, negate(curve, point)
    wide = Edwards(mpz(curve.modulus), mpz(curve.a), mpz(curve.d))
    identity = (mpz(0), mpz(1), mpz(1))
    table = [identity, (mpz(point[0]), mpz(point[1]), mpz(1))]
    while len(table) < 16:
        table.append(_add(wide, table[-1], table[1]))
    total = identity
    for digit in f"{scalar:x}":
        for _ in range(4):
            total = _double(wide, total)
        if digit != "0":
            total = _add(wide, total, table[int(digit, 16)])
    x, y, z = total
    inverse = invert(z, wide.modulus)
    return int(x * inverse % wide.modulus), int(y * inverse % wide.modulus)
