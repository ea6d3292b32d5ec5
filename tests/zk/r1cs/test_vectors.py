"""Vectors of wires against integers, at the edges of every word."""

import numpy as np
import pytest

from tests.reference.qap import R
from zk.fields import array
from zk.fields.prime import FR
from zk.r1cs import vectors

EDGES = [0, 1, 2, R - 2, R - 1, 2**64 - 1, 2**64, 2**64 + 1, 2**128, 2**192 - 1, 2**253]


def test_differences_are_those_of_the_integers():
    pairs = [(a, b) for a in EDGES for b in EDGES]
    rows = [array.encode(FR, numbers) for numbers in zip(*pairs, strict=True)]
    result = np.empty_like(rows[0])
    vectors.subtract(*rows, result)
    assert array.decode(FR, result) == [(a - b) % R for a, b in pairs]


@pytest.mark.parametrize("too_large", [R, R + 1, R + 2**64, R + 2**128, R + 2**192, 2**254, 2**255 + 1, 2**256 - 1])
@pytest.mark.parametrize("place", [0, 5, len(EDGES)])
def test_one_row_that_is_not_below_the_modulus_is_found_wherever_it_stands(place, too_large):
    assert vectors.are_reduced(array.plain(EDGES)) and vectors.are_reduced(array.plain([]))
    assert not vectors.are_reduced(array.plain([*EDGES[:place], too_large, *EDGES[place:]]))


def test_rows_that_differ_in_any_word_are_counted():
    rows = np.arange(40, dtype=np.uint64).reshape(10, 4)
    assert vectors.count_different(rows, rows.copy()) == 0
    for word in range(4):
        other = rows.copy()
        other[[0, 3, 9], word] ^= np.uint64(1 << 63)
        assert vectors.count_different(rows, other) == vectors.count_different(other, rows) == 3
    assert vectors.count_different(rows, np.zeros_like(rows)) == 10 and vectors.count_different(rows[:0], rows[:0]) == 0
