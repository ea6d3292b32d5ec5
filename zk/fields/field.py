"""A prime field as kernels that take one element or eight: four words (montgomery) or five vectors (lanes).

The type of an operation's last argument decides, so everything built on a field, from Fp2 to the pairing, is written
once.  Lazy values, and the operations that leave more than 2p+, are explained in zk/fields/lanes.py.  Words are always
canonical: `sub_small` is `sub`, `canonical` changes nothing, and `may_be_zero` is exact.

Moving elements to and from memory is the same for all fields: zk/fields/memory.py.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from zk.fields import acrosslanes, lanes, montgomery
from zk.fields.prime import Prime
from zk.runtime.jit import by_width, inner

_SHARED = (
    "add", "double", "sub", "neg", "sub_small", "neg_small", "mul", "square", "mul_inlined", "square_inlined",
    "mul_sub", "square_sub", "canonical", "may_be_zero", "select", "one", "constant",
    "to_montgomery", "from_montgomery",
)  # fmt: skip


def kernels(prime: Prime, compile_words_as: Callable[[Any], Any] = inner) -> SimpleNamespace:
    """The kernels of a field by name, for one element (see `montgomery.kernels`) and for lanes."""
    scalar, lanes_kernels = montgomery.kernels(prime, compile_words_as), lanes.kernels(prime)
    shared = {name: by_width(getattr(scalar, name), getattr(lanes_kernels, name)) for name in _SHARED}
    lanes_mul, lanes_select, lanes_one = lanes_kernels.mul, lanes_kernels.select, lanes_kernels.one
    scalar_inverse, lanes_canonical, lanes_constant = scalar.inverse, lanes_kernels.canonical, lanes_kernels.constant
    zero = scalar.ZERO

    @inner
    def inverse_of_lanes(a):
        """1/a in each lane, canonical, and 0 for 0, by one inversion (Montgomery's trick, in a tree).  6 mul."""
        a = lanes_canonical(a)
        zeros = acrosslanes.is_zero(a)
        a = lanes_select(zeros, lanes_one(a), a)
        pairs = lanes_mul(a, acrosslanes.rotated_by_4(a))
        fours = lanes_mul(pairs, acrosslanes.rotated_by_2(pairs))
        product = acrosslanes.first(lanes_canonical(lanes_mul(fours, acrosslanes.rotated_by_1(fours))))
        inverse = lanes_constant(scalar_inverse(product), a)
        inverse = lanes_mul(inverse, acrosslanes.rotated_by_1(fours))
        inverse = lanes_mul(inverse, acrosslanes.rotated_by_2(pairs))
        inverse = lanes_mul(inverse, acrosslanes.rotated_by_4(a))
        return lanes_select(zeros, lanes_constant(zero, a), lanes_canonical(inverse))

    return SimpleNamespace(
        **shared, inverse=by_width(scalar.inverse, inverse_of_lanes), ZERO=scalar.ZERO, ONE=scalar.ONE,
        is_zero=montgomery.is_zero, equal=montgomery.equal,
    )  # fmt: skip
