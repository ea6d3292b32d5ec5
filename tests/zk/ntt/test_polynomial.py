"""Columns of Montgomery words and of plain words: the same numbers, whatever length is left over beside the lanes."""

import pytest

from zk import entropy
from zk.fields import array, conversion
from zk.fields.prime import FR, R


@pytest.mark.parametrize("more", [0, 1, 3, 4, 5, 12, 13])
def test_plain_words_become_montgomery_words_and_come_back(more):
    numbers = [0, 1, R - 1, R - 2] + [entropy.scalar(R) for _ in range(more)]
    column = conversion.from_plain(FR, array.plain(numbers))
    assert array.decode(FR, column) == numbers and array.is_canonical(FR, column)
    assert array.from_plain(conversion.to_plain(FR, column)) == numbers
