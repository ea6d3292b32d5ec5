"""Scalars as signed digits: each window of a scalar can be read without the ones below it.

A scalar s below r is first folded to |s'| <= r / 2 with s' = s or s - r, so that -1 is as short as 1 and half of the
digits of a small negative number are zero too.  A window of `width` bits gives a digit in [-2^(width-1), 2^(width-1)):
once 2^(width-1) is added to every window but the top one, each digit is (window of the sum) - 2^(width-1), and the
carries of the usual recoding have happened in that one addition.  The top digit is what is left, and not negative.

Source: the offset is that of Möller, "Algorithms for multi-exponentiation" (SAC 2001), section 3, with a constant.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zk.fields import memory
from zk.fields.prime import WORD_BITS, R
from zk.fields.words import ONE_WORD, ZERO_WORD, adc, sbb, words
from zk.runtime.jit import inner, kernel

SCALAR_BITS = (R // 2).bit_length()
SIGN_BIT = 255  # of a folded or recoded scalar: it, and so each of its digits, is to be negated

_R = words(R)
_HALF_R = words(R // 2)
_SIGN = np.uint64(1 << 63)


@dataclass(frozen=True)
class Windows:
    """Where the digits of a scalar are: it is cut into levels of `level_bits`, and each level into `sets` windows.

    `table` is int64 (sets, levels, 3): the window's position, its width, and what is subtracted from it.  `offset` is
    to be added to a folded scalar; `largest` is the largest magnitude of a digit.
    """

    level_bits: int
    table: np.ndarray
    offset: int
    largest: int


@lru_cache(maxsize=64)
def windows(level_bits: int, levels: int, sets: int, bits: int = SCALAR_BITS) -> Windows:
    """The windows for folded scalars of at most `bits` bits, which levels · level_bits exceed."""
    shares = [level_bits // sets + (k < level_bits % sets) for k in range(sets)]
    starts = [sum(shares[:k]) for k in range(sets)]
    table = np.zeros((sets, levels, 3), np.int64)
    for k in range(sets):
        for level in range(levels):
            table[k, level] = level * level_bits + starts[k], shares[k], 1 << (shares[k] - 1)
    top = int(table[-1, -1, 0])
    table[-1, -1, 1:] = min(SIGN_BIT - top, WORD_BITS - 1), 0
    offset = sum(int(half) << int(position) for position, _, half in table.reshape(-1, 3))
    highest = ((1 << bits) - 1 + offset) >> top
    table.flags.writeable = False
    return Windows(level_bits, table, offset, max(highest, int(table[:, :, 2].max())))


@inner
def _subtract(a, b):
    """a - b as words, and 1 when it is negative."""
    s0, borrow = sbb(a[0], b[0], ZERO_WORD)
    s1, borrow = sbb(a[1], b[1], borrow)
    s2, borrow = sbb(a[2], b[2], borrow)
    s3, borrow = sbb(a[3], b[3], borrow)
    return (s0, s1, s2, s3), borrow


@inner
def _folded(s):
    """A scalar below r as magnitude and sign."""
    _, is_above = _subtract(_HALF_R, s)
    if is_above == ONE_WORD:
        s, _ = _subtract(_R, s)
        return s[0], s[1], s[2], s[3] | _SIGN
    return s


@inner
def _offset_added(s, t):
    """The sum, whose sign bit stays that of s; the magnitudes leave it alone."""
    s0, carry = adc(s[0], t[0], ZERO_WORD)
    s1, carry = adc(s[1], t[1], carry)
    s2, carry = adc(s[2], t[2], carry)
    s3, _ = adc(s[3], t[3], carry)
    return s0, s1, s2, s3


@kernel
def recode(scalars, offset, recoded):
    """Fold each scalar and add the offset, a row of words.  Whether all scalars are below r, as they must be."""
    t, are_below = memory.load(offset, 0), ONE_WORD
    for i in range(scalars.shape[0]):
        s = memory.load(scalars, i)
        _, is_below = _subtract(s, _R)
        are_below &= is_below
        memory.store(recoded, i, _offset_added(_folded(s), t))
    return are_below == ONE_WORD


@kernel
def add_offset(folded, offset, recoded):
    """Add the offset, a row of words, to scalars folded before."""
    t = memory.load(offset, 0)
    for i in range(folded.shape[0]):
        memory.store(recoded, i, _offset_added(memory.load(folded, i), t))


@inner
def read(recoded, window, found):
    """found[i] = the digit in one window, a row of `Windows.table`, of scalar i."""
    position, width, half = window[0], window[1], window[2]
    word, low = position >> 6, np.uint64(position & 63)
    mask = (ONE_WORD << np.uint64(width)) - ONE_WORD
    is_within = np.int64(low) + width <= WORD_BITS
    for i in range(recoded.shape[0]):
        value = recoded[i, word] >> low
        if not is_within:
            value |= recoded[i, word + 1] << (np.uint64(WORD_BITS) - low)
        digit = np.int64(value & mask) - half
        found[i] = -digit if recoded[i, 3] & _SIGN else digit
