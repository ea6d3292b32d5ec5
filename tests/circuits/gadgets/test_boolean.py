"""Bits and choices, exhaustively over a toy field."""

import itertools

import pytest

from circuits.frontend.builder import Builder
from circuits.gadgets import boolean
from tests.circuits.exhaustive import Toy, evaluate
from zk.fields.prime import R

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


@pytest.mark.parametrize("width, modulus", [(0, 11), (1, 5), (2, 3)])
def test_select_among_returns_the_chosen_signal(width, modulus):
    def gadget(b, *signals):
        bits = [boolean.bit(b, x, "bit") for x in signals[:width]]
        return [boolean.select_among(b, bits, signals[width:])]

    toy = Toy(gadget, width + (1 << width), modulus)
    expected = {
        (*bits, *choices, choices[sum(bit << i for i, bit in enumerate(bits))])
        for bits in itertools.product((0, 1), repeat=width)
        for choices in itertools.product(range(modulus), repeat=1 << width)
    }
    assert toy.accepted() == expected
    assert toy.idle() == []


def test_a_choice_among_eight_over_fr():
    def gadget(b, *signals):
        bits = [boolean.bit(b, x, "bit") for x in signals[:3]]
        return [boolean.select_among(b, bits, signals[3:])]

    for n in range(8):
        values, satisfied = evaluate(gadget, [n & 1, n >> 1 & 1, n >> 2, *range(10, 18)], R)
        assert values == [10 + n] and satisfied


def test_choices_that_do_not_fit_the_bits_are_refused():
    b = Builder(P)
    with pytest.raises(AssertionError):
        boolean.select_among(b, [boolean.bit(b, b.private("x"), "bit")], [b.one] * 3)


def test_is_zero_accepts_exactly_its_answer():
    toy = Toy(lambda b, x: [boolean.is_zero(b, x, "zero").signal], 1, P)
    assert toy.accepted() == {(x, int(x == 0)) for x in range(P)}
    assert toy.idle() == []


def test_not_zero_accepts_everything_but_zero():
    def gadget(b, x):
        boolean.not_zero(b, x, "not zero")
        return []

    toy = Toy(gadget, 1, P)
    assert toy.accepted() == {(x,) for x in range(1, P)}
    assert toy.idle() == []
