"""`zksettle bench kernels`: what proofs and their checks are made of, each measured alone, on one thread."""

from collections.abc import Callable
from functools import partial

import numpy as np

from circuits import generators, records
from prover.bench import checking, inputs
from prover.bench.measure import Timing, measure
from prover.bench.report import Measurements
from prover.machine import threadcount
from zk import entropy
from zk.curves import babyjubjub, bn254
from zk.hashes import poseidon

ELEMENTS = 1 << 10
ROUNDS = 128  # operations in registers for each element
INVERSIONS = 2
POINTS = 1 << 14
HASHES = 1 << 10
EXCHANGES = 1 << 12


def bench(runs: int) -> Measurements:
    """Field operations, additions of points, a pairing check, the host's Python operations, and a ledger's checks."""
    with threadcount.limited_to(1):
        parts = (fields, _additions, _pairing, _hashes, _exchanges, _host, checking.bench)
        return Measurements([timing for part in parts for timing in part(runs)])


def fields(runs: int) -> list[Timing]:
    """The operations that the cost model counts."""
    from zk import microbench
    from zk.ntt import polynomial

    one, other = (inputs.of_fp(ELEMENTS).reshape(-1, 1, 4) for _ in range(2))
    pairs, others = (inputs.of_fp(2 * ELEMENTS).reshape(-1, 1, 2, 4) for _ in range(2))
    column, factors = inputs.of_fr(POINTS), inputs.of_fr(POINTS)
    scalar, by = inputs.of_fr(ELEMENTS), inputs.of_fr(ELEMENTS)
    lanes = f"{microbench.STEP // 2} lane{'s' if microbench.STEP > 2 else ''}"

    def loop(name: str, size: str, work: Callable, *arrays: np.ndarray, rounds: int = ROUNDS) -> Timing:
        return measure(name, size, lambda: work(*arrays, rounds), runs, len(arrays[0]) * rounds)

    return [
        loop("Fp product", lanes, microbench.products, one, other),
        loop("Fp square", lanes, microbench.squares, one),
        loop("Fp sum", lanes, microbench.additions, one, other),
        loop("Fp product, alone", "1 lane", microbench.products_alone, one, other, rounds=ROUNDS // 8),
        loop("Fp2 product", lanes, microbench.products, pairs, others),
        loop("Fp2 square", lanes, microbench.squares, pairs),
        loop("Fp2 product, alone", "1 lane", microbench.products_alone, pairs, others, rounds=ROUNDS // 8),
        loop("Fr product", lanes, microbench.scalar_products, scalar, by),
        loop("Fr product by a factor", lanes, microbench.factor_products, scalar, by),
        loop("Fp inverse", "1 lane", microbench.inverses, one, rounds=INVERSIONS),
        measure("Fr product, in memory", f"{POINTS:,} rows", lambda: polynomial.product(column, factors, column), runs,
                POINTS),
    ]  # fmt: skip


def _additions(runs: int) -> list[Timing]:
    """Affine additions with shared inversions, of points gathered in random order."""
    from zk.msm import group_sums

    entries = 2 * np.array(entropy.shuffled(range(POINTS)), np.int32)
    starts = np.arange(0, POINTS + 1, 2)
    timings = []
    for name, make in (("G1 addition", inputs.points_g1), ("G2 addition", inputs.points_g2)):
        points = make(POINTS)
        work = partial(group_sums.sum_groups, points, entries, starts)
        timings.append(measure(name, f"{POINTS:,} points", work, runs, POINTS // 2))
    return timings


def _pairing(runs: int) -> list[Timing]:
    from zk import pairing

    pairs = [(bn254.G1, bn254.G2), (bn254.negate(bn254.G1), bn254.G2)] * 2
    return [measure("pairing check", "4 pairs", lambda: pairing.product_is_one(pairs), runs)]


def _hashes(runs: int) -> list[Timing]:
    """Poseidon of two elements by the kernels: one hash, and many in lanes."""
    from zk.hashes import batch

    many = inputs.of_fr(2 * HASHES).reshape(HASHES, 2, 4)
    return [
        measure("Poseidon", "2 inputs, single", lambda: batch.hash_many(many[:1]), runs),
        measure("Poseidon", f"2 inputs, {HASHES:,} at once", lambda: batch.hash_many(many), runs, HASHES),
    ]


def _exchanges(runs: int) -> list[Timing]:
    """What a wallet's sync does for each leaf."""
    from zk.curves import curve25519

    private, width = entropy.token(curve25519.KEY_BYTES), curve25519.KEY_BYTES
    points = np.frombuffer(entropy.token(EXCHANGES * width), np.uint8).reshape(-1, width)
    work = partial(curve25519.shared_secrets, private, points)
    return [measure("X25519", f"{EXCHANGES:,} points, one key", work, runs, EXCHANGES)]


def _host(runs: int) -> list[Timing]:
    four = tuple(range(records.ARITY))
    secret, blinding = entropy.scalar(babyjubjub.ORDER), generators.blinding()
    return [
        measure("Poseidon", "4 inputs, host", lambda: poseidon.hash(four), runs),
        measure("Baby Jubjub multiple", "251 bits, host", lambda: babyjubjub.multiply(secret, blinding), runs),
    ]
