"""Fp2 on eight lanes with lazy reduction: a product in Fp2 takes two reductions instead of three.

Karatsuba's three products stay columns (zk/fields/lanes.py) until their differences are taken.  For lazy factors

    a0 b0 - a1 b1                                         is in (-4.1 p^2, 4.1 p^2),
    (a0 + a1)(b0 + b1) - a0 b0 - a1 b1 = a0 b1 + a1 b0    is in [0, 8.1 p^2),

so the reductions leave numbers in (-0.78p, 1.78p) and [0, 2.54p).  2p is added to the first where its highest limb is
not positive, and subtracted from the second where it is certainly above 2p: both are then lazy again.
"""

from llvmlite import ir
from numba.core import cgutils, types

from zk.fields.limbs52 import (  # fmt: skip
    LIMB_BITS,
    LIMBS,
    Element,
    carry,
    limbs,
    product_columns,
    raise_below,
    reduce,
    subtract_above,
)
from zk.fields.prime import FP
from zk.fields.simd import Emitter
from zk.runtime.jit import inlined, inner, intrinsic

_P, _TWICE_P = limbs(FP.modulus), limbs(2 * FP.modulus)
_NEGATIVE_INVERSE = -pow(FP.modulus, -1, 1 << LIMB_BITS) % (1 << LIMB_BITS)
_Pair = types.UniTuple(Element, 2)


def _halves(builder: ir.IRBuilder, pair: ir.Value) -> list[list]:
    return [cgutils.unpack_tuple(builder, half, LIMBS) for half in cgutils.unpack_tuple(builder, pair, 2)]


def _unreduced_sum(emit: Emitter, pair: list[list]) -> list:
    return carry(emit, [emit.add(x, y) for x, y in zip(*pair, strict=True)])


@intrinsic
def _product(typing, a, b):
    """a·b.  260 multiply-adds."""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        p, twice_p = ([emit.constant(int(limb)) for limb in multiple] for multiple in (_P, _TWICE_P))
        a, b = (_halves(builder, value) for value in values)
        low, high = (product_columns(emit, x, y) for x, y in zip(a, b, strict=True))
        cross = product_columns(emit, _unreduced_sum(emit, a), _unreduced_sum(emit, b))
        inverse = emit.constant(_NEGATIVE_INVERSE)
        real = reduce(emit, [emit.sub(x, y) for x, y in zip(low, high, strict=True)], p, inverse)
        both = [emit.add(x, y) for x, y in zip(low, high, strict=True)]
        imaginary = reduce(emit, [emit.sub(x, y) for x, y in zip(cross, both, strict=True)], p, inverse)
        halves = carry(emit, raise_below(emit, real, twice_p)), carry(emit, subtract_above(emit, imaginary, twice_p))
        return context.make_tuple(builder, _Pair, [context.make_tuple(builder, Element, half) for half in halves])

    return _Pair(_Pair, _Pair), generate


@inner
def mul(a, b):
    """a·b."""
    return _product(a, b)


@inlined
def mul_inlined(a, b):
    """a·b, inlined."""
    return _product(a, b)
