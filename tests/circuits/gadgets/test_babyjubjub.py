"""Curve arithmetic in a circuit: exhaustively over a toy curve, and equal to the host's over Baby Jubjub."""

import itertools

import pytest

from circuits.frontend.builder import Builder
from circuits.gadgets import babyjubjub as gadgets
from circuits.gadgets import boolean
from circuits.gadgets.babyjubjub import CurvePoint
from tests.circuits.exhaustive import Toy, evaluate
from tests.reference import babyjubjub as slow
from zk.curves import babyjubjub
from zk.curves.edwards import Edwards
from zk.fields.prime import R

P, A, D = 13, 1, 2  # 1 is a square and 2 is not: the addition is complete
TOY = Edwards(P, A, D)
POINTS = [(x, y) for x in range(P) for y in range(P) if (A * x * x + y * y - 1 - D * x * x * y * y) % P == 0]
BASE = max(POINTS, key=lambda point: len({slow.multiply(n, point, P, A, D) for n in range(40)}))


def toy_sum(left, right):
    return slow.add(left, right, P, A, D)


def bits_of(b, signals):
    return [boolean.bit(b, x, "bit") for x in signals]


def number(bits):
    return sum(bit << i for i, bit in enumerate(bits))


def test_the_toy_curve_has_enough_points():
    assert len(POINTS) >= 8 and (0, 1) in POINTS and BASE != (0, 1)


def test_on_curve_accepts_exactly_the_points():
    def gadget(b, x, y):
        gadgets.on_curve(b, x, y, "on the curve", curve=TOY)
        return []

    toy = Toy(gadget, 2, P)
    assert toy.accepted() == set(POINTS)
    assert toy.idle() == []


def test_addition_accepts_only_the_sum_for_every_pair_of_points():
    def gadget(b, x1, y1, x2, y2):
        total = gadgets.add(b, CurvePoint(x1, y1), CurvePoint(x2, y2), curve=TOY)
        return [total.x, total.y]

    toy = Toy(gadget, 4, P, [(*left, *right) for left in POINTS for right in POINTS])
    assert toy.accepted() == {(*left, *right, *toy_sum(left, right)) for left in POINTS for right in POINTS}
    assert len(toy.constraints) == 6 and toy.idle() == []


@pytest.mark.parametrize("fixed", POINTS)
def test_adding_a_fixed_point_accepts_only_the_sum(fixed):
    def gadget(b, x, y):
        total = gadgets.add(b, gadgets.constant(b, fixed, curve=TOY), CurvePoint(x, y), curve=TOY)
        return [total.x, total.y]

    toy = Toy(gadget, 2, P, POINTS)
    assert toy.accepted() == {(*point, *toy_sum(fixed, point)) for point in POINTS}
    assert len(toy.constraints) <= 3


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_a_fixed_base_accepts_only_the_start_plus_its_multiple(width):
    def gadget(b, *bits):
        total = gadgets.add_fixed(b, gadgets.constant(b, POINTS[2], curve=TOY), bits_of(b, bits), BASE, curve=TOY)
        return [total.x, total.y]

    cases = list(itertools.product((0, 1), repeat=width))
    toy = Toy(gadget, width, P, cases)
    expected = {(*bits, *toy_sum(POINTS[2], slow.multiply(number(bits), BASE, P, A, D))) for bits in cases}
    assert toy.accepted() == expected


def test_doubling_accepts_only_the_double_of_every_point():
    def gadget(b, x, y):
        doubled = gadgets.double(b, CurvePoint(x, y), curve=TOY)
        return [doubled.x, doubled.y]

    toy = Toy(gadget, 2, P, POINTS)
    assert toy.accepted() == {(*point, *toy_sum(point, point)) for point in POINTS}
    assert len(toy.constraints) == 5 and toy.idle() == []


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_variable_base_accepts_only_its_multiple(width):
    """Also where a window's multiple is the identity, its own opposite, or the sum so far."""

    def gadget(b, x, y, *bits):
        total = gadgets.multiply(b, bits_of(b, bits), CurvePoint(x, y), curve=TOY)
        return [total.x, total.y]

    cases = [(*point, *bits) for point in POINTS for bits in itertools.product((0, 1), repeat=width)]
    toy = Toy(gadget, 2 + width, P, cases)
    expected = {(*case, *slow.multiply(number(case[2:]), case[:2], P, A, D)) for case in cases}
    assert toy.accepted() == expected


def test_equal_accepts_exactly_equal_coordinates():
    def gadget(b, x, y, u, v):
        gadgets.equal(b, CurvePoint(x, y), u, v, "same point")
        return []

    toy = Toy(gadget, 4, 3)
    assert toy.accepted() == {(x, y, x, y) for x in range(3) for y in range(3)}
    assert toy.idle() == []


SCALARS = [0, 1, 7, 8, babyjubjub.ORDER - 1, (1 << 251) - 1, 0x123456789ABCDEF << 180]
BITS = 251


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_fixed_base_over_fr_gives_the_multiple_of_the_host(scalar):
    def gadget(b, *bits):
        start = gadgets.constant(b, babyjubjub.IDENTITY)
        total = gadgets.add_fixed(b, start, bits_of(b, bits), babyjubjub.BASE8)
        return [total.x, total.y]

    values, satisfied = evaluate(gadget, [scalar >> i & 1 for i in range(BITS)], R)
    assert tuple(values) == babyjubjub.multiply(scalar, babyjubjub.BASE8) and satisfied


@pytest.mark.parametrize("scalar", [*SCALARS, 2, 3, (1 << 250) + 5])
def test_a_variable_base_over_fr_gives_the_multiple_of_the_host(scalar):
    point = babyjubjub.hash_to_curve(b"some point")

    def gadget(b, x, y, *bits):
        total = gadgets.multiply(b, bits_of(b, bits), gadgets.on_curve(b, x, y, "on the curve"))
        return [total.x, total.y]

    values, satisfied = evaluate(gadget, [*point, *(scalar >> i & 1 for i in range(BITS))], R)
    assert tuple(values) == babyjubjub.multiply(scalar, point) and satisfied


@pytest.mark.parametrize("point", [babyjubjub.IDENTITY, (0, R - 1), babyjubjub.GENERATOR])
def test_a_variable_base_of_any_order_has_no_exception(point):
    """The identity, the point of order 2, and one of order 8 l: complete addition divides by zero for none."""

    def gadget(b, x, y, *bits):
        total = gadgets.multiply(b, bits_of(b, bits), gadgets.on_curve(b, x, y, "on the curve"))
        return [total.x, total.y]

    scalar = (1 << 251) - 1
    values, satisfied = evaluate(gadget, [*point, *(scalar >> i & 1 for i in range(BITS))], R)
    assert tuple(values) == slow.multiply(scalar, point) and satisfied


def test_a_variable_base_of_251_bits_costs_what_the_gadget_says():
    b = Builder(R)
    x, y, *signals = (b.private(f"x{i}") for i in range(2 + BITS))
    bits = bits_of(b, signals)
    before = len(b.rows)
    gadgets.multiply(b, bits, CurvePoint(x, y))
    assert len(b.rows) - before == 2763
