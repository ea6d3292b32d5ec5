"""Ranges, exhaustively over a toy field and at the edges of Fr."""

import pytest

from circuits.frontend.builder import Builder
from circuits.gadgets import ranges
from tests.circuits.exhaustive import Toy, evaluate
from zk.fields.prime import R


def gadget(width):
    def build(b, x):
        return [bit.signal for bit in ranges.ranged(b, x, width=width, why="range").bits]

    return build


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_range_accepts_exactly_its_numbers_with_their_bits(width):
    toy = Toy(gadget(width), 1, 31)
    assert toy.accepted() == {(x, *(x >> i & 1 for i in range(width))) for x in range(1 << width)}
    assert toy.idle() == []


def test_a_width_that_allows_two_decompositions_is_refused():
    with pytest.raises(AssertionError, match="two decompositions"):
        ranges.ranged(b := Builder(31), b.private("x"), width=5, why="range")


@pytest.mark.parametrize("width", [64, 65, 131, 251])
def test_the_edges_of_a_range_over_fr(width):
    top = 1 << width
    for x in (0, 1, top - 1, top, top + 1, R - 2, R - 1):
        bits, satisfied = evaluate(gadget(width), [x], R)
        inside = x < top
        assert satisfied == inside
        assert not inside or sum(bit << i for i, bit in enumerate(bits)) == x


@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_signed_range_accepts_its_numbers_and_its_highest_bit_is_the_sign(width):
    def build(b, x):
        shifted = ranges.signed(b, x, width=width, why="range")
        return [shifted.signal, shifted.bits[-1].signal]

    half = 1 << width - 1
    toy = Toy(build, 1, 31)
    assert toy.accepted() == {(x % 31, x + half, int(x >= 0)) for x in range(-half, half)}
    assert toy.idle() == []
