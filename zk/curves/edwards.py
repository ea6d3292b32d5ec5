"""The group of a complete twisted Edwards curve a x^2 + y^2 = 1 + d x^2 y^2 over any prime field.

Complete means that a is a square and d is not: then one addition formula serves every pair of points, whether equal,
opposite or the identity, and no denominator is ever zero.  Points are (x, y), canonical integers, and (0, 1) is the
identity.

Sources: Bernstein, Birkner, Joye, Lange, Peters, "Twisted Edwards Curves" (2008), sections 3 and 6; Lim and Lee, "More
flexible exponentiation with precomputation" (1994), for combs.
"""

from dataclasses import dataclass

from gmpy2 import invert, mpz

Point = tuple[int, int]

IDENTITY: Point = (0, 1)
_TEETH = 6


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
    return _affine(wide, total)


@dataclass(frozen=True)
class Comb:
    """Row m is the sum of the points 2^(columns·i)·base over the bits i of m, of which there are six."""

    curve: Edwards  # with coefficients of type mpz
    columns: int
    rows: tuple[tuple, ...]


def comb(curve: Edwards, base: Point, bits: int) -> Comb:
    """The comb for scalars of this many bits.  Takes about as long as one multiplication."""
    wide = Edwards(mpz(curve.modulus), mpz(curve.a), mpz(curve.d))
    columns = -(-bits // _TEETH)
    rows, tooth = [(mpz(0), mpz(1), mpz(1))], (mpz(base[0]), mpz(base[1]), mpz(1))
    for _ in range(_TEETH):
        rows += [_add(wide, row, tooth) for row in rows]
        for _ in range(columns):
            tooth = _double(wide, tooth)
    return Comb(wide, columns, tuple(rows))


def multiply_comb(comb: Comb, scalar: int) -> Point:
    """scalar * base for a scalar in the comb's range: a doubling and an addition for each of its columns."""
    digits = f"{scalar:0{_TEETH * comb.columns}b}"
    assert scalar >= 0 and len(digits) == _TEETH * comb.columns, "the scalar has more bits than the comb"
    total = comb.rows[0]
    for column in zip(*(digits[i : i + comb.columns] for i in range(0, len(digits), comb.columns)), strict=True):
        total = _add(comb.curve, _double(comb.curve, total), comb.rows[int("".join(column), 2)])
    return _affine(comb.curve, total)


def _affine(curve: Edwards, point: tuple) -> Point:
    """(X / Z, Y / Z)."""
    x, y, z = point
    inverse = invert(z, curve.modulus)
    return int(x * inverse % curve.modulus), int(y * inverse % curve.modulus)
