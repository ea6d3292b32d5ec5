"""The GLV endomorphism of BN254: a scalar becomes two of half its length, for one product to map each point.

BN254 has cube roots of one β in Fp and λ modulo r with (β x, y) = λ·(x, y) for every point (x, y) of G1, and with β^2
in place of β for G2.  A scalar s is written as s1 + λ s2 with |s1|, |s2| < 2^127: (s, 0) minus the nearest vector of
the lattice of all (a, b) with a + λ b = 0 mod r, found by rounding its coordinates in a short basis (a1, b1), (a2, b2),

    c1 = round(b2 s / r),  c2 = round(-b1 s / r),  s1 = s - c1 a1 - c2 a2,  s2 = -c1 b1 - c2 b2.

Source: Gallant, Lambert, Vanstone, "Faster point multiplication on elliptic curves with efficient endomorphisms"
(CRYPTO 2001), section 4.
"""

from math import isqrt

import numpy as np

from zk.fields import array, fp, memory
from zk.fields.prime import FP, FR, WORDS, P, R
from zk.fields.words import adc, mac, sbb
from zk.runtime.jit import inlined, inner, kernel

HALF_BITS = 127

LAMBDA = pow(FR.generator, (R - 1) // 3, R)
# Which of the two cube roots belongs to LAMBDA depends on the generators of Fp, Fr and the curve; a test checks it.
BETA = pow(FP.generator, 2 * (P - 1) // 3, P)

_SIGN = np.uint64(1 << 63)
_ZERO, _ONE = np.uint64(0), np.uint64(1)


def _short_basis() -> tuple[tuple[int, int], tuple[int, int]]:
    """Two vectors (a, b) with a + LAMBDA·b = 0 mod r, about √r long, from the middle of Euclid's algorithm."""
    before, (a, b) = (R, 0), (LAMBDA, -1)
    while a > isqrt(R):
        quotient = before[0] // a
        before, (a, b) = (a, b), (before[0] - quotient * a, before[1] - quotient * b)
    quotient = before[0] // a
    after = before[0] - quotient * a, before[1] - quotient * b
    other = min((before, after), key=lambda vector: max(map(abs, vector)))
    return (a, b), other


def _table() -> np.ndarray:
    """Rows of words: 2^256 b2 / r, -2^256 b1 / r, a1, a2, -b1 and b2, of lengths 2, 3, 1, 2, 2 and 1."""
    (a1, b1), (a2, b2) = _short_basis()
    assert a1 * b2 - a2 * b1 == R and a1 > 0 and a2 > 0 and b2 > 0 > b1, "rounded coordinates are not negative"
    return array.plain([(b2 << 256) // R, (-b1 << 256) // R, a1, a2, -b1, b2])


_BASIS = _table()


@inlined
def _multiply(a, a_words, b, b_words, product):
    """product = a·b in eight words, for numbers of a_words and b_words words."""
    product[:] = _ZERO
    for i in range(b_words):
        carry = _ZERO
        for j in range(a_words):
            product[i + j], carry = mac(product[i + j], a[j], b[i], carry)
        product[i + a_words] = carry


@inner
def _round_high(product, rounded):
    """rounded = product / 2^256, rounded to nearest."""
    carry = product[WORDS - 1] >> np.uint64(63)
    for i in range(WORDS):
        rounded[i], carry = adc(product[i + WORDS], carry, _ZERO)


@inner
def _subtract(a, b):
    """a -= b modulo 2^256, with the lower four words of b."""
    borrow = _ZERO
    for i in range(WORDS):
        a[i], borrow = sbb(a[i], b[i], borrow)


@inner
def _to_sign_magnitude(a):
    """Converts a from two's complement to sign-magnitude form."""
    if a[WORDS - 1] & _SIGN:
        carry = _ONE
        for i in range(WORDS):
            a[i], carry = adc(~a[i], carry, _ZERO)
        a[WORDS - 1] |= _SIGN


@kernel
def _split(scalars: np.ndarray, basis: np.ndarray, halves: np.ndarray) -> None:
    """halves[i], halves[n + i] = s1, s2 of scalar i in sign-magnitude form."""
    n = scalars.shape[0]
    product, first, second = np.empty(2 * WORDS, np.uint64), np.empty(WORDS, np.uint64), np.empty(WORDS, np.uint64)
    for i in range(n):
        _multiply(scalars[i], WORDS, basis[0], 2, product)
        _round_high(product, first)
        _multiply(scalars[i], WORDS, basis[1], 3, product)
        _round_high(product, second)
        halves[i] = scalars[i]
        _multiply(first, 1, basis[2], 1, product)
        _subtract(halves[i], product)
        _multiply(second, 2, basis[3], 2, product)
        _subtract(halves[i], product)
        _to_sign_magnitude(halves[i])
        _multiply(first, 1, basis[4], 2, product)
        halves[n + i] = product[:WORDS]
        _multiply(second, 2, basis[5], 1, product)
        _subtract(halves[n + i], product)
        _to_sign_magnitude(halves[n + i])


@kernel
def _times(rows: np.ndarray, factor: np.ndarray, result: np.ndarray) -> None:
    """result[i] = rows[i]·factor[0]."""
    k = memory.load(factor, 0)
    for i in range(rows.shape[0]):
        memory.store(result, i, fp.mul(memory.load(rows, i), k))


def split(scalars: np.ndarray) -> np.ndarray:
    """(2n, 4): all s1, then all s2 of (n, 4) plain scalars below r; magnitudes below 2^127, the sign in bit 255."""
    halves = np.empty((2 * len(scalars), WORDS), np.uint64)
    _split(scalars, _BASIS, halves)
    return halves


def images(points: np.ndarray) -> np.ndarray:
    """LAMBDA times each affine point, (n, 2, 4) of G1 or (n, 2, 2, 4) of G2."""
    beta = BETA if points.ndim == 3 else BETA**2 % P
    abscissas = np.ascontiguousarray(points[:, 0]).reshape(-1, WORDS)
    result, product = points.copy(), np.empty_like(abscissas)
    _times(abscissas, array.encode(FP, [beta]), product)
    result[:, 0] = product.reshape(points[:, 0].shape)
    return result


def halve(points: np.ndarray, scalars: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Twice as many points, with sign-magnitude scalars of half the length, that have the same sum of products."""
    return np.concatenate((points, images(points))), split(scalars)
