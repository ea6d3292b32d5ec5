"""Arithmetic modulo an odd prime in Montgomery form: a stands for a·2^256 mod p.

Every kernel takes and returns words below p, and needs p < 2^254, so that a sum of two elements and the running value
of the multiplication fit into four words.  The multiplication interleaves product and reduction word by word, "CIOS"
(Montgomery 1985; Koç, Acar, Kaliski 1996).
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from zk.fields import inversion
from zk.fields.prime import MONTGOMERY, Prime
from zk.fields.words import ZERO_WORD, adc, mac, sbb, select, words
from zk.runtime.jit import inlined, inner


@inlined
def reduce_once(t, p):
    """t mod p for t < 2p, by a branch: for a t that is rarely p or more, as after a multiplication."""
    s0, borrow = sbb(t[0], p[0], ZERO_WORD)
    s1, borrow = sbb(t[1], p[1], borrow)
    s2, borrow = sbb(t[2], p[2], borrow)
    s3, borrow = sbb(t[3], p[3], borrow)
    if borrow == ZERO_WORD:
        return s0, s1, s2, s3
    return t


@inlined
def reduce_branchless(t, p):
    """t mod p for t < 2p, without a branch: for a t that is as likely below p as not."""
    s0, borrow = sbb(t[0], p[0], ZERO_WORD)
    s1, borrow = sbb(t[1], p[1], borrow)
    s2, borrow = sbb(t[2], p[2], borrow)
    s3, borrow = sbb(t[3], p[3], borrow)
    return select(borrow, t, (s0, s1, s2, s3))


@inlined
def add(a, b, p):
    """a + b."""
    s0, carry = adc(a[0], b[0], ZERO_WORD)
    s1, carry = adc(a[1], b[1], carry)
    s2, carry = adc(a[2], b[2], carry)
    s3, carry = adc(a[3], b[3], carry)
    return reduce_branchless((s0, s1, s2, s3), p)


@inlined
def sub(a, b, p):
    """a - b: p is added back exactly when the subtraction borrows."""
    s0, borrow = sbb(a[0], b[0], ZERO_WORD)
    s1, borrow = sbb(a[1], b[1], borrow)
    s2, borrow = sbb(a[2], b[2], borrow)
    s3, borrow = sbb(a[3], b[3], borrow)
    mask = ZERO_WORD - borrow
    s0, carry = adc(s0, p[0] & mask, ZERO_WORD)
    s1, carry = adc(s1, p[1] & mask, carry)
    s2, carry = adc(s2, p[2] & mask, carry)
    s3, carry = adc(s3, p[3] & mask, carry)
    return s0, s1, s2, s3


@inlined
def _row(t, a, word, p, negative_inverse):
    """(t + a·word) / 2^64 mod p for t < 2p; the result is below 2p again."""
    t0, carry = mac(t[0], a[0], word, ZERO_WORD)
    t1, carry = mac(t[1], a[1], word, carry)
    t2, carry = mac(t[2], a[2], word, carry)
    t3, t4 = mac(t[3], a[3], word, carry)
    m = t0 * negative_inverse
    _, carry = mac(t0, m, p[0], ZERO_WORD)
    t0, carry = mac(t1, m, p[1], carry)
    t1, carry = mac(t2, m, p[2], carry)
    t2, carry = mac(t3, m, p[3], carry)
    return t0, t1, t2, t4 + carry


@inlined
def mul(a, b, p, negative_inverse):
    """a·b / 2^256.  36 word multiplications.  Also right for b < p when a + p < 2^256: the result is below p."""
    t = (ZERO_WORD, ZERO_WORD, ZERO_WORD, ZERO_WORD)
    t = _row(t, a, b[0], p, negative_inverse)
    t = _row(t, a, b[1], p, negative_inverse)
    t = _row(t, a, b[2], p, negative_inverse)
    t = _row(t, a, b[3], p, negative_inverse)
    return reduce_once(t, p)


def kernels(prime: Prime, compile_as: Callable[[Any], Any] = inner) -> SimpleNamespace:
    """The kernels of one field, and its constants as words.

    They close over numbers only.  The inverse of zero is zero.  `compile_as` is `inner`, or `inlined` where callers are
    few and their loops short.
    """
    p = words(prime.modulus)
    negative_inverse = words(-pow(prime.modulus, -1, MONTGOMERY) % MONTGOMERY)[0]
    zero = words(0)
    one = words(MONTGOMERY % prime.modulus)
    square_of_montgomery = words(MONTGOMERY**2 % prime.modulus)
    plain_one = words(1)
    inversion_constants = inversion.constants(prime.modulus, MONTGOMERY**2)

    @compile_as
    def field_add(a, b):
        """a + b."""
        return add(a, b, p)

    @compile_as
    def field_double(a):
        """2a."""
        return add(a, a, p)

    @compile_as
    def field_sub(a, b):
        """a - b."""
        return sub(a, b, p)

    @compile_as
    def field_neg(a):
        """-a."""
        return sub(zero, a, p)

    @compile_as
    def field_mul(a, b):
        """a·b.  1 mul."""
        return mul(a, b, p, negative_inverse)

    @compile_as
    def field_square(a):
        """a^2.  1 mul."""
        return mul(a, a, p, negative_inverse)

    @inlined
    def field_mul_sub(a, b, c):
        """a·b - c.  1 mul."""
        return sub(mul(a, b, p, negative_inverse), c, p)

    @inlined
    def field_square_sub(a, b, c):
        """a^2 - b - c.  1 mul."""
        return sub(sub(mul(a, a, p, negative_inverse), b, p), c, p)

    @inner
    def field_inverse(a):
        """1/a, and 0 for 0: 2^512 over a·2^256.  Takes as long as about 40 mul."""
        return inversion.quotient(a, *inversion_constants)

    @compile_as
    def may_be_zero(a):
        """1 when a is 0, else 0."""
        return np.uint8(is_zero(a))

    @compile_as
    def canonical(a):
        """a, which is below p already."""
        return a

    @compile_as
    def field_select(mask, a, b):
        """a when the mask is set, else b."""
        return a if mask else b

    @compile_as
    def field_one(like):
        """1."""
        return one

    @compile_as
    def constant(w, like):
        """The words themselves."""
        return w

    @compile_as
    def to_montgomery(a):
        """Plain words below p to Montgomery words.  1 mul."""
        return mul(a, square_of_montgomery, p, negative_inverse)

    @compile_as
    def from_montgomery(a):
        """Montgomery words to plain words.  1 mul."""
        return mul(a, plain_one, p, negative_inverse)

    return SimpleNamespace(
        ZERO=zero, ONE=one, add=field_add, double=field_double, sub=field_sub, neg=field_neg,
        sub_small=field_sub, neg_small=field_neg, mul=field_mul, square=field_square,
        mul_inlined=field_mul, square_inlined=field_square, inverse=field_inverse,
        mul_sub=field_mul_sub, square_sub=field_square_sub,
        canonical=canonical, may_be_zero=may_be_zero, select=field_select, one=field_one, constant=constant,
        to_montgomery=to_montgomery, from_montgomery=from_montgomery,
    )  # fmt: skip


@inlined
def is_zero(a):
    """Whether a is 0."""
    return (a[0] | a[1] | a[2] | a[3]) == ZERO_WORD


@inlined
def equal(a, b):
    """Whether a and b are the same element."""
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == ZERO_WORD
