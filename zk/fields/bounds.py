"""Bounds checks for intrinsics that access memory, which Numba's own checks do not cover.

Nothing is generated unless kernels check their indices (`jit.is_checked`).
"""

from llvmlite import ir
from numba.core import cgutils, types

_WORD = ir.IntType(64)


def extent(context, builder, array: types.Array, value: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The number of rows of a C-contiguous array, and of bytes in each."""
    count, *inner = cgutils.unpack_tuple(builder, context.make_array(array)(context, builder, value).shape, array.ndim)
    size = ir.Constant(_WORD, context.get_abi_sizeof(context.get_data_type(array.dtype)))
    for length in inner:
        size = builder.mul(size, length)
    return count, size


def check(context, builder, extent: tuple[ir.Value, ir.Value], index: ir.Value, rows: int, end: ir.Value) -> None:
    """Raise IndexError in the kernel unless `rows` rows from `index` on exist, and have bytes up to `end`."""
    count, size = extent
    last = builder.add(index, ir.Constant(_WORD, rows - 1))
    tests = [(">=", index, count), (">=", last, count), (">", end, size)]  # unsigned: a negative index is too large
    is_outside = [builder.icmp_unsigned(sign, left, right) for sign, left, right in tests]
    with builder.if_then(builder.or_(builder.or_(*is_outside[:2]), is_outside[2]), likely=False):
        context.call_conv.return_user_exc(builder, IndexError, ("a kernel accesses memory outside an array",))
