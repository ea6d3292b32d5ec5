"""Fp2 = Fp[u] / (u^2 + 1) on integers: pairs (a0, a1) standing for a0 + a1·u.  No kernel, no Numba.

For constants and for points one at a time.  Results are mpz below p.
"""

from gmpy2 import invert, mpz

from zk.fields.prime import P

Element = tuple[mpz, mpz]

ZERO: Element = (mpz(0), mpz(0))
ONE: Element = (mpz(1), mpz(0))

_P = mpz(P)


def add(a: Element, b: Element) -> Element:
    """a + b."""
    return (a[0] + b[0]) % _P, (a[1] + b[1]) % _P


def sub(a: Element, b: Element) -> Element:
    """a - b."""
    return (a[0] - b[0]) % _P, (a[1] - b[1]) % _P


def mul(a: Element, b: Element) -> Element:
    """(a0 + a1 u)(b0 + b1 u) with u^2 = -1, by Karatsuba."""
    low, high = a[0] * b[0], a[1] * b[1]
    return (low - high) % _P, ((a[0] + a[1]) * (b[0] + b[1]) - low - high) % _P


def inverse(a: Element) -> Element:
    """(a0 - a1 u) / (a0^2 + a1^2).  Raises ZeroDivisionError for zero."""
    norm = invert(a[0] * a[0] + a[1] * a[1], _P)
    return a[0] * norm % _P, -a[1] * norm % _P


def power(a: Element, exponent: int) -> Element:
    """a^exponent, for an exponent of 0 or more."""
    result = ONE
    for bit in f"{exponent:b}":
        result = mul(result, result)
        if bit == "1":
            result = mul(result, a)
    return result
