"""What the report of `zksettle bench throughput` says of several runs."""

from prover.bench import throughput
from prover.bench.measure import Timing

RUNS_S, SPENT_S = (3.0, 2.0, 4.0), (4.4, 3.6, 3.2)


def test_the_rate_and_the_busy_cores_are_of_the_fastest_batch_and_processor_time_is_the_least():
    here = Timing("in this process", "8 at once", 8, 2, 5.0, RUNS_S, meters={throughput.PROCESSOR: SPENT_S})
    there = Timing("by the service", "8 at once", 8, 2, 5.0, RUNS_S)
    first, second = throughput._section([here, there]).rows
    assert (first["per_second"], first["processor_s"], first["busy_cores"]) == (4.0, 0.4, 1.8)
    assert (second["per_second"], second["processor_s"], second["busy_cores"]) == (4.0, None, None)


def test_each_warm_batch_has_its_processor_time():
    asked = []
    small, large = throughput._metered("here", asked.append, [2, 5], 3)
    assert asked == [2] * 4 + [5] * 4
    assert all(len(timing.meters[throughput.PROCESSOR]) == 3 for timing in (small, large))
