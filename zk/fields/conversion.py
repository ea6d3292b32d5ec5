"""Plain words to Montgomery words and back, whole arrays at once, for both primes.

Montgomery multiplication a·b / 2^256 by the constant 2^512 mod p makes plain words Montgomery words, and by 1 the other
way.  So one kernel with another constant does both.  1 mul a row.
"""

from collections.abc import Callable

import numpy as np

from zk.fields import lanes, memory, montgomery
from zk.fields.limbs52 import LIMB_BITS, limbs
from zk.fields.prime import FP, FR, MONTGOMERY, Prime
from zk.fields.words import words
from zk.runtime import cpu
from zk.runtime.jit import by_width, inlined, inner, kernel

LANES = cpu.LANES


@inner
def _mul_words(for_words, for_lanes, a):
    """a·factor / 2^256, below p."""
    factor, p, negative_inverse = for_words
    return montgomery.mul(a, factor, p, negative_inverse)


@inlined
def _mul_lanes(for_words, for_lanes, a):
    """a·factor / 2^256 in each lane, below p."""
    factor, p, twice_p, negative_inverse = for_lanes
    return lanes.canonical(lanes.mul(a, lanes.broadcast(factor), p, negative_inverse), p, twice_p)


_mul = by_width(_mul_words, _mul_lanes)


def _kernel(prime: Prime, factor: int) -> Callable[[np.ndarray, np.ndarray], None]:
    """A kernel that multiplies rows by a constant; it closes over numbers only."""
    p, negative_inverse = prime.modulus, -pow(prime.modulus, -1, MONTGOMERY) % MONTGOMERY
    for_words = words(factor), words(p), words(negative_inverse)[0]
    for_lanes = limbs(factor), limbs(p), limbs(2 * p), np.uint64(negative_inverse % (1 << LIMB_BITS))

    @kernel
    def convert(rows: np.ndarray, result: np.ndarray) -> None:
        whole = rows.shape[0] // LANES * LANES
        for i in range(0, whole, LANES):
            memory.store_lanes(result, i, 1, _mul(for_words, for_lanes, memory.load_lanes(rows, i, 1)))
        for i in range(whole, rows.shape[0]):
            memory.store(result, i, _mul(for_words, for_lanes, memory.load(rows, i)))

    return convert


_TO_PLAIN = {prime: _kernel(prime, 1) for prime in (FP, FR)}
_FROM_PLAIN = {prime: _kernel(prime, MONTGOMERY**2 % prime.modulus) for prime in (FP, FR)}


def to_plain(prime: Prime, rows: np.ndarray, result: np.ndarray | None = None) -> np.ndarray:
    """Plain words of Montgomery words, (…, 4), written to `result` when it is given, which must be contiguous."""
    return _converted(_TO_PLAIN[prime], rows, result)


def from_plain(prime: Prime, rows: np.ndarray, result: np.ndarray | None = None) -> np.ndarray:
    """Montgomery words of plain words below the modulus, (…, 4); as `to_plain`."""
    return _converted(_FROM_PLAIN[prime], rows, result)


def _converted(convert: Callable, rows: np.ndarray, result: np.ndarray | None) -> np.ndarray:
    if result is None:
        result = np.empty(rows.shape, np.uint64)
    source = np.require(rows, np.uint64, ["C", "A", "W"])  # one layout, so that each kernel is compiled once
    convert(source.reshape(-1, 4), result.reshape(-1, 4))
    return result
