"""The lots that come nearest to an amount: against every subset, one by one."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.trader.lots import sums

SIZES = st.lists(st.one_of(st.integers(1, 12), st.integers(1, 10**19)), max_size=10)


def every_subset(sizes, amount, limit):
    """The best subset of all, by looking at all: the largest sum, then the fewest lots, then the first ones."""
    best = (0, 0, ())
    for count in range(min(limit, len(sizes)) + 1):
        for places in combinations(range(len(sizes)), count):
            total = sum(sizes[place] for place in places)
            if total <= amount:
                best = min(best, (-total, count, places))
    return best[2]


@given(SIZES, st.integers(0, 40), st.integers(0, 10))
def test_it_is_the_best_of_all_subsets(sizes, amount, limit):
    assert sums.largest(sizes, amount, limit) == every_subset(sizes, amount, limit)


@given(SIZES, st.randoms(use_true_random=False))
def test_a_sum_that_some_lots_have_is_met_exactly(sizes, random):
    chosen = [size for size in sizes if random.random() < 0.5]
    assert sum(sizes[place] for place in sums.largest(sizes, sum(chosen))) == sum(chosen)


def test_thirty_one_lots_of_which_no_two_subsets_are_alike():
    sizes = [1 << place for place in range(31)]
    assert sums.largest(sizes, 0b1010110011100011110000111110101) == tuple(
        place for place in range(31) if 0b1010110011100011110000111110101 >> place & 1
    )
    assert sums.largest([*[10**9] * 30, 999_999_999], 4 * 10**9 - 1) == (0, 1, 2, 30)
    assert len(sums.largest([5] * 31, 1_000)) == 31


def test_more_lots_than_a_bundle_has_room_for_are_a_fault_of_ours():
    with pytest.raises(AssertionError):
        sums.largest([1] * 32, 5)
    with pytest.raises(AssertionError):
        sums.largest([1, 0], 5)
