"""Borrowed views of arrays, the address of a row, and access to arrays of integers.

Numba counts references to an array that one kernel passes to another, even where the callee is inlined, and the atomic
count stalls the pipeline.  Slicing counts too.  So inner loops work on borrowed views, and name a part of a row by its
offset instead of slicing.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import models, register_model

from zk.fields import bounds
from zk.fields.prime import WORD_BITS, WORDS
from zk.runtime import cpu
from zk.runtime.jit import intrinsic, is_checked

_WORD = ir.IntType(WORD_BITS)
_BYTE_POINTER = ir.IntType(8).as_pointer()


class View(types.Type):
    """A borrowed view of the rows of an array: the address of the first, and the distance between two.

    It owns nothing and keeps nothing alive: the kernel that borrows must have the array as a parameter.
    """

    def __init__(self, dtype: types.Type, ndim: int):
        self.dtype, self.ndim = dtype, ndim
        super().__init__(f"View({dtype}, {ndim})")


@register_model(View)
class _ViewModel(models.StructModel):
    def __init__(self, manager, type_):
        extent = [("count", types.intp), ("size", types.intp)] if is_checked else []
        super().__init__(manager, type_, [("data", types.voidptr), ("stride", types.intp), *extent])


@intrinsic
def borrow(typing, array):
    """A view of the rows of a C-contiguous array."""
    type_ = View(array.dtype, array.ndim)

    def generate(context, builder, signature, arguments):
        struct = context.make_array(array)(context, builder, arguments[0])
        view = cgutils.create_struct_proxy(type_)(context, builder)
        view.data = builder.bitcast(struct.data, _BYTE_POINTER)
        view.stride = cgutils.unpack_tuple(builder, struct.strides, array.ndim)[0]
        if is_checked:
            view.count, view.size = bounds.extent(context, builder, array, arguments[0])
        return view._getvalue()

    return type_(array), generate


def address(
    context, builder, type_: View | types.Array, value: ir.Value, index: ir.Value, offset: ir.Value | None = None, *,
    rows: int = 1, size: int = 8 * WORDS,
) -> ir.Value:
    """The address, a byte pointer, of word `offset` of row `index` of an array or view whose rows are contiguous.

    Where kernels check their indices, the row must have `size` bytes from there on, and the array `rows` rows.
    """  # fmt: skip
    if isinstance(type_, View):
        struct = cgutils.create_struct_proxy(type_)(context, builder, value)
        stride, base = struct.stride, struct.data
    else:
        struct = context.make_array(type_)(context, builder, value)
        stride = cgutils.unpack_tuple(builder, struct.strides, type_.ndim)[0]
        base = builder.bitcast(struct.data, _BYTE_POINTER)
    begin = builder.shl(offset, ir.Constant(_WORD, 3)) if offset is not None else ir.Constant(_WORD, 0)
    if is_checked and rows:
        if isinstance(type_, View):
            extent = struct.count, struct.size
        else:
            extent = bounds.extent(context, builder, type_, value)
        bounds.check(context, builder, extent, index, rows, builder.add(begin, ir.Constant(_WORD, size)))
    distance = builder.mul(index, stride)
    if offset is not None:
        distance = builder.add(distance, begin)
    return builder.gep(base, [distance])


@intrinsic
def prefetch(typing, rows, index):
    """Request row `index` for the cache: 64 bytes of a row (2, 4), 128 of a row (2, 2, 4).

    An index out of range does no harm.
    """

    def generate(context, builder, signature, arguments):
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [_BYTE_POINTER, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        array, row = arguments
        for line in range(1 << (rows.ndim - 3)):
            place = address(context, builder, rows, array, row, _WORD(8 * line), rows=0)
            builder.call(function, [place, flag(0), flag(3), flag(1)])  # for reading, of high locality, data
        return context.get_dummy_value()

    return types.void(rows, types.int64), generate


@intrinsic
def item(typing, integers, index):
    """Element `index` of an array of integers, or of a view of one."""

    def generate(context, builder, signature, arguments):
        kind = context.get_data_type(integers.dtype)
        pointer = address(context, builder, integers, *arguments, size=kind.width // 8)
        value = builder.load(builder.bitcast(pointer, kind.as_pointer()))
        return value if kind.width == _WORD.width else builder.sext(value, _WORD)

    return types.int64(integers, types.int64), generate


@intrinsic
def odd_lanes(typing, integers, first):
    """The mask of the lanes whose integers[first], integers[first + 1], … are odd."""

    def generate(context, builder, signature, arguments):
        kind = context.get_data_type(integers.dtype)
        base = address(context, builder, integers, *arguments, rows=cpu.LANES, size=kind.width // 8)
        row = ir.VectorType(kind, cpu.LANES)
        bits = builder.trunc(
            builder.load(builder.bitcast(base, row.as_pointer()), align=4), ir.VectorType(ir.IntType(1), cpu.LANES)
        )
        mask = builder.bitcast(bits, ir.IntType(cpu.LANES))
        return mask if cpu.LANES == 8 else builder.zext(mask, ir.IntType(8))

    return types.uint8(integers, types.int64), generate
