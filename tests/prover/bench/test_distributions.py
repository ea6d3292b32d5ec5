"""Quantiles and intervals are those of plain definitions, and cover what they say they cover."""

import math
import random
from itertools import product
from statistics import median, quantiles

import pytest

from prover.bench import distributions


@pytest.mark.parametrize("count", range(2, 12))
def test_quantiles_are_those_of_the_standard_library(count):
    runs = [random.Random(count).random() for _ in range(count)]
    ours = [distributions.quantile(runs, share) for share in (0.25, 0.5, 0.75)]
    assert ours == pytest.approx(quantiles(runs, n=4, method="inclusive"))
    assert distributions.quantile(runs, 0.5) == pytest.approx(median(runs))


@pytest.mark.parametrize("count", range(1, 13))
def test_an_interval_covers_the_median_as_often_as_it_says_and_is_the_narrowest(count):
    """Each run is below the median (0) or above it (1) with equal chance: every case is counted."""
    interval = distributions.of_median(range(count))
    covered = sum(
        sides[int(interval.low)] <= 0.5 <= sides[int(interval.high)]
        for sides in map(sorted, product((0, 1), repeat=count))
    )
    assert interval.coverage == pytest.approx(covered / 2**count)
    assert interval.low + interval.high == count - 1
    if count < 6:
        assert (interval.low, interval.high) == (0, count - 1) and interval.coverage < 0.95
    else:
        low, high = interval.low + 1, interval.high - 1
        narrower = sum(
            low <= high and sides[int(low)] <= 0.5 <= sides[int(high)]
            for sides in map(sorted, product((0, 1), repeat=count))
        )
        assert interval.coverage >= 0.95 > narrower / 2**count


def test_a_summary_keeps_the_order_of_its_values():
    summary = distributions.summary([5.0, 1.0, 4.0, 2.0, 3.0, 9.0, 8.0])
    places = [summary[key] for key in ("quarter_s", "median_s", "three_quarters_s", "p95_s", "max_s")]
    assert places == sorted(places) and places[1] == 4.0 and places[-1] == 9.0
    assert summary["low_s"] == 1.0 and summary["high_s"] == 9.0 and summary["coverage"] == pytest.approx(0.9844)


def test_a_ratio_lies_between_the_ends_of_both_intervals():
    now, then = [2.0] * 5 + [2.5] * 5, [1.0] * 5 + [1.25] * 5
    interval = distributions.ratio(now, then)
    assert (interval.low, interval.high) == (2.0 / 1.25, 2.5 / 1.0) and 0.95 <= interval.coverage < 1
    assert distributions.ratio([1.0], [1.0]).coverage == 0


@pytest.mark.parametrize("power", [1.0, 2.0, 0.5])
def test_the_exponent_of_exact_growth_is_found(power):
    runs = {size: [3 * size**power] * 8 for size in (10, 100, 1000)}
    estimate, interval = distributions.exponent(runs)
    assert (estimate, interval.low, interval.high) == pytest.approx((power, power, power))
    assert interval.coverage >= 0.95


def test_the_exponent_lies_between_the_steepest_and_the_flattest_growth_that_the_intervals_allow():
    runs = {1: [1.0, 2.0], 100: [100.0, 400.0]}
    estimate, interval = distributions.exponent(runs)
    assert interval.low == pytest.approx(math.log(100 / 2, 100))
    assert interval.high == pytest.approx(math.log(400 / 1, 100))
    assert estimate == pytest.approx(math.log(250 / 1.5, 100)) and interval.coverage == 0
