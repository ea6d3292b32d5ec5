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


def subtract(emit: Emitter, a: list, b: list, p: list, twice_p: list) -> list:
    """a - b for b <= 3p, plus 2p where the difference may be negative, and p more where it is below -p + 2^208."""
    # The second step is for b above 2p: without it, an excess in b would leave a negative number.
    columns, zero = [emit.sub(x, y) for x, y in zip(a, b, strict=True)], emit.constant(0)
    highest = columns[-1]
    low, lower = emit.less(highest, emit.constant(1)), emit.less(highest, emit.sub(zero, p[-1]))
    for mask, multiple in ((low, twice_p), (lower, p)):
        columns = [emit.add(c, emit.select(mask, m, zero)) for c, m in zip(columns, multiple, strict=True)]
    return carry(emit, columns)


def product_columns(emit: Emitter, a: list, b: list, start: list | None = None) -> list:
    """The ten columns of a·b, added to those in `start`.  50 multiply-adds."""
    columns = list(start) if start else [emit.constant(0)] * (2 * LIMBS)
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


def reduced_columns(emit: Emitter, columns: list, p: list, negative_inverse: ir.Value) -> list:
    """Columns of either sign, divided by 2^256 mod p, as five columns of either sign.  51 multiply-adds."""
    columns = list(columns)
    for i in range(LIMBS - 1):
        m = emit.low_product(emit.constant(0), columns[i], negative_inverse)
        # m·p clears the low 52 bits of the column, so that what remains is the column over 2^52, rounded up.  It is
        # summed apart from the rest, on which the next m does not depend.
        rest = emit.signed_right(emit.add(columns[i], emit.constant(MASK)), LIMB_BITS)
        rest = emit.low_product(rest, m, p[1])
        columns[i + 1] = emit.add(emit.high_product(columns[i + 1], m, p[0]), rest)
        columns[i + 2] = emit.high_product(columns[i + 2], m, p[1])
        for j in range(2, LIMBS):
            columns[i + j] = emit.low_product(columns[i + j], m, p[j])
            columns[i + j + 1] = emit.high_product(columns[i + j + 1], m, p[j])
    m = emit.low_product(emit.constant(0), columns[LIMBS - 1], negative_inverse)
    m = emit.bit_and(m, emit.constant((1 << _LAST_BITS) - 1))
    for j in range(LIMBS):
        columns[LIMBS - 1 + j] = emit.low_product(columns[LIMBS - 1 + j], m, p[j])
        columns[LIMBS + j] = emit.high_product(columns[LIMBS + j], m, p[j])
    result = [emit.left(column, LIMB_BITS - _LAST_BITS) for column in columns[LIMBS:]]
    result[0] = emit.add(result[0], emit.signed_right(columns[LIMBS - 1], _LAST_BITS))
    return result


def reduce(emit: Emitter, columns: list, p: list, negative_inverse: ir.Value) -> list:
    """Columns of either sign, divided by 2^256 mod p, as limbs; the highest has the sign.  51 multiply-adds."""
    return carry(emit, reduced_columns(emit, columns, p, negative_inverse))


def settle(
    emit: Emitter, columns: list, p: list, *,
    may_be_below: bool = False, may_be_negative: bool = True, may_be_above: bool = False,
) -> list:
    """Five columns of a number as limbs of one below 2p + 2^211, equal to it modulo p.

    The number is below 2p, or 4p if it `may_be_above`, and not negative, or above -2p if it `may_be_negative`, or above
    -4p - 2^242 if it `may_be_below` too.  Columns are of either sign and below 2^62 in magnitude.  So what is compared
    is the highest with the carry from the next: the highest limb give or take one, and after the first step at most
    four too small.
    """  # fmt: skip
    zero = emit.constant(0)
    twice_p, thrice_p = [emit.add(x, x) for x in p], [emit.add(x, emit.add(x, x)) for x in p]
    top = emit.add(columns[-1], emit.signed_right(columns[-2], LIMB_BITS))
    is_above = emit.less(emit.add(twice_p[-1], emit.constant(2)), top)
    if may_be_below:
        is_below = emit.less(top, emit.sub(emit.constant(1), twice_p[-1]))
        columns = [emit.add(c, emit.select(is_below, m, zero)) for c, m in zip(columns, thrice_p, strict=True)]
        top = emit.add(top, emit.select(is_below, thrice_p[-1], zero))
    if may_be_negative:
        is_negative = emit.less(top, emit.constant(1))
        columns = [emit.add(c, emit.select(is_negative, m, zero)) for c, m in zip(columns, twice_p, strict=True)]
    if may_be_above:
        columns = [emit.sub(c, emit.select(is_above, m, zero)) for c, m in zip(columns, twice_p, strict=True)]
    return carry(emit, columns)


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
    5: lambda typing: lambda context, a, b, c, d, e: typing(context),
}


def _open(emit: Emitter, builder: ir.IRBuilder, type_: types.Type, value: ir.Value):
    """An argument as operands of instructions: limbs, a constant in every lane, or the bits of a mask."""
    if isinstance(type_, types.UniTuple) and type_.dtype is Vector:
        return cgutils.unpack_tuple(builder, value, len(type_))
    if type_ is Constant:
        return [emit.broadcast(word) for word in cgutils.unpack_tuple(builder, value, LIMBS)]
    return emit.broadcast(value) if type_ is types.uint64 else emit.from_mask(value)
