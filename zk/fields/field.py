"""A prime field as kernels that take one element or eight: four words (montgomery) or five vectors (wide).

An operation goes by the type of its last argument, so everything built on it, from Fp2 to a pairing, is written once.
What moves elements between memory and registers goes by `width.LANES`: with one lane, `load_lanes` is `load`.

What moves elements takes rows of any shape that lie in one piece, and the part of each row that is meant: a view of
the part would cost the counting of its owners, which stops the processor.

Lazy values, and the operations that leave more than 2p+, are explained in `wide`; for words all are canonical, and
`sub_small` is `sub`, `canonical` changes nothing, and `may_be_zero` is exact.
"""

from types import SimpleNamespace

import numpy as np

from zk.fields import lanes, limbs52, memory, montgomery, simd, words
from zk.fields.prime import WORDS, Prime
from zk.runtime import cpu
from zk.runtime.jit import by_width, inlined, inner

_SHARED = (
    "add", "double", "sub", "neg", "sub_small", "neg_small", "mul", "square", "mul_inlined", "square_inlined",
    "canonical", "may_be_zero", "select", "one", "constant", "to_montgomery", "from_montgomery",
)  # fmt: skip
# The words of an element as `keep` writes it: its limbs in every lane, or its four words.
KEPT = limbs52.LIMBS * cpu.LANES if cpu.LANES > 1 else WORDS


def kernels(prime: Prime) -> SimpleNamespace:
    """The kernels of a field by name, for one element and for lanes."""
    scalar, wide_kernels = montgomery.kernels(prime), lanes.kernels(prime)
    shared = {name: by_width(getattr(scalar, name), getattr(wide_kernels, name)) for name in _SHARED}
    scalar_mul, scalar_inverse, lanes_canonical = scalar.mul, scalar.inverse, wide_kernels.canonical
    one = scalar.ONE

    @inner
    def inverse_of_lanes(a):
        """1/a in each lane, and 0 for 0, by one inversion.  32 scalar mul."""
        rows, before = np.empty((simd.LANES, WORDS), np.uint64), np.empty((simd.LANES, WORDS), np.uint64)
        memory.store_rows(rows, 0, 1, lanes_canonical(a))
        product = one
        for i in range(simd.LANES):
            montgomery.store(before, i, product)
            factor = montgomery.load(rows, i)
            if not montgomery.is_zero(factor):
                product = scalar_mul(product, factor)
        product = scalar_inverse(product)
        for i in range(simd.LANES - 1, -1, -1):
            factor = montgomery.load(rows, i)
            if not montgomery.is_zero(factor):
                montgomery.store(rows, i, scalar_mul(product, montgomery.load(before, i)))
                product = scalar_mul(product, factor)
        return memory.load_rows(rows, 0, 1)

    return SimpleNamespace(
        **shared, inverse=by_width(scalar.inverse, inverse_of_lanes), ZERO=scalar.ZERO, ONE=scalar.ONE,
        is_zero=montgomery.is_zero, equal=montgomery.equal, load=montgomery.load, store=montgomery.store,
    )  # fmt: skip


@inner
def _load_one(rows, index, step, offset):
    """Four words of row `index`."""
    return words.load_words(rows, index, offset)


@inner
def _store_one(rows, index, step, offset, a):
    """Write four words of row `index`."""
    words.store_words(rows, index, offset, a)


@inner
def _gather_one(rows, places, first, shift, offset):
    """Four words of row places[first] >> shift."""
    return words.load_words(rows, words.item(places, first) >> shift, offset)


@inner
def _scatter_one(rows, places, first, offset, a):
    """Write four words of row places[first]."""
    words.store_words(rows, words.item(places, first), offset, a)


@inner
def _keep_one(notes, index, offset, a):
    """Write four words of row `index`."""
    words.store_words(notes, index, offset, a)


@inner
def _is_odd(places, first):
    """Whether places[first] is odd, as a mask of one lane."""
    return np.uint8(words.item(places, first) & 1)


if cpu.LANES > 1:
    _load, _store, _keep, _kept = memory.load_rows_at, memory.store_rows_at, memory.keep_at, memory.kept_at
    _gather, _scatter, _odd = memory.gather_rows_at, memory.scatter_rows_at, memory.odd_lanes
else:
    _load, _store, _keep, _kept = _load_one, _store_one, _keep_one, words.load_words
    _gather, _scatter, _odd = _gather_one, _scatter_one, _is_odd


@inlined
def load_lanes(rows, index, step):
    """The rows index, index + step, … of an array (n, 4) as one element or eight."""
    return _load(rows, index, step, 0)


@inlined
def store_lanes(rows, index, step, a):
    """Write the rows index, index + step, … of an array (n, 4) from canonical elements."""
    _store(rows, index, step, 0, a)


@inlined
def load_part(rows, index, step, part):
    """Part `part`, four words, of the rows index, index + step, … of an array (n, …) of elements in one piece."""
    return _load(rows, index, step, WORDS * part)


@inlined
def store_part(rows, index, step, part, a):
    """Write part `part` of the rows index, index + step, … from canonical elements."""
    _store(rows, index, step, WORDS * part, a)


@inlined
def gather(rows, places, first, shift):
    """The rows places[first] >> shift, places[first + 1] >> shift, … of an array (n, 4)."""
    return _gather(rows, places, first, shift, 0)


@inlined
def scatter(rows, places, first, a):
    """Write the rows places[first], places[first + 1], … of an array (n, 4) from canonical elements."""
    _scatter(rows, places, first, 0, a)


@inlined
def keep(notes, index, a):
    """Write an element as it is to row `index` of an array (n, KEPT)."""
    _keep(notes, index, 0, a)


@inlined
def kept(notes, index):
    """The element that `keep` wrote to row `index`."""
    return _kept(notes, index, 0)


@inlined
def gather_part(rows, places, first, shift, part):
    """Part `part` of the rows places[first] >> shift, places[first + 1] >> shift, …"""
    return _gather(rows, places, first, shift, WORDS * part)


@inlined
def scatter_part(rows, places, first, part, a):
    """Write part `part` of the rows places[first], places[first + 1], … from canonical elements."""
    _scatter(rows, places, first, WORDS * part, a)


@inlined
def keep_part(notes, index, part, a):
    """Write an element as it is to part `part`, KEPT words, of row `index` of an array."""
    _keep(notes, index, KEPT * part, a)


@inlined
def kept_part(notes, index, part):
    """The element that `keep` wrote."""
    return _kept(notes, index, KEPT * part)


@inlined
def odd_lanes(places, first):
    """The mask of the lanes whose places[first], places[first + 1], … are odd."""
    return _odd(places, first)


@inlined
def load_one(rows, index, part):
    """Part `part` of row `index` as one element."""
    return words.load_words(rows, index, WORDS * part)


@inlined
def store_one(rows, index, part, a):
    """Write part `part` of row `index` from one element."""
    words.store_words(rows, index, WORDS * part, a)
