"""`zksettle bench msm`: multi-scalar multiplications with uniform scalars, on one thread and on all."""

from collections.abc import Callable, Sequence

import numpy as np

from prover.bench import inputs
from prover.bench.measure import Timing, measure, thread_counts
from prover.bench.report import Measurements
from prover.machine import tasks, threadcount


def bench(log_sizes: Sequence[int], runs: int) -> Measurements:
    """G1 and G2, for every size 2^k: over known points, as in a proving key, and over points used once."""
    from zk.msm import pippenger

    scalars = inputs.scalars(1 << max(log_sizes))
    timings: list[Timing] = []
    for name, start, once, make in (
        ("G1", pippenger.start_g1, pippenger.g1, inputs.points_g1),
        ("G2", pippenger.start_g2, pippenger.g2, inputs.points_g2),
    ):
        points = make(len(scalars))
        for log_size in log_sizes:
            timings += _one_size(name, start, once, points[: 1 << log_size], scalars[: 1 << log_size], runs)
    return Measurements(timings)


def _one_size(
    name: str, start: Callable, once: Callable, points: np.ndarray, scalars: np.ndarray, runs: int
) -> list[Timing]:
    from zk.msm import window_tables

    count = len(points)
    size = f"2^{count.bit_length() - 1}"
    with tasks.task(f"Making multiples of {count:,} points"):
        table = window_tables.table(points)
    timings = []
    for threads in thread_counts():
        with threadcount.limited_to(threads):
            timings += [
                measure(f"{name}, known points", size, lambda: start(table, scalars).result(), runs, count),
                measure(f"{name}, used once", size, lambda: once(points, scalars), runs, count),
            ]
    return timings
