"""A prime field as kernels that take one element or eight: four words (montgomery) or five vectors (lanes).

The type of an operation's last argument decides, so everything built on a field, from Fp2 to the pairing, is written
once.  Lazy values, and the operations that leave more than 2p+, are explained in zk/fields/lanes.py.  Words are always
canonical: `sub_small` is `sub`, `canonical` changes nothing, and `may_be_zero` is exact.

Moving elements to and from memory is the same for all fields: zk/fields/memory.py.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from zk.fields import lanes, memory, montgomery, simd
from zk.fields.prime import WORDS, Prime
from zk.runtime.jit import by_width, inner

_SHARED = (
    "add", "double", "sub", "neg", "sub_small", "neg_small", "mul", "square", "mul_inlined", "square_inlined",
    "canonical", "may_be_zero", "select", "one", "constant", "to_montgomery", "from_montgomery",
)  # fmt: skip


def kernels(prime: Prime, compile_words_as: Callable[[Any], Any] = inner) -> SimpleNamespace:
    """The kernels of a field by name, for one element (see `montgomery.kernels`) and for lanes."""
    scalar, lanes_kernels = montgomery.kernels(prime, compile_words_as), lanes.kernels(prime)
    shared = {name: by_width(getattr(scalar, name), getattr(lanes_kernels, name)) for name in _SHARED}
    scalar_mul, scalar_inverse, lanes_canonical = scalar.mul, scalar.inverse, lanes_kernels.canonical
    one = scalar.ONE

    @inner
    def inverse_of_lanes(a):
        """1/a in each lane, and 0 for 0, by one inversion (Montgomery's trick).  32 scalar mul."""
        rows, before = np.empty((simd.LANES, WORDS), np.uint64), np.empty((simd.LANES, WORDS), np.uint64)
        memory.store_lanes(rows, 0, 1, lanes_canonical(a))
        product = one
        for i in range(simd.LANES):
            memory.store(before, i, product)
            factor = memory.load(rows, i)
            if not montgomery.is_zero(factor):
                product = scalar_mul(product, factor)
        product = scalar_inverse(product)
        for i in range(simd.LANES - 1, -1, -1):
            factor = memory.load(rows, i)
            if not montgomery.is_zero(factor):
                memory.store(rows, i, scalar_mul(product, memory.load(before, i)))
                product = scalar_mul(product, factor)
        return memory.load_like(rows, 0, 1, a)

    return SimpleNamespace(
        **shared, inverse=by_width(scalar.inverse, inverse_of_lanes), ZERO=scalar.ZERO, ONE=scalar.ONE,
        is_zero=montgomery.is_zero, equal=montgomery.equal,
    )  # fmt: skip
