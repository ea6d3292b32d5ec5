"""Fp12 as polynomials over Fp modulo w^12 - 18 w^6 + 82, with schoolbook arithmetic.  Fp2 and Fp6 are subfields.

With w^6 = 9 + u and u^2 = -1: u is w^6 - 9, and v is w^2.  Elements are lists of twelve ints.
"""

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583

ZERO = [0] * 12
ONE = [1] + [0] * 11


def add(a, b):
    return [(x + y) % P for x, y in zip(a, b, strict=True)]


def sub(a, b):
    return [(x - y) % P for x, y in zip(a, b, strict=True)]


def mul(a, b):
    product = [0] * 23
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] += x * y
    for i in range(22, 11, -1):  # w^12 = 18 w^6 - 82
        product[i - 6] += 18 * product[i]
        product[i - 12] -= 82 * product[i]
    return [x % P for x in product[:12]]


def power(a, exponent):
    result = ONE
    for bit in f"{exponent:b}":
        result = mul(result, result)
        if bit == "1":
            result = mul(result, a)
    return result


def from_pairs(pairs):
    """Σ (c0 + c1 u) w^i for the pairs (c0, c1) of i = 0, 1, …"""
    total = [0] * 12
    for i, (c0, c1) in enumerate(pairs):
        total[i] += c0 - 9 * c1
        total[i + 6] += c1
    return [x % P for x in total]


def to_pairs(a):
    """Inverts `from_pairs`: the six pairs (c0, c1)."""
    return [((a[i] + 9 * a[i + 6]) % P, a[i + 6]) for i in range(6)]
