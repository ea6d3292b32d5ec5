"""One operation of a field many times over, for measuring: what everything else costs is counted in these.

Values stay in registers, so the time of one operation is that of a loop by its operations.  Two values are worked on
in turn, because the next step of a chain cannot begin before the last one ends, and a proof always has more to do.

Arrays are (n, 4) Montgomery words for Fp and (n, 2, 4) for Fp2, with n a multiple of `STEP`.  Those named `_alone`
take one element at a time whatever the CPU can do; the others take as many as the CPU has lanes.
"""

from zk import width
from zk.curves import coordinates
from zk.fields import fr
from zk.jit import kernel

STEP = 2 * width.LANES


@kernel
def products(values, factors, rounds):
    """values[i] = values[i]·factors[i]^rounds, in Fp or in Fp2."""
    for i in range(0, values.shape[0], STEP):
        j = i + width.LANES
        a, b = coordinates.load_lanes(values, i, 1), coordinates.load_lanes(values, j, 1)
        x, y = coordinates.load_lanes(factors, i, 1), coordinates.load_lanes(factors, j, 1)
        for _ in range(rounds):
            a, b = coordinates.mul_inlined(a, x), coordinates.mul_inlined(b, y)
        coordinates.store_lanes(values, i, 1, coordinates.canonical(a))
        coordinates.store_lanes(values, j, 1, coordinates.canonical(b))


@kernel
def products_alone(values, factors, rounds):
    """values[i] = values[i]·factors[i]^rounds, in Fp or in Fp2."""
    for i in range(0, values.shape[0], 2):
        a, b = coordinates.load(values, i), coordinates.load(values, i + 1)
        x, y = coordinates.load(factors, i), coordinates.load(factors, i + 1)
        for _ in range(rounds):
            a, b = coordinates.mul(a, x), coordinates.mul(b, y)
        coordinates.store(values, i, a)
        coordinates.store(values, i + 1, b)


@kernel
def squares(values, rounds):
    """values[i] = values[i]^(2^rounds), in Fp or in Fp2."""
    for i in range(0, values.shape[0], STEP):
        j = i + width.LANES
        a, b = coordinates.load_lanes(values, i, 1), coordinates.load_lanes(values, j, 1)
        for _ in range(rounds):
            a, b = coordinates.square_inlined(a), coordinates.square_inlined(b)
        coordinates.store_lanes(values, i, 1, coordinates.canonical(a))
        coordinates.store_lanes(values, j, 1, coordinates.canonical(b))


@kernel
def additions(values, summands, rounds):
    """values[i] = values[i] + rounds·summands[i], in Fp or in Fp2."""
    for i in range(0, values.shape[0], STEP):
        j = i + width.LANES
        a, b = coordinates.load_lanes(values, i, 1), coordinates.load_lanes(values, j, 1)
        x, y = coordinates.load_lanes(summands, i, 1), coordinates.load_lanes(summands, j, 1)
        for _ in range(rounds):
            a, b = coordinates.add(a, x), coordinates.add(b, y)
        coordinates.store_lanes(values, i, 1, coordinates.canonical(a))
        coordinates.store_lanes(values, j, 1, coordinates.canonical(b))


@kernel
def scalar_products(values, factors, rounds):
    """values[i] = values[i]·factors[i]^rounds, in Fr."""
    for i in range(0, values.shape[0], STEP):
        j = i + width.LANES
        a, b = fr.load_lanes(values, i, 1), fr.load_lanes(values, j, 1)
        x, y = fr.load_lanes(factors, i, 1), fr.load_lanes(factors, j, 1)
        for _ in range(rounds):
            a, b = fr.mul_inlined(a, x), fr.mul_inlined(b, y)
        fr.store_lanes(values, i, 1, fr.canonical(a))
        fr.store_lanes(values, j, 1, fr.canonical(b))


@kernel
def inverses(values, rounds):
    """values[i] = values[i]^((-1)^rounds), in Fp or in Fp2, each by an inversion of its own."""
    for i in range(values.shape[0]):
        a = coordinates.load(values, i)
        for _ in range(rounds):
            a = coordinates.inverse(a)
        coordinates.store(values, i, a)
