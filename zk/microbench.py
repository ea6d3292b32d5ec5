"""One operation of a field many times over, for measuring: what everything else costs is counted in these.

Values stay in registers, so the time of one operation is that of a loop by its operations.  Two values are worked on
in turn, because the next step of a chain cannot begin before the last one ends, and a proof always has more to do.

Arrays are Montgomery words, (n, 1, 4) for Fp, (n, 1, 2, 4) for Fp2 and (n, 4) for Fr, with n a multiple of `STEP`.
Loops named `_alone` take one element at a time whatever the CPU can do; the others as many as it has lanes.
"""

from zk.curves import coordinates
from zk.fields import fr, shoup
from zk.runtime import cpu
from zk.runtime.jit import kernel

STEP = 2 * cpu.LANES


@kernel
def products(values, others, rounds):
    """values[i] = values[i]·others[i]^rounds, in Fp or in Fp2."""
    for i in range(0, values.shape[0], STEP):
        j = i + cpu.LANES
        a, b = coordinates.load_part(values, i, 1, 0), coordinates.load_part(values, j, 1, 0)
        x, y = coordinates.load_part(others, i, 1, 0), coordinates.load_part(others, j, 1, 0)
        for _ in range(rounds):
            a, b = coordinates.mul_inlined(a, x), coordinates.mul_inlined(b, y)
        coordinates.store_part(values, i, 1, 0, coordinates.canonical(a))
        coordinates.store_part(values, j, 1, 0, coordinates.canonical(b))


@kernel
def products_alone(values, others, rounds):
    """values[i] = values[i]·others[i]^rounds, in Fp or in Fp2."""
    for i in range(0, values.shape[0], 2):
        a, b = coordinates.load_one(values, i, 0), coordinates.load_one(values, i + 1, 0)
        x, y = coordinates.load_one(others, i, 0), coordinates.load_one(others, i + 1, 0)
        for _ in range(rounds):
            a, b = coordinates.mul(a, x), coordinates.mul(b, y)
        coordinates.store_one(values, i, 0, a)
        coordinates.store_one(values, i + 1, 0, b)


@kernel
def squares(values, rounds):
    """values[i] = values[i]^(2^rounds), in Fp or in Fp2."""
    for i in range(0, values.shape[0], STEP):
        j = i + cpu.LANES
        a, b = coordinates.load_part(values, i, 1, 0), coordinates.load_part(values, j, 1, 0)
        for _ in range(rounds):
            a, b = coordinates.square_inlined(a), coordinates.square_inlined(b)
        coordinates.store_part(values, i, 1, 0, coordinates.canonical(a))
        coordinates.store_part(values, j, 1, 0, coordinates.canonical(b))


@kernel
def additions(values, summands, rounds):
    """values[i] = values[i] + rounds·summands[i], in Fp or in Fp2."""
    for i in range(0, values.shape[0], STEP):
        j = i + cpu.LANES
        a, b = coordinates.load_part(values, i, 1, 0), coordinates.load_part(values, j, 1, 0)
        x, y = coordinates.load_part(summands, i, 1, 0), coordinates.load_part(summands, j, 1, 0)
        for _ in range(rounds):
            a, b = coordinates.add(a, x), coordinates.add(b, y)
        coordinates.store_part(values, i, 1, 0, coordinates.canonical(a))
        coordinates.store_part(values, j, 1, 0, coordinates.canonical(b))


@kernel
def scalar_products(values, others, rounds):
    """values[i] = values[i]·others[i]^rounds, in Fr."""
    for i in range(0, values.shape[0], STEP):
        j = i + cpu.LANES
        a, b = fr.load_lanes(values, i, 1), fr.load_lanes(values, j, 1)
        x, y = fr.load_lanes(others, i, 1), fr.load_lanes(others, j, 1)
        for _ in range(rounds):
            a, b = fr.mul_inlined(a, x), fr.mul_inlined(b, y)
        fr.store_lanes(values, i, 1, fr.canonical(a))
        fr.store_lanes(values, j, 1, fr.canonical(b))


@kernel
def factor_products(values, others, rounds):
    """values[i] = values[i]·others[i]^rounds, in Fr, by factors made ready as those of a transform."""
    for i in range(0, values.shape[0], STEP):
        j = i + cpu.LANES
        a, b = fr.load_lanes(values, i, 1), fr.load_lanes(values, j, 1)
        x, y = shoup.prepare(fr.load_lanes(others, i, 1)), shoup.prepare(fr.load_lanes(others, j, 1))
        for _ in range(rounds):
            a, b = shoup.times(a, x), shoup.times(b, y)
        fr.store_lanes(values, i, 1, shoup.exact(shoup.settled(a)))
        fr.store_lanes(values, j, 1, shoup.exact(shoup.settled(b)))


@kernel
def inverses(values, rounds):
    """values[i] = values[i]^((-1)^rounds), in Fp or in Fp2, each by an inversion of its own."""
    for i in range(values.shape[0]):
        a = coordinates.load_one(values, i, 0)
        for _ in range(rounds):
            a = coordinates.inverse(a)
        coordinates.store_one(values, i, 0, a)
