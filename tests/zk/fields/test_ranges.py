"""No column overflows, whatever the limbs: the instructions of products, on ranges of words instead of words.

A range is all that a word may be, given what its operands may be.  So this holds for every input, found or not.
"""

from typing import NamedTuple

import pytest

from zk.fields import fp2_lanes, limbs52
from zk.fields.limbs52 import LIMB_BITS, LIMBS, MASK
from zk.fields.prime import FP, FR

LAZY_TOP = (2 * FP.modulus + (1 << 240) >> 208) + 1  # the highest limb of a lazy number
FIT_TO_SETTLE = 1 << 62


class Range(NamedTuple):
    least: int
    most: int


ANY_LIMB = Range(0, MASK)


class Ranges:
    """An `Emitter` of ranges, which refuses sums and shifts that a signed word cannot hold."""

    def constant(self, value):
        return Range(value, value)

    def add(self, a, b):
        return self._word(a.least + b.least, a.most + b.most)

    def sub(self, a, b):
        return self._word(a.least - b.most, a.most - b.least)

    def left(self, a, bits):
        return self._word(a.least << bits, a.most << bits)

    def signed_right(self, a, bits):
        return Range(a.least >> bits, a.most >> bits)

    def bit_and(self, a, mask):
        return a if a.least >= 0 and a.most <= mask.most else Range(0, mask.most)

    def low_product(self, a, b, c):
        b, c = self._operand(b), self._operand(c)
        return self._word(a.least, a.most + min(b.most * c.most, MASK))

    def high_product(self, a, b, c):
        b, c = self._operand(b), self._operand(c)
        return self._word(a.least + (b.least * c.least >> LIMB_BITS), a.most + (b.most * c.most >> LIMB_BITS))

    def less(self, a, b):
        return None

    def select(self, mask, a, b):
        return Range(min(a.least, b.least), max(a.most, b.most))

    def _operand(self, a):
        return self.bit_and(a, Range(MASK, MASK))

    def _word(self, least, most):
        assert -(1 << 63) <= least <= most < 1 << 63, "a word overflows"
        return Range(least, most)


def number(prime):
    """The limbs of a modulus, and whatever -1/p mod 2^52 may be."""
    return [Range(int(limb), int(limb)) for limb in limbs52.limbs(prime.modulus)], ANY_LIMB


@pytest.mark.parametrize("prime", [FP, FR], ids=lambda prime: prime.name)
@pytest.mark.parametrize("top", [LAZY_TOP, MASK], ids=["lazy numbers", "any limbs"])
def test_products_and_what_is_taken_from_them_overflow_no_word(prime, top):
    emit, (p, inverse) = Ranges(), number(prime)
    a, lazy = ([ANY_LIMB] * (LIMBS - 1) + [Range(0, highest)] for highest in (top, LAZY_TOP))
    for columns in (limbs52.product_columns(emit, a, a), limbs52.square_columns(emit, a)):
        settled(emit, limbs52.reduced_columns(emit, columns, p, inverse), p, lazy)


def test_products_in_fp2_and_what_is_taken_from_them_overflow_no_word():
    emit, (p, _) = Ranges(), number(FP)
    lazy = [ANY_LIMB] * (LIMBS - 1) + [Range(0, LAZY_TOP)]
    a = [lazy, lazy]
    for halves in (fp2_lanes._product_columns(emit, a, a, p), fp2_lanes._square_columns(emit, a, p)):
        for half in halves:
            settled(emit, half, p, lazy)


def settled(emit, columns, p, lazy):
    """Checks that two lazy numbers may be taken from these columns, and that the rest fits into `limbs52.settle`."""
    less = [emit.sub(column, emit.add(limb, limb)) for column, limb in zip(columns, lazy, strict=True)]
    for rest in (columns, less):
        assert all(-FIT_TO_SETTLE < column.least <= column.most < FIT_TO_SETTLE for column in rest)
        limbs52.settle(emit, rest, p, may_be_below=True, may_be_above=True)
