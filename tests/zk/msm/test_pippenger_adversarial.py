"""Inputs meant to break multi-scalar multiplication: equal and opposite points in one bucket in every round, level and
half, scalars next to every window boundary, and sizes at which the choice of windows changes.

Points come from `fixed_base` and their logarithms; the expected sum is the generator times the sum of the logarithms.
"""

import itertools
import random
from types import SimpleNamespace

import numpy as np
import pytest

from zk.curves import bn254
from zk.fields import array
from zk.fields.prime import R
from zk.msm import endomorphism, fixed_base, pippenger, recoding, widths, window_tables

GROUPS = [
    SimpleNamespace(name="G1", generator=bn254.G1, once=pippenger.g1, start=pippenger.start_g1, make=fixed_base.g1),
    SimpleNamespace(name="G2", generator=bn254.G2, once=pippenger.g2, start=pippenger.start_g2, make=fixed_base.g2),
]
BOTH = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
LIMIT = {"G1": 5000, "G2": 600}  # points; over G2 a point takes three times as long


def check(group, logarithms: list[int], scalars: list[int]) -> None:
    """Checks that both kinds of multiplication give Σ scalar·logarithm times the generator."""
    points, plain = group.make(array.plain([k % R for k in logarithms])), array.plain([s % R for s in scalars])
    expected = bn254.multiply(sum(k * s for k, s in zip(logarithms, scalars, strict=True)) % R, group.generator)
    assert group.once(points, plain) == expected, "points used once"
    assert group.start(window_tables.table(points), plain).result() == expected, "points that have a table"


def changes(limit: int) -> list[int]:
    """The numbers of points at which the choice of windows changes, with a table or without."""

    def chosen(count: int) -> tuple[int, int]:
        known = widths.cheapest(window_tables.LEVEL_BITS, window_tables.LEVELS, count, recoding.SCALAR_BITS)
        once = widths.cheapest(endomorphism.HALF_BITS + 1, 1, 2 * count, endomorphism.HALF_BITS)
        return len(known.table), len(once.table)

    return [count for count in range(1, limit) if chosen(count) != chosen(count - 1)]


@BOTH
def test_sizes_around_every_change_of_windows_are_right(group):
    generator = random.Random(1)
    counts = changes(LIMIT[group.name])
    assert len(counts) >= 5
    for count in sorted({count + d for count in counts for d in (-1, 0)}):
        logarithms, scalars = ([generator.randrange(R) for _ in range(count)] for _ in range(2))
        check(group, logarithms, scalars)


@BOTH
def test_scalars_beside_every_power_of_two_are_right_alone_and_together(group):
    scalars = [sign * (1 << k) + d for k in range(254) for d in (-1, 0, 1) for sign in (1, -1)]
    check(group, [1] * len(scalars), scalars)
    check(group, list(range(1, len(scalars) + 1)), scalars)
    point = group.make(array.plain([1]))
    tables = window_tables.table(point)
    for scalar in scalars[:: 1 if group.name == "G1" else 7]:
        expected, plain = bn254.multiply(scalar % R, group.generator), array.plain([scalar % R])
        assert group.once(point, plain) == expected and group.start(tables, plain).result() == expected


ORDERS = {
    "sorted": sorted,
    "sorted downwards": lambda scalars: sorted(scalars, reverse=True),
    "all equal": lambda scalars: scalars[:1] * len(scalars),
    "only 0, 1 and -1": lambda scalars: [s % 3 - 1 for s in scalars],
    "short": lambda scalars: [s >> 246 for s in scalars],
    "short and negative": lambda scalars: [-(s >> 246) for s in scalars],
    "64 bits": lambda scalars: [s >> 190 for s in scalars],
    "one large among zeros": lambda scalars: [*scalars[:1], *[0] * (len(scalars) - 1)],
    "one zero among large": lambda scalars: [0, *scalars[1:]],
    "largest": lambda scalars: [R - 1 - i for i in range(len(scalars))],
    "about half of r": lambda scalars: [R // 2 - len(scalars) // 2 + i for i in range(len(scalars))],
}


@BOTH
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("points", ["all different", "all equal", "all equal up to sign", "identities among them"])
def test_scalars_in_any_order_on_points_of_any_kind_are_right(group, order, points):
    generator = random.Random(len(order))
    for count in (64, 600 if group.name == "G1" else 150):
        logarithms = {
            "all different": [generator.randrange(R) for _ in range(count)],
            "all equal": [7] * count,
            "all equal up to sign": [generator.choice((7, -7)) for _ in range(count)],
            "identities among them": [generator.choice((0, 0, 5, generator.randrange(R))) for _ in range(count)],
        }[points]
        check(group, logarithms, ORDERS[order]([generator.randrange(R) for _ in range(count)]))


@BOTH
@pytest.mark.parametrize("pattern", [(1,), (1, -1), (1, 1, -1, -1), (1, 1, 1, -1), (1, 0), (0, 1, -1), (1, 2, -3)])
def test_one_bucket_that_doubles_or_cancels_in_every_round_is_right(group, pattern):
    for count in (2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 64, 127, 128, 129, 256):
        logarithms = list(itertools.islice(itertools.cycle(pattern), count))
        for scalar in (1, -1, 3, R // 3):
            check(group, logarithms, [scalar] * count)


@BOTH
def test_points_that_meet_their_own_negatives_through_the_scalar_are_right(group):
    """s·P - s·P, and (-s)·(-P) + s·P: digits of opposite sign fall into one bucket."""
    for s in (1, 2, R // 2, R // 2 + 1, 2**127, 2**200 + 12345):
        for count in (1, 8, 40):
            check(group, [9, 9] * count, [s, -s] * count)
            check(group, [9, -9] * count, [s, -s] * count)
            check(group, [9, -9] * count, [s, s] * count)


@BOTH
def test_points_that_are_images_of_each_other_are_right(group):
    """λ·P is the image of P under the endomorphism, so P with scalar λ s and λ P with s are one point in one bucket."""
    root, other = endomorphism.LAMBDA, pow(endomorphism.LAMBDA, 2, R)
    for s in (1, -1, 5, 2**64, 2**126 + 1, R // 7):
        check(group, [1, root, other], [s, s, s])
        check(group, [1, root, other] * 20, [root * s % R, s, other * s % R] * 20)
        check(group, [root, 1] * 33, [s, -root * s % R] * 33)


@BOTH
def test_points_that_are_levels_of_each_other_are_right(group):
    """2^64·P is a row of P's table, so P with scalar 2^64 s and 2^64·P with s are one point in one bucket."""
    shifted = [1 << window_tables.LEVEL_BITS * level for level in range(window_tables.LEVELS)]
    for s in (1, -1, 12345, 2**63 - 1):
        for a, b in itertools.product(shifted, repeat=2):
            check(group, [a, b] * 9, [b * s, a * s] * 9)
            check(group, [a, b] * 9, [b * s, -a * s] * 9)


@BOTH
def test_neither_points_nor_scalars_are_changed(group):
    points, scalars = group.make(array.plain(range(1, 41))), array.plain([R - 1 - k for k in range(40)])
    table = window_tables.table(points)
    before = [np.copy(each) for each in (points, scalars, table)]
    group.once(points, scalars), group.start(table, scalars).result()
    assert all((x == y).all() for x, y in zip(before, (points, scalars, table), strict=True))
