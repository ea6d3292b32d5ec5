"""The cost model: the number of field products in each phase of a proof, times the time of one product in registers.

zk/README.md derives the counts.  They are exact for one proof: they come from its key and from the digits of its own
scalars.  The model omits memory, sorting, additions and the host, so the measured time is above it; the ratio shows how
far a phase is from the limit of the multiplier.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from prover.bench import kernels
from zk.fields import array
from zk.fields.prime import FR
from zk.groth16.provingkey import ProvingKey

ADDITION_PRODUCTS, ADDITION_SQUARES = 5, 1  # zk/msm/batch_affine.py: three of the products are the shared inversion
RUNNING_PRODUCTS = 14  # in a general addition in XYZZ coordinates, zk/curves/weierstrass.py
MIXED_PRODUCTS, DOUBLING_PRODUCTS = 10, 9  # in one of an affine point, and in a doubling
JOINING_ADDITIONS = 17  # of the segments of a running sum, zk/msm/weighted_sums.py
RATES = (
    "Fp product", "Fp square", "Fp product, alone", "Fp2 product", "Fp2 square", "Fp2 product, alone", "Fr product",
    "Fr product by a factor",
)  # fmt: skip
RUNS = 5


@dataclass(frozen=True)
class Cost:
    """How many of each operation in RATES a phase performs."""

    counts: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: "Cost") -> "Cost":
        names = {*self.counts, *other.counts}
        return Cost({name: self.counts.get(name, 0) + other.counts.get(name, 0) for name in names})

    @property
    def products(self) -> int:
        """The number of products and squares in Fp or Fr.  An Fp2 product counts as three, an Fp2 square as two."""
        weights = {"Fp2 product": 3, "Fp2 product, alone": 3, "Fp2 square": 2}
        return round(sum(count * weights.get(name, 1) for name, count in self.counts.items()))

    def seconds(self, rates: Mapping[str, float]) -> float:
        """The time of all operations at these rates, in seconds."""
        return sum(count * rates[name] for name, count in self.counts.items())


def rates() -> dict[str, float]:
    """Seconds for each operation in RATES on this machine, measured now on one thread."""
    return {timing.name: timing.each_s for timing in kernels.fields(RUNS) if timing.name in RATES}


def costs(key: ProvingKey, witness: np.ndarray) -> dict[str, Cost]:
    """The cost of each phase that consists of products, by its name in zk/groth16/prover.py and quotient.py."""
    from zk.fields import conversion
    from zk.groth16 import provingtables, quotient

    size, rows = 1 << key.log_size, provingtables.of(key).products
    plain = conversion.to_plain(FR, witness)
    of_b = plain[key.b_indices]
    return {
        "sparse products": Cost({"Fr product": rows.terms}),
        "transforms": Cost({"Fr product by a factor": size * (3 * key.log_size + 2), "Fr product": 2 * size}),
        "plain scalars": Cost({"Fr product": key.num_wires}),
        "MSM B": multiplication(key.b_g2_query, of_b, "Fp2") + multiplication(key.b_g1_query, of_b, "Fp"),
        "MSM H": multiplication(key.h_query, quotient.evaluate(key, witness), "Fp"),
        "MSM C": multiplication(key.l_query, plain[key.num_public + 1 :], "Fp"),
        "MSM A": multiplication(key.a_query, plain[key.a_indices], "Fp"),
    }


def multiplication(table: np.ndarray, scalars: np.ndarray, field_name: str) -> Cost:
    """The cost of a multi-scalar multiplication over a table (levels, n, …) of known points."""
    from zk.msm import widths

    windows = widths.of_scalars(len(table), scalars)
    entries, buckets = nonzero_digits(scalars, windows)
    sets, side = len(windows.table), np.sqrt(windows.largest)
    additions = (entries - buckets) + 2 * buckets
    in_lanes = 2 * side * sets * (MIXED_PRODUCTS + RUNNING_PRODUCTS)
    doublings = max(0, 3 * np.log2(side) - 4)
    alone = sets * (JOINING_ADDITIONS * RUNNING_PRODUCTS + doublings * DOUBLING_PRODUCTS)
    return Cost({
        f"{field_name} product": ADDITION_PRODUCTS * additions + in_lanes,
        f"{field_name} square": ADDITION_SQUARES * additions,
        f"{field_name} product, alone": alone,
    })  # fmt: skip


def nonzero_digits(scalars: np.ndarray, windows) -> tuple[int, int]:
    """The number of non-zero digits and of buckets that they fall into, over all sets of windows."""
    from zk.msm import recoding

    recoded = np.empty(scalars.shape[::-1], np.uint64)
    recoding.recode(np.require(scalars, requirements=["C", "W"]), array.plain([windows.offset]), recoded)
    entries = buckets = 0
    for levels in windows.table:
        magnitudes = np.abs(np.concatenate([_read(recoded, *map(int, window)) for window in levels]))
        counts = np.bincount(magnitudes)
        entries += int(counts[1:].sum())
        buckets += int(np.count_nonzero(counts[1:]))
    return entries, buckets


def _read(recoded: np.ndarray, position: int, width: int, half: int) -> np.ndarray:
    """The digits of one window, as zk.msm.recoding reads them."""
    word, low = divmod(position, 64)
    values = recoded[word] >> np.uint64(low)
    if low + width > 64:
        values |= recoded[word + 1] << np.uint64(64 - low)
    return (values & np.uint64((1 << width) - 1)).astype(np.int64) - half
