"""Baby Jubjub, the Edwards curve over BN254's scalar field: 168700 x^2 + y^2 = 1 + 168696 x^2 y^2 over Fr.

The group has 8 l points, l prime.  Every point from outside is checked to lie in the subgroup of order l and not to be
the identity, so no caller has to think about the cofactor.  Points are (x, y), canonical integers.

Sources: EIP-2494; circomlibjs `babyjub.js` for the packed form: y in 32 little-endian bytes, the top bit set when
x > (r - 1) / 2.
"""

import hashlib
from functools import cache, lru_cache

from gmpy2 import invert, legendre, mpz, powmod

from zk import domains
from zk.curves import cofactor, edwards
from zk.errors import FormatError
from zk.fields.prime import FR, R

Point = edwards.Point

A = 168700
D = 168696
CURVE = edwards.Edwards(R, A, D)
COFACTOR = 8
ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041

IDENTITY: Point = edwards.IDENTITY
GENERATOR: Point = (
    995203441582195749578291179787384436505546430278305826713579947235728471134,
    5472060717959818805561601436314318772137091100104008585924551046643952123905,
)
BASE8: Point = (
    5299619240641551281634865583518297030282874472190772894086521144482721001553,
    16950150798460657717958625567821834550301663161624707787222815936182638968203,
)

_BASES = 64  # that keep a comb, of some 10 KiB
_CHECKED = 4096  # points known to be in the subgroup, or not
_SIGN_BIT = 0x80
_UNUSED_BIT = 0x40


def add(left: Point, right: Point) -> Point:
    """The sum of two points of the curve."""
    return edwards.add(CURVE, left, right)


def negate(point: Point) -> Point:
    """-point."""
    return edwards.negate(CURVE, point)


def multiply(scalar: int, point: Point) -> Point:
    """scalar * point for any integer.  Not constant-time."""
    return edwards.multiply(CURVE, scalar, point)


def multiply_base(scalar: int, base: Point) -> Point:
    """scalar * base for any integer and a base of order l that is used often: about three times as fast as `multiply`.

    Not constant-time.
    """
    return edwards.multiply_comb(_comb(base), scalar % ORDER)


@lru_cache(maxsize=_BASES)
def _comb(base: Point) -> edwards.Comb:
    return edwards.comb(CURVE, base, ORDER.bit_length())


def is_on_curve(point: Point) -> bool:
    """Whether the coordinates satisfy the curve's equation."""
    return edwards.is_on_curve(CURVE, point)


@lru_cache(maxsize=_CHECKED)
def is_in_subgroup(point: Point) -> bool:
    """Whether a point is on the curve and l times it is the identity.  The identity is in the subgroup."""
    return is_on_curve(point) and cofactor.is_eighth_multiple(lines(), (point[0] % R, point[1] % R))


@cache
def lines() -> cofactor.Lines:
    return cofactor.lines(CURVE, multiply(ORDER, GENERATOR))


def point(x: int, y: int, what: str) -> Point:
    """The point with these untrusted coordinates.

    Raises FormatError, naming `what`, when a coordinate is not reduced, or the point is not on the curve, not in the
    subgroup of order l, or the identity.
    """
    if not (0 <= x < R and 0 <= y < R):
        raise FormatError(f"{what} has a coordinate that is not below the modulus")
    if not is_on_curve((x, y)):
        raise FormatError(f"{what} is not on Baby Jubjub")
    if (x, y) == IDENTITY:
        raise FormatError(f"{what} is the identity of Baby Jubjub")
    if not is_in_subgroup((x, y)):
        raise FormatError(f"{what} is not in the subgroup of Baby Jubjub")
    return x, y


def square_root(square: mpz) -> mpz | None:
    """The square root that is at most (r - 1) / 2, or None for a non-square.  By Tonelli and Shanks."""
    if square == 0:
        return mpz(0)
    if legendre(square, R) != 1:
        return None
    order = FR.two_adicity
    odd = (R - 1) >> order
    step = powmod(FR.generator, odd, R)
    root, rest = powmod(square, (odd + 1) // 2, R), powmod(square, odd, R)
    while rest != 1:  # root^2 = square * rest, and rest has order 2^k with k below `order`
        k, power = 0, rest
        while power != 1:
            k, power = k + 1, power * power % R
        step = powmod(step, 1 << (order - k - 1), R)
        root, order = root * step % R, k
        step = step * step % R
        rest = rest * step % R
    return min(root, R - root)


def _unpacked(data: bytes) -> Point | None:
    """The point of the curve, in any subgroup, with this packed form, or None."""
    y = int.from_bytes(data[:31] + bytes([data[31] & ~_SIGN_BIT]), "little")
    if y >= R:
        return None
    yy = mpz(y) * y % R
    root = square_root((1 - yy) * invert(A - D * yy, R) % R)  # A / D is not a square, so A - D y^2 is not zero
    if root is None or (root == 0 and data[31] & _SIGN_BIT):
        return None
    return int(-root % R if data[31] & _SIGN_BIT else root), y


def pack(point: Point) -> bytes:
    """32 bytes: y, little-endian, with the sign of x in the top bit."""
    x, y = point
    data = bytearray(y.to_bytes(32, "little"))
    if x > (R - 1) // 2:
        data[31] |= _SIGN_BIT
    return bytes(data)


def unpack(data: bytes, what: str) -> Point:
    """Inverts `pack`.  Raises FormatError for bytes that `pack` never writes, and as `point` does."""
    if len(data) != 32:
        raise FormatError(f"{what} has {len(data)} bytes instead of 32")
    coordinates = _unpacked(data)
    if coordinates is None:
        raise FormatError(f"{what} is not a packed point of Baby Jubjub")
    return point(*coordinates, what)


def hash_to_curve(label: bytes) -> Point:
    """A point of order l with an unknown logarithm to any other base, by try-and-increment.

    Candidate k is SHA-256(prefix | label | k in 4 big-endian bytes) with bit 254 cleared, read as a packed point and
    multiplied by 8.  The first candidate that is a point with a multiple other than the identity is returned.  The time
    taken depends on the label, which must therefore be public.
    """
    for counter in range(1 << 32):
        digest = bytearray(hashlib.sha256(domains.HASH_TO_CURVE + label + counter.to_bytes(4, "big")).digest())
        digest[31] &= ~_UNUSED_BIT
        candidate = _unpacked(bytes(digest))
        if candidate is not None:
            cleared = multiply(COFACTOR, candidate)
            if cleared != IDENTITY:
                return cleared
    raise AssertionError("2^32 hashes without a point")
