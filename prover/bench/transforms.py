"""`zksettle bench ntt`: transforms over Fr, each on one thread, as in a proof."""

from collections.abc import Sequence
from functools import partial

from prover.bench import inputs
from prover.bench.measure import Timing, measure
from prover.bench.report import Measurements
from prover.machine import threadcount


def bench(log_sizes: Sequence[int], runs: int) -> Measurements:
    """Transforms of 2^k points: from coefficients to values on the odd coset, and from values to coefficients."""
    from zk.ntt import ntt

    timings: list[Timing] = []
    with threadcount.limited_to(1):
        for log_size in log_sizes:
            over, column, size = ntt.domain(log_size), inputs.of_fr(1 << log_size), f"2^{log_size}"
            for name, transform in (("NTT to the coset", ntt.forward_coset), ("inverse NTT", ntt.inverse)):
                timings.append(measure(name, size, partial(transform, over, column), runs, over.size))
    return Measurements(timings)
