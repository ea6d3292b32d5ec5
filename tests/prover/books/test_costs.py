"""Costs at average and first in first out are those of plain double entry, to the last unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.books import costs
from prover.books.costs import Method
from tests.reference.doubleentry import CASH, GAINS, Books

AMOUNT = st.integers(-50, 50).filter(bool)
MOVES = st.lists(st.tuples(AMOUNT, st.integers(0, 1000)), max_size=12)


@pytest.mark.parametrize("method", Method)
@given(MOVES)
def test_a_position_is_what_double_entry_has(method, moves):
    position, plain = costs.Position(method), Books(is_fifo=method is Method.FIFO)
    realised = 0
    for quantity, price in moves:
        value = quantity * price // 3
        realised += position.move(quantity, value)
        plain.trades("ETH", quantity, value)
        has, cost, gained = plain.has("ETH"), plain.of("cost of ETH"), -plain.of(GAINS)
        assert (position.quantity, position.cost, realised) == (has, cost, gained)
    assert -plain.of(CASH) + realised == position.cost, "nothing is lost"


@pytest.mark.parametrize("method, realised, cost", [(Method.AVERAGE, 50, 250), (Method.FIFO, 100, 300)])
def test_what_was_bought_first_is_sold_first_or_all_costs_the_same(method, realised, cost):
    """Ten for 200 and ten for 300; ten are sold for 300, and ten are left."""
    position = costs.Position(method)
    assert position.move(10, 200) == position.move(10, 300) == 0
    assert (position.move(-10, -300), position.quantity, position.cost) == (realised, 10, cost)


@pytest.mark.parametrize("method", Method)
def test_who_sells_more_than_he_has_is_short_and_gains_when_it_falls(method):
    position = costs.Position(method)
    position.move(4, 40)
    assert position.move(-6, -90) == 20, "four of them cost 40 and brought 60"
    assert (position.quantity, position.cost) == (-2, -30)
    assert position.move(2, 10) == 20 and (position.quantity, position.cost) == (0, 0)


@pytest.mark.parametrize("method", Method)
def test_a_share_is_rounded_down_and_the_rest_keeps_what_is_left_over(method):
    position = costs.Position(method)
    position.move(3, 100)
    assert position.move(-1, -40) == 7 and position.cost == 67
    assert position.move(-2, -80) == 13 and position.cost == 0
