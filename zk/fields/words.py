"""Words of 64 bits with a carry: what the CPU does, in four intrinsics, and the door between ints and words.

An element is a tuple of four unsigned words, least significant first.
"""

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import models, register_model

from zk.fields import bounds
from zk.fields.prime import WORD_BITS, WORDS
from zk.runtime.jit import intrinsic, is_checked

ZERO_WORD = np.uint64(0)
ONE_WORD = np.uint64(1)

_DOUBLE = ir.IntType(2 * WORD_BITS)
_SINGLE = ir.IntType(WORD_BITS)
_PAIR = types.UniTuple(types.uint64, 2)
_SHIFT = ir.Constant(_DOUBLE, WORD_BITS)


def words(value: int, count: int = WORDS) -> tuple[np.uint64, ...]:
    """`value` as `count` words, least significant first."""
    mask = (1 << WORD_BITS) - 1
    return tuple(np.uint64(value >> (WORD_BITS * i) & mask) for i in range(count))


def _split(context, builder, double):
    low = builder.trunc(double, _SINGLE)
    high = builder.trunc(builder.lshr(double, _SHIFT), _SINGLE)
    return context.make_tuple(builder, _PAIR, (low, high))


@intrinsic
def mac(typing, a, b, c, carry):
    """a + b·c + carry as (low, high); it never overflows two words.  1 multiplication."""

    def generate(context, builder, signature, arguments):
        a, b, c, carry = (builder.zext(x, _DOUBLE) for x in arguments)
        return _split(context, builder, builder.add(builder.add(builder.mul(b, c), a), carry))

    return _PAIR(types.uint64, types.uint64, types.uint64, types.uint64), generate


@intrinsic
def mirrored(typing, word):
    """The bits of a word in the opposite order."""

    def generate(context, builder, signature, arguments):
        return builder.bitreverse(arguments[0])

    return types.uint64(types.uint64), generate


@intrinsic
def adc(typing, a, b, carry):
    """a + b + carry as (low, carry out)."""

    def generate(context, builder, signature, arguments):
        a, b, carry = (builder.zext(x, _DOUBLE) for x in arguments)
        return _split(context, builder, builder.add(builder.add(a, b), carry))

    return _PAIR(types.uint64, types.uint64, types.uint64), generate


@intrinsic
def sbb(typing, a, b, borrow):
    """a - b - borrow as (low, borrow out), borrow 0 or 1."""

    def generate(context, builder, signature, arguments):
        a, b, borrow = (builder.zext(x, _DOUBLE) for x in arguments)
        difference = builder.sub(builder.sub(a, b), borrow)
        low = builder.trunc(difference, _SINGLE)
        out = builder.and_(builder.trunc(builder.lshr(difference, _SHIFT), _SINGLE), ir.Constant(_SINGLE, 1))
        return context.make_tuple(builder, _PAIR, (low, out))

    return _PAIR(types.uint64, types.uint64, types.uint64), generate


_FOUR = types.UniTuple(types.uint64, WORDS)


@intrinsic
def choose(typing, chosen, a, b):
    """a when the word `chosen` is 1, b when it is 0, without a branch: one that goes either way at random costs the CPU
    more than the arithmetic around it."""

    def generate(context, builder, signature, arguments):
        chosen, a, b = arguments
        is_a = builder.trunc(chosen, ir.IntType(1))
        pairs = ((builder.extract_value(a, i), builder.extract_value(b, i)) for i in range(WORDS))
        return context.make_tuple(builder, _FOUR, [builder.select(is_a, x, y) for x, y in pairs])

    return _FOUR(types.uint64, _FOUR, _FOUR), generate


class Rows(types.Type):
    """A view of the rows of an array: where they begin, and how far apart they are.

    It owns nothing.  Numba counts the owners of an array that is handed to a kernel within a kernel, even where the
    code of the one is copied into the other, and counting stops the processor; so an inner loop works on a view, and
    whoever made it keeps the array: it is a parameter of the kernel that makes the view.
    """

    def __init__(self, dtype: types.Type, ndim: int):
        self.dtype, self.ndim = dtype, ndim
        super().__init__(f"Rows({dtype}, {ndim})")


