"""Arithmetic on five limbs of 52 bits in eight lanes, as instructions: the body of the intrinsics of
zk/fields/lanes.py.

An element is five vectors of limbs, least significant first.  A product is ten columns: sums of 52-bit halves of limb
products, with their carries not yet propagated.  Functions take and return lists of vectors.  zk/fields/lanes.py has
the bounds, and shows why no column overflows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types

from zk.fields.simd import Emitter, Vector
from zk.runtime.jit import intrinsic

LIMBS = 5
LIMB_BITS = 52

MASK = (1 << LIMB_BITS) - 1
_LAST_BITS = 256 - 4 * LIMB_BITS
Element = types.UniTuple(Vector, LIMBS)
Constant = types.UniTuple(types.uint64, LIMBS)


def limbs(value: int) -> tuple[np.uint64, ...]:
    """`value` as five limbs, least significant first."""
    return tuple(np.uint64(value >> (LIMB_BITS * i) & MASK) for i in range(LIMBS))


def from_words(emit: Emitter, w: list) -> list:
    """Four vectors of words as five of limbs."""
    parts = [w[0], emit.funnel(w[1], w[0], 52), emit.funnel(w[2], w[1], 40), emit.funnel(w[3], w[2], 28)]
    return [*(emit.bit_and(part, emit.constant(MASK)) for part in parts), emit.right(w[3], 16)]


def to_words(emit: Emitter, a: list) -> list:
    """Five vectors of normalized limbs, of a number below 2^256, as four of words."""
    shifts = ((0, 52), (12, 40), (24, 28), (36, 16))
    return [
        emit.bit_or(emit.right(a[i], down) if down else a[i], emit.left(a[i + 1], up))
        for i, (down, up) in enumerate(shifts)
    ]


def carry(emit: Emitter, columns: list) -> list:
    """Columns of either sign as limbs of 52 bits; the highest limb keeps the rest and the sign."""
    limbs_below, top = [], columns[0]
    for column in columns[1:]:
        limbs_below.append(emit.bit_and(top, emit.constant(MASK)))
        top = emit.add(column, emit.signed_right(top, LIMB_BITS))
    return [*limbs_below, top]


def subtract_above(emit: Emitter, columns: list, multiple: list) -> list:
    """The columns less `multiple` where that is certainly not negative; otherwise they are below multiple + 2^210."""
    above = emit.less(emit.add(multiple[-1], emit.constant(1)), columns[-1])
    zero = emit.constant(0)
    return [emit.sub(c, emit.select(above, m, zero)) for c, m in zip(columns, multiple, strict=True)]


def raise_below(emit: Emitter, columns: list, multiple: list) -> list:
    """The columns plus `multiple` where they are not certainly positive; that is below multiple + 2^209."""
    below, zero = emit.less(columns[-1], emit.constant(1)), emit.constant(0)
    return [emit.add(c, emit.select(below, m, zero)) for c, m in zip(columns, multiple, strict=True)]


def product_columns(emit: Emitter, a: list, b: list) -> list:
    """The ten columns of a·b.  50 multiply-adds."""
    columns = [emit.constant(0)] * (2 * LIMBS)
    for i in range(LIMBS):
        for j in range(LIMBS):
            columns[i + j] = emit.low_product(columns[i + j], a[i], b[j])
            columns[i + j + 1] = emit.high_product(columns[i + j + 1], a[i], b[j])
    return columns


def square_columns(emit: Emitter, a: list) -> list:
    """The ten columns of a^2: products of different limbs are computed once and doubled.  30 multiply-adds."""
    columns = [emit.constant(0)] * (2 * LIMBS)
    for i in range(LIMBS):
        for j in range(i + 1, LIMBS):
            columns[i + j] = emit.low_product(columns[i + j], a[i], a[j])
            columns[i + j + 1] = emit.high_product(columns[i + j + 1], a[i], a[j])
    columns = [emit.add(column, column) for column in columns]
    for i in range(LIMBS):
        columns[2 * i] = emit.low_product(columns[2 * i], a[i], a[i])
        columns[2 * i + 1] = emit.high_product(columns[2 * i + 1], a[i], a[i])
    return columns


def reduce(emit: Emitter, columns: list, p: list, negative_inverse: ir.Value) -> list:
    """Columns of either sign, divided by 2^256 mod p, as limbs; the highest has the sign.  55 multiply-adds."""
    columns = list(columns)
    for i in range(LIMBS):
        m = emit.low_product(emit.constant(0), columns[i], negative_inverse)
        is_last = i == LIMBS - 1
        if is_last:
            m = emit.bit_and(m, emit.constant((1 << _LAST_BITS) - 1))
        for j in range(LIMBS):
            columns[i + j] = emit.low_product(columns[i + j], m, p[j])
            columns[i + j + 1] = emit.high_product(columns[i + j + 1], m, p[j])
        if not is_last:
            columns[i + 1] = emit.add(columns[i + 1], emit.signed_right(columns[i], LIMB_BITS))
    up = LIMB_BITS - _LAST_BITS
    result = [emit.left(column, up) for column in columns[LIMBS:]]
    result[0] = emit.add(result[0], emit.signed_right(columns[LIMBS - 1], _LAST_BITS))
    return carry(emit, result)


def operation(result: types.Type, *arguments: types.Type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: an intrinsic from a function that emits its body, with these types of arguments and result."""

    def decorate(write):
        def typing(context):
            def generate(context, builder, signature, values):
                emit = Emitter(builder)
                opened = (_open(emit, builder, *pair) for pair in zip(arguments, values, strict=True))
                value = write(emit, *opened)
                return context.make_tuple(builder, result, value) if isinstance(result, types.UniTuple) else value

            return result(*arguments), generate

        return intrinsic(_OF_ARITY[len(arguments)](typing))

    return decorate


# Numba reads the number of arguments from the signature of the function.
_OF_ARITY: dict[int, Callable[..., Any]] = {
    1: lambda typing: lambda context, a: typing(context),
    2: lambda typing: lambda context, a, b: typing(context),
    3: lambda typing: lambda context, a, b, c: typing(context),
    4: lambda typing: lambda context, a, b, c, d: typing(context),
}


def _open(emit: Emitter, builder: ir.IRBuilder, type_: types.Type, value: ir.Value):
    """An argument as operands of instructions: limbs, a constant in every lane, or the bits of a mask."""
    if isinstance(type_, types.UniTuple) and type_.dtype is Vector:
        return cgutils.unpack_tuple(builder, value, len(type_))
    if type_ is Constant:
        return [emit.broadcast(word) for word in cgutils.unpack_tuple(builder, value, LIMBS)]
    return emit.broadcast(value) if type_ is types.uint64 else emit.from_mask(value)
