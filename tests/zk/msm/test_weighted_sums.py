"""Σ (i + 1)·bucket_i is right whatever is in the buckets: nothing, the same point everywhere, or points that cancel.

Points come from `fixed_base` and their logarithms, as in tests/zk/msm/test_group_sums.py.
"""

import random

import numpy as np
import pytest

from tests.zk.msm.test_group_sums import BOTH, distinct
from zk.curves import weierstrass
from zk.fields import array
from zk.fields.prime import R
from zk.msm import weighted_sums
from zk.runtime.jit import kernel

SIZES = [1, 2, 63, 64, 65, 66, 72, 73, 255, 256, 257, 1000]


@kernel
def run(buckets, result):
    weierstrass.store_xyzz(result, 0, weighted_sums.weighted_sum(buckets))


def check(group, logarithms: list[int]) -> None:
    """Checks the sum for buckets with these logarithms."""
    buckets = group.make(array.plain([k % R for k in logarithms]))
    result = np.empty((1, 4, *buckets.shape[2:]), np.uint64)
    run(buckets, result)
    affine = np.empty_like(buckets[:1])
    weierstrass.normalise(result, affine)
    wanted = sum((i + 1) * k for i, k in enumerate(logarithms)) % R
    assert (affine == group.make(array.plain([wanted]))).all()


@BOTH
@pytest.mark.parametrize("size", SIZES)
def test_distinct_points_in_any_number_of_buckets(group, size):
    check(group, distinct(size))


@BOTH
@pytest.mark.parametrize("size", [64, 65, 130, 256, 300])
def test_nothing_in_all_buckets_or_all_but_one(group, size):
    check(group, [0] * size)
    for place in {0, 1, 7, 8, 9, size // 2, size - 9, size - 2, size - 1}:
        check(group, [5 if i == place else 0 for i in range(size)])


@BOTH
@pytest.mark.parametrize("size", [65, 256, 300])
def test_points_that_are_equal_or_cancel(group, size):
    check(group, [3] * size)
    check(group, [3 if i % 2 else -3 for i in range(size)])
    check(group, [7 if i < size // 2 else -7 for i in range(size)])
    check(group, [11 if (i // 16) % 2 else -11 for i in range(size)])
    check(group, [0 if i % 3 else 2 for i in range(size)])


@BOTH
def test_small_logarithms_at_random_where_sums_meet_often(group):
    generator = random.Random(3)
    for size in (65, 70, 144, 200, 256):
        for most in (1, 2, 3):
            check(group, [generator.randint(-most, most) for _ in range(size)])
