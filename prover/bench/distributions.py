"""What the runs of a measurement say: quantiles, and an interval that covers the median.

The interval lies between two of the runs themselves.  Of n independent runs, each is below the true median with
probability 1/2, so the k-th smallest and the k-th largest have it between them with probability

    1 - 2 P(Binomial(n, 1/2) < k),

whatever the distribution of times is.  Fewer than six runs cannot reach 95 %: then the interval is from the least to
the most, and its coverage says how much it is worth.  (David and Nagaraja, "Order Statistics", section 7.1.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import comb, inf
from statistics import median
from typing import Any

import numpy as np

PROCESSOR_TIME = "processor_s"  # among meters
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Two ends, and the probability that what was estimated is between them."""

    low: float
    high: float
    coverage: float


def quantile(runs: Sequence[float], share: float) -> float:
    """The value below which this share of the runs is, interpolated between two of them."""
    return float(np.quantile(runs, share))


def of_median(runs: Sequence[float], level: float = LEVEL) -> Interval:
    """The narrowest interval between a k-th smallest and a k-th largest run that covers the median with this level."""
    ordered, count = sorted(runs), len(runs)
    below = accumulate(comb(count, k) / 2**count for k in range((count + 1) // 2))
    coverages = [1 - 2 * tail for tail in below]  # of k = 1, 2, …
    place = max((k for k, coverage in enumerate(coverages) if coverage >= level), default=0)
    return Interval(ordered[place], ordered[-1 - place], coverages[place])


def summary(runs: Sequence[float]) -> dict[str, float]:
    """The fields of a report that describe the runs, in seconds, and the coverage of its interval."""
    interval = of_median(runs)
    return {
        "quarter_s": round(quantile(runs, 0.25), 9),
        "median_s": round(quantile(runs, 0.5), 9),
        "three_quarters_s": round(quantile(runs, 0.75), 9),
        "p95_s": round(quantile(runs, 0.95), 9),
        "max_s": round(max(runs), 9),
        "low_s": round(interval.low, 9),
        "high_s": round(interval.high, 9),
        "coverage": round(interval.coverage, 4),
    }


def ratio(over: Sequence[float], under: Sequence[float]) -> Interval:
    """The ends that the ratio of two medians has at most, from the interval of each.

    It is false only where one of the two is, so its coverage is at least their sum less one.
    """
    one, other = (of_median(runs, (1 + LEVEL) / 2) for runs in (over, under))
    coverage = max(0.0, one.coverage + other.coverage - 1)
    return Interval(one.low / other.high, one.high / other.low, coverage)


def exponent(runs_by_size: Mapping[int, Sequence[float]]) -> tuple[float, Interval]:
    """The e for which the median grows as size^e, by least squares in logarithms, and the ends that it has at most.

    The estimate is a weighted sum of the logarithms of the medians, so each end takes the end of every median that its
    weight asks for.  The coverage is at least one less what each interval may miss.
    """
    sizes = np.log(np.array(list(runs_by_size), float))
    weights = (sizes - sizes.mean()) / ((sizes - sizes.mean()) ** 2).sum()
    level = 1 - (1 - LEVEL) / len(sizes)
    intervals = [of_median(runs, level) for runs in runs_by_size.values()]
    middles = np.log([quantile(runs, 0.5) for runs in runs_by_size.values()])
    lows, highs = (np.log([getattr(interval, end) for interval in intervals]) for end in ("low", "high"))
    low = float((weights * np.where(weights > 0, lows, highs)).sum())
    high = float((weights * np.where(weights > 0, highs, lows)).sum())
    coverage = max(0.0, 1 - sum(1 - interval.coverage for interval in intervals))
    return float((weights * middles).sum()), Interval(low, high, coverage)


def runs_of(timing: Mapping[str, Any]) -> list[float]:
    """The runs that a timing of a report lists; none in a report of an earlier version."""
    return list(timing.get("runs_s", ()))


def processor_ratio(over: object, under: object) -> float | None:
    """The ratio of the median processor times among the meters of two timings; None where either has none.

    A report's file may hold anything: what is no list of numbers is no time.
    """
    medians = []
    for meters in (over, under):
        values = meters.get(PROCESSOR_TIME) if isinstance(meters, Mapping) else None
        times = [v for v in values if isinstance(v, float) and 0 < v < inf] if isinstance(values, list | tuple) else []
        medians.append(median(times) if times else None)
    top, bottom = medians
    return None if top is None or bottom is None else round(top / bottom, 3)