@register_model(Rows)
class _RowsModel(models.StructModel):
    def __init__(self, manager, type_):
        extent = [("count", types.intp), ("size", types.intp)] if is_checked else []
        super().__init__(manager, type_, [("data", types.voidptr), ("stride", types.intp), *extent])


@intrinsic
def rows(typing, array):
    """A view of the rows of a C-contiguous array."""
    view = Rows(array.dtype, array.ndim)

    def generate(context, builder, signature, arguments):
        struct = context.make_array(array)(context, builder, arguments[0])
        made = cgutils.create_struct_proxy(view)(context, builder)
        made.data = builder.bitcast(struct.data, ir.IntType(8).as_pointer())
        made.stride = cgutils.unpack_tuple(builder, struct.strides, array.ndim)[0]
        if is_checked:
            made.count, made.size = bounds.extent(context, builder, array, arguments[0])
        return made._getvalue()

    return view(array), generate


def address(
    context, builder, type_: Rows | types.Array, value: ir.Value, index: ir.Value, offset: ir.Value | None = None, *,
    rows: int = 1, size: int = 8 * WORDS,
) -> ir.Value:
    """The address, a byte pointer, of row `index`, or its word `offset`, of an array or view; rows are in one piece.

    Where kernels check their indices, `size` bytes from there on must be in the row, and `rows` rows in the array.
    """  # fmt: skip
    if isinstance(type_, Rows):
        struct = cgutils.create_struct_proxy(type_)(context, builder, value)
        stride, base = struct.stride, struct.data
    else:
        struct = context.make_array(type_)(context, builder, value)
        stride = cgutils.unpack_tuple(builder, struct.strides, type_.ndim)[0]
        base = builder.bitcast(struct.data, ir.IntType(8).as_pointer())
    begin = builder.shl(offset, ir.Constant(_SINGLE, 3)) if offset is not None else ir.Constant(_SINGLE, 0)
    if is_checked and rows:
        if isinstance(type_, Rows):
            extent = struct.count, struct.size
        else:
            extent = bounds.extent(context, builder, type_, value)
        bounds.check(context, builder, extent, index, rows, builder.add(begin, ir.Constant(_SINGLE, size)))
    distance = builder.mul(index, stride)
    if offset is not None:
        distance = builder.add(distance, begin)
    return builder.gep(base, [distance])


@intrinsic
def prefetch(typing, view, index):
    """Begin to bring row `index` into the cache: its first 64 bytes.  An index out of range does no harm."""

    def generate(context, builder, signature, arguments):
        pointer, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        place = address(context, builder, view, *arguments, rows=0)
        builder.call(function, [place, flag(0), flag(3), flag(1)])  # to read, to stay, data
        return context.get_dummy_value()

    return types.void(view, types.int64), generate


@intrinsic
def item(typing, view, index):
    """Number `index` of an array, or a view of one, of whole numbers."""

    def generate(context, builder, signature, arguments):
        kind = context.get_data_type(view.dtype)
        place = address(context, builder, view, *arguments, size=kind.width // 8)
        found = builder.load(builder.bitcast(place, kind.as_pointer()))
        return found if kind.width == _SINGLE.width else builder.sext(found, _SINGLE)

    return types.int64(view, types.int64), generate


def _word_at(builder, place: ir.Value, i: int) -> ir.Value:
    return builder.gep(builder.bitcast(place, _SINGLE.as_pointer()), [ir.Constant(ir.IntType(32), i)])


@intrinsic
def load_words(typing, array, index, offset):
    """Four words of array[index] from word `offset` on.  A view of the row would cost the counting of its owners."""

    def generate(context, builder, signature, arguments):
        place = address(context, builder, array, *arguments)
        return context.make_tuple(builder, _FOUR, [builder.load(_word_at(builder, place, i)) for i in range(WORDS)])

    return _FOUR(array, types.int64, types.int64), generate


@intrinsic
def store_words(typing, array, index, offset, words):
    """Write four words to array[index] from word `offset` on."""

    def generate(context, builder, signature, arguments):
        place = address(context, builder, array, *arguments[:3])
        for i in range(WORDS):
            builder.store(builder.extract_value(arguments[3], i), _word_at(builder, place, i))
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, _FOUR), generate
