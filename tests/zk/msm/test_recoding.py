"""Digits of scalars are small, add up to the scalar, and are few for a short one of either sign."""

import random

import numpy as np
import pytest

from zk.fields import array
from zk.fields.prime import R
from zk.msm import endomorphism, recoding, widths
from zk.runtime.jit import kernel

EDGE_SCALARS = [0, 1, 2, R - 1, R - 2, R // 2, R // 2 + 1, 2**253, 2**127, endomorphism.LAMBDA, R - endomorphism.LAMBDA]


@kernel
def read(recoded, windows, result):
    """result[k, level] = the digits of all scalars in one window, each as 2·magnitude + (1 if negative)."""
    for k in range(windows.shape[0]):
        for level in range(windows.shape[1]):
            recoding.read(recoded, windows[k, level], result[k, level])


def digits(recoded, windows):
    """(sets · levels, n) signed digits."""
    codes = np.empty((*windows.table.shape[:2], recoded.shape[1]), np.uint32)
    read(recoded, windows.table, codes)
    magnitudes = (codes >> 1).astype(np.int64)
    return np.where(codes & 1, -magnitudes, magnitudes).reshape(-1, recoded.shape[1])


def extremes(windows, greatest):
    """Numbers up to `greatest` in magnitude whose digits lie at both ends of their ranges, as many as possible."""
    halves = [int(half) << int(position) for position, _, half in windows.table.reshape(-1, 3)]
    sums = [sum(halves[first::step]) for step in (1, 2, 3) for first in range(step)]
    candidates = [total - most for total in sums for most in (*halves, 0)] + [half - 1 for half in halves]
    candidates += [greatest, greatest - 1, *(total & greatest for total in sums)]
    return [sign * n for n in candidates for sign in (1, -1) if abs(n) <= greatest]


def check_digits(result, windows, numbers, modulus):
    """Checks that the digits are no larger than the windows say, and add up to the numbers."""
    assert abs(result).max() <= windows.largest
    positions = windows.table[:, :, 0].reshape(-1).tolist()
    for number, row in zip(numbers, result.T.tolist(), strict=True):
        assert (sum(d << position for d, position in zip(row, positions, strict=True)) - number) % modulus == 0


@pytest.mark.parametrize("sets", [4, 5, 6, 7, 9, 16, 32])
def test_digits_are_small_and_add_up_to_the_scalar(sets):
    generator = random.Random(sets)
    windows = recoding.windows(64, 4, sets)
    scalars = EDGE_SCALARS + [generator.randrange(R) for _ in range(50)]
    scalars += [number % R for number in extremes(windows, R // 2)]
    recoded = np.empty((4, len(scalars)), np.uint64)
    assert recoding.recode(array.plain(scalars), array.plain([windows.offset]), recoded)
    result = digits(recoded, windows)
    check_digits(result, windows, scalars, R)
    assert not result[:, 0].any()
    assert [int(np.count_nonzero(result[:, i])) for i in (1, 3)] == [1, 1], "1 and -1 have one digit"


@pytest.mark.parametrize("sets", [8, 9, 11, 16, 32, 64])
def test_digits_of_halves_are_small_and_add_up_to_them(sets):
    bits = endomorphism.HALF_BITS
    windows = recoding.windows(bits + 1, 1, sets, bits)
    numbers = [0, 1, -1, *extremes(windows, (1 << bits) - 1)]
    recoded = np.empty((4, len(numbers)), np.uint64)
    signed_rows = array.plain([abs(number) | (number < 0) << 255 for number in numbers])
    recoding.add_offset(signed_rows, array.plain([windows.offset]), recoded)
    result = digits(recoded, windows)
    check_digits(result, windows, numbers, 1 << 256)
    assert [int(np.count_nonzero(result[:, i])) for i in range(3)] == [0, 1, 1]


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9])
def test_a_scalar_that_is_not_below_r_is_seen_wherever_it_stands(size):
    windows = recoding.windows(64, 4, 5)
    for place in range(size):
        scalars = [R - 1] * size
        scalars[place] = R
        recoded = np.empty((4, size), np.uint64)
        assert not recoding.recode(array.plain(scalars), array.plain([windows.offset]), recoded)
    assert recoding.recode(array.plain([R - 1] * size), array.plain([windows.offset]), np.empty((4, size), np.uint64))


def test_windows_are_few_where_most_scalars_are_zero():
    """Each set reads the digits of all scalars, and a thousand zeros take as long as some thirty others."""
    few = [len(widths.of_table(4, count, 7000).table) for count in (0, 1, 100)]
    assert max(few) <= 9 < len(widths.of_table(4, 0, 0).table)
    assert all(len(widths.of_table(4, n, n).table) == 5 for n in (1 << 13, 1 << 14))
