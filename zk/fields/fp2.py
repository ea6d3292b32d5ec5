"""Fp2 = Fp[u] / (u^2 + 1), as kernels on pairs (a0, a1) standing for a0 + a1·u, of one element or of eight.

Rows of arrays are (2, 4) words, a0 first.  Costs are counted in multiplications and additions of Fp.
"""

import numpy as np

from zk.fields import fp, fp2_lanes, fp2_words
from zk.runtime.jit import by_width, inlined, inner

ZERO = (fp.ZERO, fp.ZERO)
ONE = (fp.ONE, fp.ZERO)


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
def square(a):
    """(a0 + a1)(a0 - a1) + 2 a0 a1 u.  2 mul, 3 add."""
    return fp.mul(fp.add(a[0], a[1]), fp.sub(a[0], a[1])), fp.double(fp.mul(a[0], a[1]))


mul_inlined = by_width(fp2_words.mul, fp2_lanes.mul_inlined)


@inlined
def square_inlined(a):
    """a^2, its products copied into the caller."""
    cross = fp.mul_inlined(a[0], a[1])
    return fp.mul_inlined(fp.add(a[0], a[1]), fp.sub(a[0], a[1])), fp.double(cross)


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
    """Both coefficients below p, from below 5p."""
    return fp.canonical(a[0]), fp.canonical(a[1])


@inlined
def may_be_zero(a):
    """The lanes that may be 0, all that are among them."""
    return np.uint8(fp.may_be_zero(a[0]) & fp.may_be_zero(a[1]))


@inlined
def select(chosen, a, b):
    """a in the lanes of the mask, else b."""
    return fp.select(chosen, a[0], b[0]), fp.select(chosen, a[1], b[1])


@inlined
def one(like):
    """1 of the kind of `like`."""
    return fp.one(like[0]), fp.constant(fp.ZERO, like[0])


@inlined
def constant(words, like):
    """A pair of Montgomery words, as an element of the kind of `like`."""
    return fp.constant(words[0], like[0]), fp.constant(words[1], like[0])


@inlined
def load_lanes(array, index, step):
    """The rows index, index + step, … of an array (n, 2, 4)."""
    return load_part(array, index, step, 0)


@inlined
def load_part(rows, index, step, part):
    """Part `part`, eight words, of the rows index, index + step, … of an array of elements."""
    return fp.load_part(rows, index, step, 2 * part), fp.load_part(rows, index, step, 2 * part + 1)


@inlined
def store_part(rows, index, step, part, a):
    """Write part `part` of the rows index, index + step, … from canonical elements."""
    fp.store_part(rows, index, step, 2 * part, a[0])
    fp.store_part(rows, index, step, 2 * part + 1, a[1])


@inlined
def store_lanes(array, index, step, a):
    """Write the rows index, index + step, … of an array (n, 2, 4) from canonical elements."""
    store_part(array, index, step, 0, a)


@inlined
def gather(array, places, first, shift):
    """The rows of an array (n, 2, 4) that places[first] >> shift, … name."""
    return gather_part(array, places, first, shift, 0)


@inlined
def scatter(array, places, first, a):
    """Write the rows of an array (n, 2, 4) that places[first], … name."""
    scatter_part(array, places, first, 0, a)


@inlined
def keep(notes, index, a):
    """Write a as it is to row `index` of an array (n, 2, KEPT)."""
    keep_part(notes, index, 0, a)


@inlined
def kept(notes, index):
    """What `keep` wrote to row `index`."""
    return kept_part(notes, index, 0)


@inlined
def gather_part(rows, places, first, shift, part):
    """Part `part` of the rows places[first] >> shift, …"""
    a0 = fp.gather_part(rows, places, first, shift, 2 * part)
    return a0, fp.gather_part(rows, places, first, shift, 2 * part + 1)


@inlined
def scatter_part(rows, places, first, part, a):
    """Write part `part` of the rows places[first], … from canonical elements."""
    fp.scatter_part(rows, places, first, 2 * part, a[0])
    fp.scatter_part(rows, places, first, 2 * part + 1, a[1])


@inlined
def keep_part(notes, index, part, a):
    """Write a as it is to part `part` of row `index`."""
    fp.keep_part(notes, index, 2 * part, a[0])
    fp.keep_part(notes, index, 2 * part + 1, a[1])


@inlined
def kept_part(notes, index, part):
    """What `keep` wrote."""
    return fp.kept_part(notes, index, 2 * part), fp.kept_part(notes, index, 2 * part + 1)


@inlined
def load_one(rows, index, part):
    """Part `part` of row `index` as one element."""
    return fp.load_one(rows, index, 2 * part), fp.load_one(rows, index, 2 * part + 1)


@inlined
def store_one(rows, index, part, a):
    """Write part `part` of row `index` from one element."""
    fp.store_one(rows, index, 2 * part, a[0])
    fp.store_one(rows, index, 2 * part + 1, a[1])


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


@inner
def load(array, index):
    """Row `index` of an array (n, 2, 4)."""
    row = array[index]
    return fp.load(row, 0), fp.load(row, 1)


@inner
def store(array, index, a):
    """Write a to row `index` of an array (n, 2, 4)."""
    row = array[index]
    fp.store(row, 0, a[0])
    fp.store(row, 1, a[1])


@inner
def _peek_words(array, index, like):
    return load(array, index)


@inner
def _peek_lanes(array, index, like):
    return kept(array, index)


# What a kernel puts aside and takes back, of the kind of `like`: as `load` and `store` for one element, as `kept` and
# `keep` for eight.
peek = by_width(_peek_words, _peek_lanes)
put = by_width(store, keep)
