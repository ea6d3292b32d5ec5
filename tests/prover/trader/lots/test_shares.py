"""Shares add up to what was divided, and no two of them differ by more than one unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.trader.lots import shares
from zk.errors import FormatError

AMOUNTS = st.lists(st.integers(-(2**64), 2**64), min_size=1, max_size=16)


@given(AMOUNTS, st.integers(1, 32))
def test_nothing_is_lost_and_nothing_is_made(total, count):
    divided = shares.shares(total, count)
    assert len(divided) == count
    for amount, parts in zip(total, zip(*divided, strict=True), strict=True):
        assert sum(parts) == amount and max(parts) - min(parts) <= 1


def test_a_lot_that_would_sell_or_buy_nothing_is_refused():
    assert shares.of_order((-9, 0, 3), 3) == [(-3, 0, 1)] * 3
    with pytest.raises(FormatError, match="too small for 4 lots"):
        shares.of_order((-9, 0, 3), 4)


def test_a_minimum_fill_says_how_many_lots_there_can_be():
    assert [shares.count_for(10, minimum, 31) for minimum in (1, 2, 3, 4, 5, 6, 10)] == [10, 5, 3, 2, 2, 1, 1]
    assert shares.count_for(1_000, 1, 31) == 31
    assert min(lot[0] for lot in shares.shares([10], shares.count_for(10, 3, 31))) >= 3
    with pytest.raises(FormatError, match="smaller than its minimum fill"):
        shares.count_for(9, 10, 31)


CHANGES = st.lists(st.integers(-(2**63), 2**63).filter(lambda a: abs(a) > 31 or a == 0), min_size=2, max_size=4).filter(
    lambda changes: sum(map(bool, changes)) > 1
)


@given(CHANGES, st.integers(2, 31))
def test_the_lots_of_an_order_are_the_order_at_one_price(changes, count):
    lots = shares.of_order(changes, count)
    assert tuple(map(sum, zip(*lots, strict=True))) == tuple(changes)
    base = shares.coarsest(changes)
    for lot in lots:
        for amount, whole in zip(lot, changes, strict=True):  # |lot's amount − lot's base · price| < 1
            assert abs(amount * changes[base] - lot[base] * whole) < abs(changes[base])
        assert all(shares.are_alike(lot, other) for other in lots)


def test_another_price_another_asset_or_another_side_is_not_alike():
    lot = (-3_000_000_000, 0, 1_000_000_000)
    assert shares.are_alike(lot, (-6_000_000_001, 0, 2_000_000_000)), "one unit of rounding"
    assert shares.are_alike(lot, (-1_500_000_000, 0, 500_000_000))
    for other in (
        (-6_000_000_100, 0, 2_000_000_000), (-6_000_000_000, 0, 2_000_000_003), (6_000_000_000, 0, -2_000_000_000),
        (-3_000_000_000, 1_000_000_000, 0), (-3_000_000_000, 1, 1_000_000_000), (-3_000_000_000, 0, 0),
    ):  # fmt: skip
        assert not shares.are_alike(lot, other) and not shares.are_alike(other, lot), other
    assert not shares.are_alike((0, 0, 0), (0, 0, 0))


def test_what_cannot_be_divided_finely_sets_the_size_of_the_lots():
    """Ten buildings at 1,000.000001 USDC each, in four lots: whole ones, and each at its price."""
    assert shares.of_order((10_000_000_010, -10), 4) == [
        (2_000_000_002, -2), (3_000_000_003, -3), (2_000_000_002, -2), (3_000_000_003, -3)
    ]  # fmt: skip
