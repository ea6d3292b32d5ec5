"""Scalars as signed digits: each window of a scalar can be read without the ones below it.

A scalar s below r is first folded to |s'| <= r / 2 with s' = s or s - r, so that -1 is as short as 1 and half of the
digits of a small negative number are zero too.  With `bits` wide windows, adding 2^(bits - 1) to every window but the
top one makes each digit (window of the sum) - 2^(bits - 1), in [-2^(bits - 1), 2^(bits - 1)); the top digit is what is
left, and not negative.  The carries of the usual recoding have happened in that one addition.

Source: the offset is that of Möller, "Algorithms for multi-exponentiation" (SAC 2001), section 3, with a constant.
"""

import numpy as np

from zk.fields import fr
from zk.fields.limbs import ONE_WORD, ZERO_WORD, adc, sbb, words
from zk.fields.prime import R
from zk.jit import inner, kernel

SCALAR_BITS = (R // 2).bit_length()

_R = words(R)
_HALF_R = words(R // 2)
_SIGN = np.uint64(1 << 63)  # bit 255 of a recoded scalar: its digits are to be negated


def windows(bits: int) -> int:
    """How many windows of this width a folded scalar has."""
    return -(-SCALAR_BITS // bits)


def offset(bits: int) -> int:
    """2^(bits - 1) in every window but the top one."""
    return sum(1 << (bits * i + bits - 1) for i in range(windows(bits) - 1))


def magnitudes(bits: int) -> list[int]:
    """The largest magnitude of a digit, for each window from the lowest."""
    top = (R // 2 + offset(bits)) >> (bits * (windows(bits) - 1))
    return [1 << (bits - 1)] * (windows(bits) - 1) + [top]


@inner
def _subtract(a, b):
    """a - b as words, and 1 when it is negative."""
    s0, borrow = sbb(a[0], b[0], ZERO_WORD)
    s1, borrow = sbb(a[1], b[1], borrow)
    s2, borrow = sbb(a[2], b[2], borrow)
    s3, borrow = sbb(a[3], b[3], borrow)
    return (s0, s1, s2, s3), borrow


@kernel
def recode(scalars, offset, recoded):
    """Fold each scalar below r, add the offset (a row of words), and mark in bit 255 the ones that were negated."""
    t = fr.load(offset, 0)
    for i in range(scalars.shape[0]):
        s, sign = fr.load(scalars, i), ZERO_WORD
        _, is_above = _subtract(_HALF_R, s)
        if is_above == ONE_WORD:
            s, _ = _subtract(_R, s)
            sign = _SIGN
        s0, carry = adc(s[0], t[0], ZERO_WORD)
        s1, carry = adc(s[1], t[1], carry)
        s2, carry = adc(s[2], t[2], carry)
        s3, carry = adc(s[3], t[3], carry)
        fr.store(recoded, i, (s0, s1, s2, s3 | sign))


@inner
def digit(recoded, index, window, bits, count):
    """Digit `window` of `count` of a recoded scalar."""
    shift = window * bits
    word, low = shift >> 6, np.uint64(shift & 63)
    top = recoded[index, 3] & ~_SIGN
    value = (recoded[index, word] if word < 3 else top) >> low
    if low and word < 3:
        value |= (recoded[index, word + 1] if word < 2 else top) << (np.uint64(64) - low)
    result = np.int64(value)
    if window < count - 1:
        result = np.int64(value & ((ONE_WORD << np.uint64(bits)) - ONE_WORD)) - (1 << (bits - 1))
    return -result if recoded[index, 3] & _SIGN else result
