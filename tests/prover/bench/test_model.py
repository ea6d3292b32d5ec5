"""The cost model agrees with a slow count of digits and buckets, and with the README."""

import re
from pathlib import Path

import numpy as np
import pytest

from prover.bench import inputs, model
from zk import entropy
from zk.fields import array
from zk.fields.prime import R
from zk.msm import widths

LEVELS = 4
README = Path(__file__).parents[3] / "zk" / "README.md"


def slow_digits(scalar: int, windows) -> list[list[int]]:
    """The digits of a scalar in each set of windows, by integer arithmetic."""
    value = (scalar if scalar <= R // 2 else scalar - R) + windows.offset
    return [
        [(value >> int(position) & (1 << int(width)) - 1) - int(half) for position, width, half in levels]
        for levels in windows.table
    ]


@pytest.mark.parametrize("numbers", [
    [0, 1, R - 1, 2, R - 2, R // 2, R // 2 + 1, 1 << 63, 1 << 64, (1 << 128) - 1, 1 << 192, 1 << 253],
    [entropy.scalar(R) for _ in range(100)],
    [entropy.scalar(1 << 20) for _ in range(100)],
])  # fmt: skip
def test_digits_and_buckets_match_a_slow_count(numbers):
    scalars = array.plain(numbers)
    windows = widths.of_scalars(LEVELS, scalars)
    slow = [slow_digits(number, windows) for number in numbers]
    entries = [[d for digits in slow for d in digits[k] if d] for k in range(len(windows.table))]
    buckets = sum(len(set(map(abs, digits))) for digits in entries)
    assert model.nonzero_digits(scalars, windows) == (sum(map(len, entries)), buckets)


def test_the_digits_sum_to_the_scalar():
    numbers = [entropy.scalar(R) for _ in range(20)]
    windows = widths.of_scalars(LEVELS, array.plain(numbers))
    for number in numbers:
        digits = [d for level in slow_digits(number, windows) for d in level]
        positions = [int(window[0]) for levels in windows.table for window in levels]
        assert sum(d << p for d, p in zip(digits, positions, strict=True)) % R == number


def test_an_fp2_product_counts_as_three_and_is_timed_as_one():
    cost = model.Cost({"Fp2 product": 2, "Fp2 square": 1, "Fp product": 4})
    assert cost.products == 2 * 3 + 2 + 4
    assert cost.seconds({"Fp2 product": 1.0, "Fp2 square": 0.5, "Fp product": 0.25}) == 3.5


def test_a_longer_multiplication_costs_more_and_zeros_cost_nothing():
    table, scalars = np.empty((LEVELS, 64, 2, 4), np.uint64), inputs.scalars(64)
    some = scalars.copy()
    some[::2] = 0
    assert model.multiplication(table, some, "Fp").products < model.multiplication(table, scalars, "Fp").products


def test_the_example_in_the_readme_is_right():
    """Uniform scalars, n = 2^14: the numbers of sets, digits and buckets, and of additions for each point."""
    scalars = inputs.scalars(1 << 14)
    sets = len(widths.of_scalars(LEVELS, scalars).table)
    entries, buckets = model.nonzero_digits(scalars, widths.of_scalars(LEVELS, scalars))
    example = re.search(r"S = (\d+), D = ([\d,]+) and K = ([\d,]+): (\d+) additions", README.read_text("utf-8"))
    expected = [int(number.replace(",", "")) for number in example.groups()]
    assert expected[0] == sets and expected[3] == round((entries + buckets) / (1 << 14))
    assert abs(entries - expected[1]) < 200 and abs(buckets - expected[2]) < 300


def test_the_readme_gives_the_counts_of_the_model():
    text = README.read_text("utf-8")
    assert "(3k + 2) N by precomputed factors" in text and "5 (D + K) and D + K squares" in text
    assert (model.ADDITION_PRODUCTS, model.ADDITION_SQUARES) == (5, 1)
    named = {row.split("|")[1].strip() for row in text.splitlines() if row.startswith("| ")}
    assert {"sparse products", "transforms", "plain scalars"} <= named
