"""Bits and choices, exhaustively over a toy field."""

import itertools

from circuits.gadgets import boolean
from tests.circuits.exhaustive import Toy

P = 11


def test_bit_accepts_exactly_zero_and_one():
    toy = Toy(lambda b, x: [boolean.bit(b, x, "bit").signal], 1, P)
    assert toy.accepted() == {(0, 0), (1, 1)}
    assert toy.idle() == []


def test_select_returns_the_chosen_signal():
    def gadget(b, choice, x, y):
        return [boolean.select(b, boolean.bit(b, choice, "bit"), x, y)]

    toy = Toy(gadget, 3, P)
    assert toy.accepted() == {(c, x, y, y if c else x) for c in (0, 1) for x in range(P) for y in range(P)}
    assert toy.idle() == []


def test_select_four_returns_the_chosen_signal():
    def gadget(b, low, high, *choices):
        return [boolean.select_four(b, boolean.bit(b, low, "bit"), boolean.bit(b, high, "bit"), choices)]

    toy = Toy(gadget, 6, 3)
    bits = itertools.product((0, 1), repeat=2)
    expected = {
        (low, high, *four, four[low + 2 * high])
        for low, high in bits
        for four in itertools.product(range(3), repeat=4)
    }
    assert toy.accepted() == expected
    assert toy.idle() == []


def test_not_zero_accepts_everything_but_zero():
    def gadget(b, x):
        boolean.not_zero(b, x, "not zero")
        return []

    toy = Toy(gadget, 1, P)
    assert toy.accepted() == {(x,) for x in range(1, P)}
    assert toy.idle() == []
