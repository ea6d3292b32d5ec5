"""Lazy reduction on words: whole products of eight words, and one Montgomery reduction for a sum of them."""

from zk.fields.words import ZERO_WORD, adc, mac
from zk.runtime.jit import inlined


@inlined
def product(a, b):
    """a·b in eight words.  16 word multiplications."""
    r0, carry = mac(ZERO_WORD, a[0], b[0], ZERO_WORD)
    r1, carry = mac(ZERO_WORD, a[1], b[0], carry)
    r2, carry = mac(ZERO_WORD, a[2], b[0], carry)
    r3, r4 = mac(ZERO_WORD, a[3], b[0], carry)
    r1, carry = mac(r1, a[0], b[1], ZERO_WORD)
    r2, carry = mac(r2, a[1], b[1], carry)
    r3, carry = mac(r3, a[2], b[1], carry)
    r4, r5 = mac(r4, a[3], b[1], carry)
    r2, carry = mac(r2, a[0], b[2], ZERO_WORD)
    r3, carry = mac(r3, a[1], b[2], carry)
    r4, carry = mac(r4, a[2], b[2], carry)
    r5, r6 = mac(r5, a[3], b[2], carry)
    r3, carry = mac(r3, a[0], b[3], ZERO_WORD)
    r4, carry = mac(r4, a[1], b[3], carry)
    r5, carry = mac(r5, a[2], b[3], carry)
    r6, r7 = mac(r6, a[3], b[3], carry)
    return r0, r1, r2, r3, r4, r5, r6, r7


@inlined
def reduce(t, p, negative_inverse):
    """t / 2^256 mod p, below ⌈t / 2^256⌉ + p, which must be below 2^256.  20 word multiplications.

    Clears the low four words one by one, and adds what they carry upwards, a number below p, to the high four.
    """
    m = t[0] * negative_inverse
    _, carry = mac(t[0], m, p[0], ZERO_WORD)
    t1, carry = mac(t[1], m, p[1], carry)
    t2, carry = mac(t[2], m, p[2], carry)
    t3, t4 = mac(t[3], m, p[3], carry)
    m = t1 * negative_inverse
    _, carry = mac(t1, m, p[0], ZERO_WORD)
    t2, carry = mac(t2, m, p[1], carry)
    t3, carry = mac(t3, m, p[2], carry)
    t4, t5 = mac(t4, m, p[3], carry)
    m = t2 * negative_inverse
    _, carry = mac(t2, m, p[0], ZERO_WORD)
    t3, carry = mac(t3, m, p[1], carry)
    t4, carry = mac(t4, m, p[2], carry)
    t5, t6 = mac(t5, m, p[3], carry)
    m = t3 * negative_inverse
    _, carry = mac(t3, m, p[0], ZERO_WORD)
    t4, carry = mac(t4, m, p[1], carry)
    t5, carry = mac(t5, m, p[2], carry)
    t6, t7 = mac(t6, m, p[3], carry)
    s0, carry = adc(t[4], t4, ZERO_WORD)
    s1, carry = adc(t[5], t5, carry)
    s2, carry = adc(t[6], t6, carry)
    s3, _ = adc(t[7], t7, carry)
    return s0, s1, s2, s3
