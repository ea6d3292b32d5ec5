"""Fp2 on eight lanes with lazy reduction: a product in Fp2 takes two reductions instead of three.

Karatsuba's three products stay columns (zk/fields/lanes.py) until their differences are taken.  For lazy factors

    a0 b0 - a1 b1                                         is in (-4.1 p^2, 4.1 p^2),
    (a0 + a1)(b0 + b1) - a0 b0 - a1 b1 = a0 b1 + a1 b0    is in [0, 8.1 p^2),
    (a0 + a1)(a0 - a1) and 2 a0 a1, of a square,          are in [0, 8.1 p^2),

so the reductions leave numbers in (-0.78p, 1.78p) and [0, 2.54p), from which what is to be subtracted is taken before
their carries are propagated; `limbs52.settle` makes them lazy again.

The last of the three products of a product is added to what is to be subtracted from it, which saves registers; the
other two do not wait for each other.
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
    reduced_columns,
    settle,
    subtract,
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


def _product_columns(emit: Emitter, a: list[list], b: list[list], p: list) -> tuple[list, list]:
    """The columns of both halves of a·b, reduced.  252 multiply-adds."""
    zero, inverse = emit.constant(0), emit.constant(_NEGATIVE_INVERSE)
    minus_high = [emit.sub(zero, x) for x in product_columns(emit, a[1], b[1])]
    low = product_columns(emit, a[0], b[0])
    minus_both = [emit.sub(x, y) for x, y in zip(minus_high, low, strict=True)]
    real = reduced_columns(emit, [emit.add(x, y) for x, y in zip(minus_high, low, strict=True)], p, inverse)
    cross = product_columns(emit, _unreduced_sum(emit, a), _unreduced_sum(emit, b), minus_both)
    return real, reduced_columns(emit, cross, p, inverse)


def _square_columns(emit: Emitter, a: list[list], p: list) -> tuple[list, list]:
    """The columns of both halves of a^2, reduced.  202 multiply-adds."""
    inverse, twice_p = emit.constant(_NEGATIVE_INVERSE), _constant(emit, _TWICE_P)
    low, high = a
    both = [emit.add(x, x) for x in product_columns(emit, low, high)]
    imaginary = reduced_columns(emit, both, p, inverse)
    product = product_columns(emit, _unreduced_sum(emit, a), subtract(emit, low, high, p, twice_p))
    return reduced_columns(emit, product, p, inverse), imaginary


def _constant(emit: Emitter, number: tuple) -> list:
    return [emit.constant(int(limb)) for limb in number]


def _less(emit: Emitter, columns: list, *numbers: list) -> list:
    for number in numbers:
        columns = [emit.sub(x, y) for x, y in zip(columns, number, strict=True)]
    return columns


def _pair(context, builder, real: list, imaginary: list) -> ir.Value:
    halves = [context.make_tuple(builder, Element, half) for half in (real, imaginary)]
    return context.make_tuple(builder, _Pair, halves)


@intrinsic
def _product(typing, a, b):
    """a·b.  252 multiply-adds."""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        p = _constant(emit, _P)
        left, right = (_halves(builder, value) for value in values)
        real, imaginary = _product_columns(emit, left, right, p)
        imaginary = settle(emit, imaginary, p, may_be_negative=False, may_be_above=True)
        return _pair(context, builder, settle(emit, real, p), imaginary)

    return _Pair(_Pair, _Pair), generate


@intrinsic
def _product_less(typing, a, b, c):
    """a·b - c.  252 multiply-adds."""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        p = _constant(emit, _P)
        a, b, c = (_halves(builder, value) for value in values)
        real, imaginary = _product_columns(emit, a, b, p)
        real = settle(emit, _less(emit, real, c[0]), p, may_be_below=True)
        imaginary = settle(emit, _less(emit, imaginary, c[1]), p, may_be_below=True, may_be_above=True)
        return _pair(context, builder, real, imaginary)

    return _Pair(_Pair, _Pair, _Pair), generate


@intrinsic
def _square(typing, a):
    """a^2.  202 multiply-adds."""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        p = _constant(emit, _P)
        halves = _square_columns(emit, _halves(builder, values[0]), p)
        settled = (settle(emit, half, p, may_be_negative=False, may_be_above=True) for half in halves)
        return _pair(context, builder, *settled)

    return _Pair(_Pair), generate


@intrinsic
def _square_less(typing, a, b, c):
    """a^2 - b - c.  202 multiply-adds."""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        p = _constant(emit, _P)
        a, b, c = (_halves(builder, value) for value in values)
        halves = (_less(emit, *parts) for parts in zip(_square_columns(emit, a, p), b, c, strict=True))
        settled = (settle(emit, half, p, may_be_below=True, may_be_above=True) for half in halves)
        return _pair(context, builder, *settled)

    return _Pair(_Pair, _Pair, _Pair), generate


@inner
def mul(a, b):
    """a·b."""
    return _product(a, b)


@inlined
def mul_inlined(a, b):
    """a·b, inlined."""
    return _product(a, b)


@inlined
def mul_sub(a, b, c):
    """a·b - c, inlined."""
    return _product_less(a, b, c)


@inner
def square(a):
    """a^2."""
    return _square(a)


@inlined
def square_inlined(a):
    """a^2, inlined."""
    return _square(a)


@inlined
def square_sub(a, b, c):
    """a^2 - b - c, inlined."""
    return _square_less(a, b, c)
