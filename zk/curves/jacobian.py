"""Curves y^2 = x^3 + b on canonical integers, with coordinates in Fp or in Fp2.  No kernels and no Numba.

Keys, checks and tests use it, where one point at a time is enough.  Points are Jacobian: (X, Y, Z) stands for
(X / Z^2, Y / Z^3) and Z = 0 for the identity, so addition needs no division.  Formulas: Explicit-Formulas Database,
short Weierstrass with a = 0, "dbl-2009-l" and "add-2007-bl".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gmpy2 import invert, mpz

from zk.fields import fp2_ints
from zk.fields.prime import P

Element = Any  # an mpz below p, or a pair (a0, a1) of them for a0 + a1·u with u^2 = -1
Point = tuple[Element, Element, Element]

_WINDOW_BITS = 4
_P = mpz(P)


@dataclass(frozen=True)
class Field:
    """The field of a curve's coordinates: its operations on reduced elements."""

    zero: Element
    one: Element
    add: Callable[[Element, Element], Element]
    sub: Callable[[Element, Element], Element]
    mul: Callable[[Element, Element], Element]
    inverse: Callable[[Element], Element]


FP = Field(
    zero=mpz(0),
    one=mpz(1),
    add=lambda a, b: (a + b) % _P,
    sub=lambda a, b: (a - b) % _P,
    mul=lambda a, b: a * b % _P,
    inverse=lambda a: invert(a, _P),
)

FP2 = Field(
    zero=fp2_ints.ZERO, one=fp2_ints.ONE, add=fp2_ints.add, sub=fp2_ints.sub, mul=fp2_ints.mul, inverse=fp2_ints.inverse
)


def identity(field: Field) -> Point:
    """The identity."""
    return field.one, field.one, field.zero


def negate(field: Field, point: Point) -> Point:
    """(X, -Y, Z)."""
    return point[0], field.sub(field.zero, point[1]), point[2]


def double(field: Field, point: Point) -> Point:
    """2 (X, Y, Z) by "dbl-2009-l".  The identity and points with Y = 0 double to the identity."""
    add, sub, mul = field.add, field.sub, field.mul
    x, y, z = point
    xx, yy = mul(x, x), mul(y, y)
    yyyy = mul(yy, yy)
    half = sub(sub(mul(add(x, yy), add(x, yy)), xx), yyyy)
    d = add(half, half)
    e = add(add(xx, xx), xx)
    x3 = sub(sub(mul(e, e), d), d)
    yyyy2 = add(yyyy, yyyy)
    yyyy4 = add(yyyy2, yyyy2)
    y3 = sub(sub(mul(e, sub(d, x3)), yyyy4), yyyy4)
    yz = mul(y, z)
    return x3, y3, add(yz, yz)


def add(field: Field, left: Point, right: Point) -> Point:
    """The sum of any two points by "add-2007-bl", which has three exceptional cases of its own."""
    sub, mul = field.sub, field.mul
    (x1, y1, z1), (x2, y2, z2) = left, right
    if z1 == field.zero:
        return right
    if z2 == field.zero:
        return left
    z1z1, z2z2 = mul(z1, z1), mul(z2, z2)
    u1, s1 = mul(x1, z2z2), mul(mul(y1, z2), z2z2)
    h, s = sub(mul(x2, z1z1), u1), sub(mul(mul(y2, z1), z1z1), s1)
    if h == field.zero:
        return double(field, left) if s == field.zero else identity(field)
    hh = mul(h, h)
    hhh, v = mul(h, hh), mul(u1, hh)
    x3 = sub(sub(sub(mul(s, s), hhh), v), v)
    y3 = sub(mul(s, sub(v, x3)), mul(s1, hhh))
    return x3, y3, mul(mul(z1, z2), h)


def multiply(field: Field, scalar: int, point: Point) -> Point:
    """scalar * point for a scalar of any size and sign, with 4-bit windows.  Not constant-time."""
    if scalar < 0:
        scalar, point = -scalar, negate(field, point)
    table = [identity(field), point]
    while len(table) < 1 << _WINDOW_BITS:
        table.append(add(field, table[-1], point))
    total = identity(field)
    for digit in f"{scalar:x}":
        for _ in range(_WINDOW_BITS):
            total = double(field, total)
        if digit != "0":
            total = add(field, total, table[int(digit, 16)])
    return total


def affine(field: Field, point: Point) -> tuple[Element, Element] | None:
    """(X / Z^2, Y / Z^3), or None for the identity."""
    x, y, z = point
    if z == field.zero:
        return None
    inverse = field.inverse(z)
    square = field.mul(inverse, inverse)
    return field.mul(x, square), field.mul(y, field.mul(inverse, square))
