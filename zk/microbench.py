"""One field operation many times over, for measuring: the unit in which all other costs are counted.

Values stay in registers, so the loop's time over its number of operations is the time of one.  Each loop works on two
values in turn, because a step of a chain cannot begin before the last one ends, and a proof always has independent
work.

Arrays are Montgomery words, (n, 1, 4) for Fp, (n, 1, 2, 4) for Fp2 and (n, 4) for Fr, with n a multiple of `STEP`.
Loops named `_alone` take one element at a time whatever the CPU; the others take one for each lane.
"""

import numpy as np

from zk.curves import coordinates
from zk.fields import fr, memory, shoup
from zk.runtime import cpu
from zk.runtime.jit import kernel

STEP = 2 * cpu.LANES


@kernel
def products(values: np.ndarray, others: np.ndarray, rounds: int) -> None:
    """values[i] = values[i]·others[i]^rounds, in Fp or in Fp2."""
    for i in range(0, values.shape[0], STEP):
        j = i + cpu.LANES
        a, b = coordinates.load_lanes(values, i, 1, 0), coordinates.load_lanes(values, j, 1, 0)
        x, y = coordinates.load_lanes(others, i, 1, 0), coordinates.load_lanes(others, j, 1, 0)
        for _ in range(rounds):
            a, b = coordinates.mul_inlined(a, x), coordinates.mul_inlined(b, y)
        coordinates.store_lanes(values, i, 1, coordinates.canonical(a), 0)
        coordinates.store_lanes(values, j, 1, coordinates.canonical(b), 0)


@kernel
def products_alone(values: np.ndarray, others: np.ndarray, rounds: int) -> None:
    """values[i] = values[i]·others[i]^rounds, in Fp or in Fp2."""
    for i in range(0, values.shape[0], 2):
        a, b = coordinates.load(values, i, 0), coordinates.load(values, i + 1, 0)
        x, y = coordinates.load(others, i, 0), coordinates.load(others, i + 1, 0)
        for _ in range(rounds):
            a, b = coordinates.mul(a, x), coordinates.mul(b, y)
        coordinates.store(values, i, a, 0)
        coordinates.store(values, i + 1, b, 0)


@kernel
def squares(values: np.ndarray, rounds: int) -> None:
    """values[i] = values[i]^(2^rounds), in Fp or in Fp2."""
    for i in range(0, values.shape[0], STEP):
        j = i + cpu.LANES
        a, b = coordinates.load_lanes(values, i, 1, 0), coordinates.load_lanes(values, j, 1, 0)
        for _ in range(rounds):
            a, b = coordinates.square_inlined(a), coordinates.square_inlined(b)
        coordinates.store_lanes(values, i, 1, coordinates.canonical(a), 0)
        coordinates.store_lanes(values, j, 1, coordinates.canonical(b), 0)


@kernel
def additions(values: np.ndarray, summands: np.ndarray, rounds: int) -> None:
    """values[i] = values[i] + rounds·summands[i], in Fp or in Fp2."""
    for i in range(0, values.shape[0], STEP):
        j = i + cpu.LANES
        a, b = coordinates.load_lanes(values, i, 1, 0), coordinates.load_lanes(values, j, 1, 0)
        x, y = coordinates.load_lanes(summands, i, 1, 0), coordinates.load_lanes(summands, j, 1, 0)
        for _ in range(rounds):
            a, b = coordinates.add(a, x), coordinates.add(b, y)
        coordinates.store_lanes(values, i, 1, coordinates.canonical(a), 0)
        coordinates.store_lanes(values, j, 1, coordinates.canonical(b), 0)


@kernel
def scalar_products(values: np.ndarray, others: np.ndarray, rounds: int) -> None:
    """values[i] = values[i]·others[i]^rounds, in Fr."""
    for i in range(0, values.shape[0], STEP):
        j = i + cpu.LANES
        a, b = memory.load_lanes(values, i, 1), memory.load_lanes(values, j, 1)
        x, y = memory.load_lanes(others, i, 1), memory.load_lanes(others, j, 1)
        for _ in range(rounds):
            a, b = fr.mul_inlined(a, x), fr.mul_inlined(b, y)
        memory.store_lanes(values, i, 1, fr.canonical(a))
        memory.store_lanes(values, j, 1, fr.canonical(b))


@kernel
def factor_products(values: np.ndarray, others: np.ndarray, rounds: int) -> None:
    """values[i] = values[i]·others[i]^rounds, in Fr, by precomputed factors like those of a transform."""
    for i in range(0, values.shape[0], STEP):
        j = i + cpu.LANES
        a, b = memory.load_lanes(values, i, 1), memory.load_lanes(values, j, 1)
        x, y = shoup.precompute(memory.load_lanes(others, i, 1)), shoup.precompute(memory.load_lanes(others, j, 1))
        for _ in range(rounds):
            a, b = shoup.mul(a, x), shoup.mul(b, y)
        memory.store_lanes(values, i, 1, shoup.reduce(shoup.reduce_partial(a)))
        memory.store_lanes(values, j, 1, shoup.reduce(shoup.reduce_partial(b)))


@kernel
def inverses(values: np.ndarray, rounds: int) -> None:
    """values[i] = values[i]^((-1)^rounds), in Fp or in Fp2, with one inversion each."""
    for i in range(values.shape[0]):
        a = coordinates.load(values, i, 0)
        for _ in range(rounds):
            a = coordinates.inverse(a)
        coordinates.store(values, i, a, 0)
