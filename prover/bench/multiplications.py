"""`zksettle bench msm`: multi-scalar multiplications with uniform scalars, on one thread and on all."""

from collections.abc import Sequence

from prover.bench import inputs
from prover.bench.measure import Timing, measure, on_threads, thread_counts
from prover.bench.report import Found

SIZES = (12, 14, 16, 18)


def bench(log_sizes: Sequence[int], runs: int) -> Found:
    """G1 and G2 over bases used once, for every size 2^k."""
    from zk import msm

    count = 1 << max(log_sizes)
    scalars = inputs.scalars(count)
    timings: list[Timing] = []
    for name, multiply, make in (("G1", msm.g1, inputs.points_g1), ("G2", msm.g2, inputs.points_g2)):
        points = make(count)
        for threads in thread_counts():
            with on_threads(threads):
                for log_size in log_sizes:
                    some, by = points[: 1 << log_size], scalars[: 1 << log_size]
                    timings.append(
                        measure(f"MSM in {name}", f"2^{log_size}", lambda: multiply(some, by), runs, 1 << log_size)
                    )
    return Found(timings)
