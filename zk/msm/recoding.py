"""Signed-digit recoding of scalars, such that each window can be read without the ones below it.

A scalar s below r is first replaced by s' = s or s - r with |s'| <= r / 2, in sign-magnitude form, so that -1 is as
short as 1 and a small negative number has few nonzero digits too.  A window of `width` bits gives a digit in
[-2^(width-1), 2^(width-1)): after adding 2^(width-1) to every window but the top one, each digit is (window of the sum)
- 2^(width-1), and that one addition has done all carries of the usual recoding.  The top digit is the rest, which is
not negative.

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
SIGN_BIT = 255  # set when the scalar is negative, and so each of its digits is to be negated

_R = words(R)
_HALF_R = words(R // 2)
_SIGN = np.uint64(1 << 63)


@dataclass(frozen=True)
class Windows:
    """The positions of a scalar's digits: it is cut into levels of `level_bits`, and each level into `sets` windows.

    `table` is int64 (sets, levels, 3): a window's position, its width, and the number subtracted from it.  `offset` is
    added to the magnitude of a scalar before its windows are read.  `largest` is the largest magnitude of a digit.
    """

    level_bits: int
    table: np.ndarray
    offset: int
    largest: int


@lru_cache(maxsize=64)
def windows(level_bits: int, levels: int, sets: int, bits: int = SCALAR_BITS) -> Windows:
    """The windows for magnitudes of at most `bits` bits, which must be less than levels · level_bits."""
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
    """a - b as words, and the borrow: 1 when it is negative."""
    s0, borrow = sbb(a[0], b[0], ZERO_WORD)
    s1, borrow = sbb(a[1], b[1], borrow)
    s2, borrow = sbb(a[2], b[2], borrow)
    s3, borrow = sbb(a[3], b[3], borrow)
    return (s0, s1, s2, s3), borrow


@inner
def _sign_magnitude(s):
    """A scalar below r as s or s - r, whichever is shorter, in sign-magnitude form."""
    _, is_above = _subtract(_HALF_R, s)
    if is_above == ONE_WORD:
        s, _ = _subtract(_R, s)
        return s[0], s[1], s[2], s[3] | _SIGN
    return s


@inner
def _add_offset(s, t):
    """The magnitude of s plus t.  The sign bit stays: the sum of the magnitudes does not reach it."""
    s0, carry = adc(s[0], t[0], ZERO_WORD)
    s1, carry = adc(s[1], t[1], carry)
    s2, carry = adc(s[2], t[2], carry)
    s3, _ = adc(s[3], t[3], carry)
    return s0, s1, s2, s3


@kernel
def recode(scalars: np.ndarray, offset: np.ndarray, recoded: np.ndarray) -> bool:
    """recoded[i] = scalar i in sign-magnitude form plus the offset, a row of words.  Whether all scalars are < r."""
    t, are_below = memory.load(offset, 0), ONE_WORD
    for i in range(scalars.shape[0]):
        s = memory.load(scalars, i)
        _, is_below = _subtract(s, _R)
        are_below &= is_below
        memory.store(recoded, i, _add_offset(_sign_magnitude(s), t))
    return are_below == ONE_WORD


@kernel
def add_offset(signed: np.ndarray, offset: np.ndarray, recoded: np.ndarray) -> None:
    """recoded[i] = signed[i] plus the offset, a row of words, for scalars in sign-magnitude form."""
    t = memory.load(offset, 0)
    for i in range(signed.shape[0]):
        memory.store(recoded, i, _add_offset(memory.load(signed, i), t))


@inner
def read(recoded, window, digits):
    """digits[i] = the digit of scalar i in a window, which is a row of `Windows.table`."""
    position, width, half = window[0], window[1], window[2]
    word, low = position >> 6, np.uint64(position & 63)
    mask = (ONE_WORD << np.uint64(width)) - ONE_WORD
    is_within = np.int64(low) + width <= WORD_BITS
    for i in range(recoded.shape[0]):
        value = recoded[i, word] >> low
        if not is_within:
            value |= recoded[i, word + 1] << (np.uint64(WORD_BITS) - low)
        digit = np.int64(value & mask) - half
        digits[i] = -digit if recoded[i, 3] & _SIGN else digit
