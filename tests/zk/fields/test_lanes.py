"""Eight lanes agree with Python's integers at the extremes of every bound that zk/fields/lanes.py states.

Values are the numbers that lanes hold, from 0 to 2^260, not Montgomery forms of others; a product is a·b / 2^256.
"""

import itertools

import pytest
from hypothesis import given, settings, strategies

from tests.zk.fields import lanes
from tests.zk.fields.edges import corpus
from tests.zk.fields.lanes import BOTH, run
from zk.fields import limbs52, simd
from zk.fields.prime import MONTGOMERY

pytestmark = lanes.NEEDED

UNIT = 1 << 208  # one of the highest limb
EXCESS = 1 << 240  # of 2p+


def near(values: list[int]) -> list[int]:
    """The values and their neighbours."""
    return [v + d for v in values for d in (-1, 0, 1)]


def extremes(p: int, limit: int) -> list[int]:
    """Numbers below `limit` around which a comparison, a borrow or a carry changes."""
    tops = [(k * p // UNIT + d) * UNIT for k in range(1, 6) for d in (0, 1, 2)]
    multiples = [k * p + d for k in range(1, 6) for d in (0, UNIT, 3 * UNIT, 1 << 210)]
    ones = [(1 << bits) - 1 for bits in (52, 104, 156, 208, 253, 254, 255)]
    values = {*corpus(p), *near(tops), *near(multiples), *ones, limit - 1, limit // 2}
    return sorted(v for v in values if 0 <= v < limit)


def montgomery(a: int, b: int, p: int) -> int:
    """(a·b + m·p) / 2^256, which is a·b / 2^256 modulo p."""
    m = -a * b * pow(p, -1, MONTGOMERY) % MONTGOMERY
    return (a * b + m * p) // MONTGOMERY


def pairs(left: list[int], right: list[int]) -> tuple[list[int], list[int]]:
    """Every number on the left with every number on the right."""
    return tuple(map(list, zip(*itertools.product(left, right), strict=True)))


@BOTH
@pytest.mark.parametrize("excess", [0, UNIT, EXCESS])
def test_add_leaves_the_sum_of_both_excesses_or_2_210(field, excess):
    p = field.prime.modulus
    a, b = pairs(extremes(p, 2 * p + excess), extremes(p, 2 * p + excess))
    for x, y, result in zip(a, b, run(field, lanes.ADD, a, b), strict=True):
        assert (result - x - y) % p == 0 and 0 <= result < 2 * p + max(2 * excess, 1 << 210)
    for x, result in zip(a, run(field, lanes.DOUBLE, a, b), strict=True):
        assert (result - 2 * x) % p == 0 and 0 <= result < 2 * p + max(2 * excess, 1 << 210)


@BOTH
def test_thirty_additions_in_a_row_stay_below_2p_plus_2_240(field):
    p = field.prime.modulus
    starts = numbers = extremes(p, 2 * p + UNIT)
    for n in range(1, 31):
        numbers = run(field, lanes.DOUBLE, numbers, numbers)
        assert all(0 <= x < 2 * p + (1 << (209 + n)) for x in numbers)
    assert all((x - (s << 30)) % p == 0 for x, s in zip(numbers, starts, strict=True))
    assert max(numbers) >= 2 * p + (1 << 230), "excess does grow"


@BOTH
def test_sub_is_never_negative_and_leaves_an_excess_of_2_208(field):
    p = field.prime.modulus
    a, b = pairs(extremes(p, 2 * p + EXCESS), extremes(p, 3 * p + 1))
    for x, y, result in zip(a, b, run(field, lanes.SUB, a, b), strict=True):
        assert (result - x + y) % p == 0 and 0 <= result < max(2 * p + UNIT, x + 1)
    for x, result in zip(b, run(field, lanes.NEG, b, b), strict=True):
        assert (result + x) % p == 0 and 0 <= result <= 2 * p


@BOTH
def test_negating_a_number_with_an_excess_is_not_negative(field):
    """1 - 0 is 2p + 1 in lanes, and 2p less that would be -1, which the multiplication cannot take."""
    p = field.prime.modulus
    (one,) = run(field, lanes.SUB, [1], [0])
    (minus,) = run(field, lanes.NEG, [one], [0])
    assert one == 2 * p + 1 and minus == p - 1


@BOTH
def test_sub_small_adds_p_without_a_comparison(field):
    p = field.prime.modulus
    a, b = pairs(extremes(p, 4 * p), extremes(p, p + 1))
    assert p in b
    assert run(field, lanes.SUB_SMALL, a, b) == [x - y + p for x, y in zip(a, b, strict=True)]
    assert run(field, lanes.NEG_SMALL, b, a) == [p - y for y in b]


@BOTH
def test_products_are_exact_montgomery_products_within_the_stated_bounds(field):
    p = field.prime.modulus
    lazy, canonical = extremes(p, 2 * p + EXCESS), extremes(p, p)
    for left, right, bound in (
        (lazy, lazy, 176 * p // 100),
        (extremes(p, MONTGOMERY), canonical, 2 * p),
        ([0, 1, 2 * p, 264 * p // 100], [0, 1, 2 * p], 2 * p),
        (extremes(p, 528 * p // 100), canonical, 2 * p),
    ):
        a, b = pairs(left, right)
        expected = [montgomery(x, y, p) for x, y in zip(a, b, strict=True)]
        for operation in (lanes.MUL, lanes.MUL_INLINED):
            for operands in ((a, b), (b, a)):
                assert run(field, operation, *operands) == expected
        assert max(expected) < bound


@BOTH
def test_squares_are_exact_montgomery_squares(field):
    p = field.prime.modulus
    a = [*extremes(p, 229 * p // 100), 2 * p + EXCESS - 1]
    expected = [montgomery(x, x, p) for x in a]
    assert run(field, lanes.SQUARE, a, a) == run(field, lanes.SQUARE_INLINED, a, a) == expected
    assert max(expected) < 2 * p


@BOTH
def test_limbs_of_all_ones_overflow_no_column(field):
    """2^260 - 1 is above every bound on values; this is about columns alone."""
    p, ones = field.prime.modulus, (1 << 260) - 1
    operands = [ones, ones, 1, p - 1, ones >> 52, ones - (1 << 52) + 1]
    a, b = pairs(operands, operands)
    assert run(field, lanes.MUL, a, b) == [montgomery(x, y, p) for x, y in zip(a, b, strict=True)]
    assert run(field, lanes.SQUARE, operands, operands) == [montgomery(x, x, p) for x in operands]


def test_no_column_of_a_product_reaches_2_57():
    """The halves of a·b and of m·p are as large as 52 bits allow, and so is the carry from the column below."""
    largest_half, sums, carry = (1 << limbs52.LIMB_BITS) - 1, [0] * (2 * limbs52.LIMBS), 0
    for _, i, j in itertools.product(("a·b", "m·p"), range(limbs52.LIMBS), range(limbs52.LIMBS)):
        sums[i + j] += largest_half
        sums[i + j + 1] += largest_half
    for column in sums:
        assert column + carry < 1 << 57
        carry = column + carry >> limbs52.LIMB_BITS
    assert (1 << 57 + 4) + (1 << 57) < 1 << 63, "shifted into its place, a column is still a positive word"


@BOTH
def test_canonical_is_exact_below_5p(field):
    p = field.prime.modulus
    a = extremes(p, 5 * p)
    assert {k * p + d for k in range(1, 5) for d in (-1, 0, 1)} <= set(a) and 5 * p - 1 in a
    assert run(field, lanes.CANONICAL, a, a) == [x % p for x in a]


@BOTH
def test_the_inverse_of_every_representation_of_zero_is_zero_in_every_lane(field):
    p = field.prime.modulus
    square = MONTGOMERY**2 % p
    others = [3, p - 1, p + 5, 2 * p + UNIT - 1, 1, 2, 2 * p - 1, 7]
    for zero, place in itertools.product((0, p, 2 * p), range(simd.LANES)):
        a = [*others[:place], zero, *others[place + 1 :]]
        result = run(field, lanes.INVERSE, a, a)
        assert result == [square * pow(x, -1, p) % p if x % p else 0 for x in a]
    assert run(field, lanes.INVERSE, [0, p] * 4, [0] * 8) == [0] * 8


@BOTH
def test_conversion_to_montgomery_form_and_back_is_the_identity(field):
    p = field.prime.modulus
    a = extremes(p, 2 * p + EXCESS)
    there = run(field, lanes.TO_MONTGOMERY, a, a)
    assert all((x * MONTGOMERY - t) % p == 0 and 0 <= t < 2 * p for x, t in zip(a, there, strict=True))
    assert run(field, lanes.FROM_MONTGOMERY, there, there) == [x % p for x in a]
    whole = extremes(p, MONTGOMERY)
    assert run(field, lanes.FROM_MONTGOMERY, whole, whole) == [x * pow(MONTGOMERY, -1, p) % p for x in whole]


@BOTH
def test_constants_fill_every_lane(field):
    p = field.prime.modulus
    assert run(field, lanes.ONE, [0] * 8, [0] * 8) == [MONTGOMERY % p] * 8
    for value in corpus(p):
        assert lanes.constant(field, value) == [value] * 8


@BOTH
def test_may_be_zero_misses_no_zero_below_3p(field):
    p = field.prime.modulus
    a = extremes(p, 3 * p)
    result = lanes.may_be_zero(field, a)
    low = {(k * p) & ((1 << limbs52.LIMB_BITS) - 1) for k in range(3)}
    assert result == [x & ((1 << limbs52.LIMB_BITS) - 1) in low for x in a]
    assert all(is_zero for x, is_zero in zip(a, result, strict=True) if x % p == 0)
    assert not all(result)


@BOTH
def test_select_takes_each_lane_by_its_bit_of_the_mask(field):
    a, b = extremes(field.prime.modulus, MONTGOMERY)[:8], extremes(field.prime.modulus, MONTGOMERY)[-8:]
    for mask in range(256):
        expected = [x if mask >> lane & 1 else y for lane, (x, y) in enumerate(zip(a, b, strict=True))]
        assert lanes.select(field, mask, a, b) == expected


CLAIMS = {
    lanes.ADD: lambda a, b, p: a + b,
    lanes.DOUBLE: lambda a, b, p: 2 * a,
    lanes.SUB: lambda a, b, p: a - b,
    lanes.NEG: lambda a, b, p: -a,
    lanes.MUL: montgomery,
    lanes.SQUARE: lambda a, b, p: montgomery(a, a, p),
    lanes.CANONICAL: lambda a, b, p: a,
}


@BOTH
@settings(max_examples=100)
@given(data=strategies.data())
def test_every_operation_agrees_with_integers_on_any_lazy_numbers(field, data):
    """Each number is anywhere, or near a multiple of a unit of the highest limb, where the comparisons decide."""
    p = field.prime.modulus
    anywhere = strategies.integers(0, 2 * p + EXCESS - 1)
    units = strategies.integers(0, (2 * p + EXCESS) // UNIT - 1)
    near_units = strategies.builds(lambda k, d: max(0, k * UNIT + d), units, strategies.integers(-(2**64), 2**64))
    eight = strategies.lists(strategies.one_of(anywhere, near_units), min_size=8, max_size=8)
    a, b = data.draw(eight), data.draw(eight)
    for operation, claim in CLAIMS.items():
        for x, y, result in zip(a, b, run(field, operation, a, b), strict=True):
            assert (result - claim(x, y, p)) % p == 0
            assert 0 <= result < 2 * p + 2 * EXCESS
