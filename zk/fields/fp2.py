"""Fp2 = Fp[u] / (u^2 + 1), as kernels on pairs (a0, a1) that stand for a0 + a1·u, of one element or of eight.

Rows of arrays are (2, 4) words, a0 first.  Costs are counted in multiplications and additions of Fp.  The names that
move memory are those of zk/fields/memory.py; here `part` counts elements of Fp2.
"""

import numpy as np

from zk.fields import fp, fp2_lanes, fp2_words, memory
from zk.fields.prime import MONTGOMERY, P
from zk.fields.words import words
from zk.runtime.jit import by_width, inlined, inner

ZERO = (fp.ZERO, fp.ZERO)
ONE = (fp.ONE, fp.ZERO)


def encode(a: tuple[int, int]) -> tuple[tuple[np.uint64, ...], tuple[np.uint64, ...]]:
    """Canonical ints (a0, a1) as Montgomery words: a constant for kernels."""
    return words(int(a[0]) * MONTGOMERY % P), words(int(a[1]) * MONTGOMERY % P)


@inner
def add(a, b):
    """a + b.  2 add."""
    return fp.add(a[0], b[0]), fp.add(a[1], b[1])


@inner
def double(a):
    """2a.  2 add."""
    return fp.double(a[0]), fp.double(a[1])


@inner
def sub(a, b):
    """a - b.  2 add."""
    return fp.sub(a[0], b[0]), fp.sub(a[1], b[1])


@inner
def neg(a):
    """-a.  2 add."""
    return fp.neg(a[0]), fp.neg(a[1])


@inner
def conjugate(a):
    """a0 - a1·u, which is a^p.  1 add."""
    return a[0], fp.neg(a[1])


mul = by_width(fp2_words.mul, fp2_lanes.mul)


@inner
def _square_words(a):
    """(a0 + a1)(a0 - a1) + 2 a0 a1 u.  2 mul, 3 add."""
    return fp.mul(fp.add(a[0], a[1]), fp.sub(a[0], a[1])), fp.double(fp.mul(a[0], a[1]))


@inner
def _mul_sub_words(a, b, c):
    """a·b - c."""
    return sub(fp2_words.mul(a, b), c)


@inner
def _square_sub_words(a, b, c):
    """a^2 - b - c."""
    return sub(sub(_square_words(a), b), c)


square = by_width(_square_words, fp2_lanes.square)
mul_inlined = by_width(fp2_words.mul, fp2_lanes.mul_inlined)
square_inlined = by_width(_square_words, fp2_lanes.square_inlined)
mul_sub = by_width(_mul_sub_words, fp2_lanes.mul_sub)
square_sub = by_width(_square_sub_words, fp2_lanes.square_sub)


@inlined
def sub_inlined(a, b):
    """a - b, inlined.  2 add."""
    return fp.sub(a[0], b[0]), fp.sub(a[1], b[1])


@inlined
def sub_small(a, b):
    """a - b + p in both coefficients, for b <= p; see zk/fields/lanes.py."""
    return fp.sub_small(a[0], b[0]), fp.sub_small(a[1], b[1])


@inlined
def neg_small(a):
    """p - a in both coefficients, for a <= p."""
    return fp.neg_small(a[0]), fp.neg_small(a[1])


@inlined
def canonical(a):
    """a with both coefficients below p, for coefficients below 5p."""
    return fp.canonical(a[0]), fp.canonical(a[1])


@inlined
def may_be_zero(a):
    """The mask of all lanes that are 0, and by chance of others."""
    return np.uint8(fp.may_be_zero(a[0]) & fp.may_be_zero(a[1]))


@inlined
def select(mask, a, b):
    """a in the lanes of the mask, else b."""
    return fp.select(mask, a[0], b[0]), fp.select(mask, a[1], b[1])


@inlined
def one(like):
    """1, of the type of `like`."""
    return fp.one(like[0]), fp.constant(fp.ZERO, like[0])


@inlined
def constant(words, like):
    """A pair of Montgomery words as an element of the type of `like`."""
    return fp.constant(words[0], like[0]), fp.constant(words[1], like[0])


@inlined
def load(rows, index, part=0):
    """One element from row `index`."""
    return memory.load(rows, index, 2 * part), memory.load(rows, index, 2 * part + 1)


@inlined
def store(rows, index, a, part=0):
    """Write one element to row `index`."""
    memory.store(rows, index, a[0], 2 * part)
    memory.store(rows, index, a[1], 2 * part + 1)


@inlined
def load_lanes(rows, index, step, part=0):
    """The rows index, index + step, …, one for each lane."""
    return memory.load_lanes(rows, index, step, 2 * part), memory.load_lanes(rows, index, step, 2 * part + 1)


@inlined
def store_lanes(rows, index, step, a, part=0):
    """Write an element to the rows index, index + step, …, one for each of its lanes."""
    memory.store_lanes(rows, index, step, a[0], 2 * part)
    memory.store_lanes(rows, index, step, a[1], 2 * part + 1)


@inlined
def gather(rows, indices, first, shift, part=0):
    """The rows indices[first] >> shift, indices[first + 1] >> shift, …, one for each lane."""
    a0 = memory.gather(rows, indices, first, shift, 2 * part)
    return a0, memory.gather(rows, indices, first, shift, 2 * part + 1)


@inlined
def scatter(rows, indices, first, a, part=0):
    """Write an element to the rows indices[first], indices[first + 1], …, one for each of its lanes."""
    memory.scatter(rows, indices, first, a[0], 2 * part)
    memory.scatter(rows, indices, first, a[1], 2 * part + 1)


@inlined
def spill(scratch, index, a, part=0):
    """Write an element as it is to row `index` of a scratch array."""
    memory.spill(scratch, index, a[0], 2 * part)
    memory.spill(scratch, index, a[1], 2 * part + 1)


@inlined
def reload(scratch, index, part=0):
    """The element that was spilled to row `index`."""
    return memory.reload(scratch, index, 2 * part), memory.reload(scratch, index, 2 * part + 1)


@inlined
def reload_like(scratch, index, like, part=0):
    """The element of the type of `like` that was spilled to row `index`."""
    a0 = memory.reload_like(scratch, index, like[0], 2 * part)
    return a0, memory.reload_like(scratch, index, like[0], 2 * part + 1)


@inner
def scale(a, k):
    """a·k for k in Fp.  2 mul."""
    return fp.mul(a[0], k), fp.mul(a[1], k)


@inner
def _mul_lanes_by_xi(a):
    """a·ξ with ξ = 9 + u, the non-residue that Fp6 is built on.  10 add."""
    nine0 = fp.add(fp.double(fp.double(fp.double(a[0]))), a[0])
    nine1 = fp.add(fp.double(fp.double(fp.double(a[1]))), a[1])
    return fp.sub(nine0, a[1]), fp.add(nine1, a[0])


mul_by_xi = by_width(fp2_words.mul_by_xi, _mul_lanes_by_xi)


@inner
def inverse(a):
    """(a0 - a1 u) / (a0^2 + a1^2), and 0 for 0.  1 inverse, 4 mul."""
    norm = fp.inverse(fp.add(fp.square(a[0]), fp.square(a[1])))
    return fp.mul(a[0], norm), fp.neg(fp.mul(a[1], norm))


@inner
def is_zero(a):
    """Whether a is 0."""
    return fp.is_zero(a[0]) and fp.is_zero(a[1])


@inner
def equal(a, b):
    """Whether a and b are the same element."""
    return fp.equal(a[0], b[0]) and fp.equal(a[1], b[1])
