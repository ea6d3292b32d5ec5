"""Signed-digit recoding of scalars, such that each window can be read without the ones below it.

A scalar s below r is first replaced by s' = s or s - r with |s'| <= r / 2, so that -1 is as short as 1 and a small
negative number has few nonzero digits too.  A window of `width` bits gives a digit in [-2^(width-1), 2^(width-1)):
after adding 2^(width-1) to every window, each digit is (window of the sum) - 2^(width-1), and that one addition has
done all carries of the usual recoding, and borrows of negative numbers.  The top window reaches so far up that what is
added there keeps the sum from becoming negative.

Recoded scalars are columns: word w of scalar i is recoded[w, i], so that digits of many scalars are read side by side.

Source: the offset is that of Möller, "Algorithms for multi-exponentiation" (SAC 2001), section 3, with a constant.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zk.fields import memory
from zk.fields.prime import WORD_BITS, WORDS, R
from zk.fields.words import ONE_WORD, ZERO_WORD, adc, sbb, select, words
from zk.runtime.jit import inlined, inner, kernel

SCALAR_BITS = (R // 2).bit_length()

_R = words(R)
_HALF_R = words(R // 2)
_SIGN = np.uint64(1 << 63)
_BITS = WORDS * WORD_BITS


@dataclass(frozen=True)
class Windows:
    """The positions of a scalar's digits: it is cut into levels of `level_bits`, and each level into `sets` windows.

    `table` is int64 (sets, levels, 3): a window's position, its width, and the number subtracted from it.  `offset` is
    added to a scalar before its windows are read.  `largest` is the largest magnitude of a digit.
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
    others = table.reshape(-1, 3)[:-1]
    below = sum(int(half) << int(position) for position, _, half in others)
    width = min(_BITS - top, WORD_BITS - 1)
    table[-1, -1, 1:] = width, 1 << (width - 1)
    greatest = (1 << bits) - 1
    largest = max(greatest + below >> top, -(below - greatest >> top), int(others[:, 2].max(initial=0)))
    table.flags.writeable = False
    return Windows(level_bits, table, below + (1 << (top + width - 1)), largest)


@inner
def _subtract(a, b):
    """a - b as words, and the borrow: 1 when it is negative."""
    s0, borrow = sbb(a[0], b[0], ZERO_WORD)
    s1, borrow = sbb(a[1], b[1], borrow)
    s2, borrow = sbb(a[2], b[2], borrow)
    s3, borrow = sbb(a[3], b[3], borrow)
    return (s0, s1, s2, s3), borrow


@inner
def _add(a, b):
    """a + b modulo 2^256."""
    s0, carry = adc(a[0], b[0], ZERO_WORD)
    s1, carry = adc(a[1], b[1], carry)
    s2, carry = adc(a[2], b[2], carry)
    s3, _ = adc(a[3], b[3], carry)
    return s0, s1, s2, s3


@inner
def _store(recoded, i, a):
    """Writes column i."""
    for w in range(WORDS):
        recoded[w, i] = a[w]


@kernel
def recode(scalars: np.ndarray, offset: np.ndarray, recoded: np.ndarray) -> bool:
    """recoded[:, i] = s or s - r, whichever is shorter, plus the offset, for scalar s.  Whether all scalars are < r."""
    t, are_below = memory.load(offset, 0), ONE_WORD
    t_less_r, _ = _subtract(t, _R)
    for i in range(scalars.shape[0]):
        s = memory.load(scalars, i)
        _, is_below = _subtract(s, _R)
        are_below &= is_below
        _, is_above = _subtract(_HALF_R, s)
        _store(recoded, i, _add(s, select(is_above, t_less_r, t)))
    return are_below == ONE_WORD


@kernel
def add_offset(signed: np.ndarray, offset: np.ndarray, recoded: np.ndarray) -> None:
    """recoded[:, i] = signed[i] plus the offset, for scalars in sign-magnitude form with the sign in bit 255."""
    t = memory.load(offset, 0)
    for i in range(signed.shape[0]):
        s0, s1, s2, s3 = memory.load(signed, i)
        magnitude = s0, s1, s2, s3 & ~_SIGN
        less, _ = _subtract(t, magnitude)
        _store(recoded, i, select(s3 >> np.uint64(63), less, _add(t, magnitude)))


@inlined
def _signed(digit):
    """2·magnitude + (1 if negative)."""
    return 2 * abs(digit) + (digit < 0)


@inner
def read(recoded, window, digits):
    """digits[i] = 2·magnitude + (1 if negative), of the digit of scalar i in a window, a row of `Windows.table`."""
    position, width, half = window[0], window[1], window[2]
    low, mask = np.uint64(position & 63), (ONE_WORD << np.uint64(width)) - ONE_WORD
    column = recoded[position >> 6]
    if np.int64(low) + width <= WORD_BITS:
        for i in range(column.shape[0]):
            digits[i] = _signed(np.int64(column[i] >> low & mask) - half)
    else:
        above, high = recoded[(position >> 6) + 1], np.uint64(WORD_BITS) - low
        for i in range(column.shape[0]):
            digits[i] = _signed(np.int64((column[i] >> low | above[i] << high) & mask) - half)
