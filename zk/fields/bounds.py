"""Numba's bounds checks for instructions of ours, which it does not see: how far an array or a view reaches, the test.

Nothing is generated here unless kernels check their indices (`jit.is_checked`).
"""

from llvmlite import ir
from numba.core import cgutils, types

_WORD = ir.IntType(64)


def extent(context, builder, array: types.Array, value: ir.Value) -> tuple[ir.Value, ir.Value]:
    """How many rows a C-contiguous array has, and how many bytes a row."""
    count, *inner = cgutils.unpack_tuple(builder, context.make_array(array)(context, builder, value).shape, array.ndim)
    size = ir.Constant(_WORD, context.get_abi_sizeof(context.get_data_type(array.dtype)))
    for length in inner:
        size = builder.mul(size, length)
    return count, size


def check(context, builder, found: tuple[ir.Value, ir.Value], index: ir.Value, rows: int, end: ir.Value) -> None:
    """Raises IndexError in the kernel unless the rows from `index` on, and bytes up to `end` in each, are there."""
    count, size = found
    last = builder.add(index, ir.Constant(_WORD, rows - 1))
    tests = [(">=", index, count), (">=", last, count), (">", end, size)]  # unsigned, so a negative one is too large
    is_outside = [builder.icmp_unsigned(sign, left, right) for sign, left, right in tests]
    with builder.if_then(builder.or_(builder.or_(*is_outside[:2]), is_outside[2]), likely=False):
        context.call_conv.return_user_exc(builder, IndexError, ("a kernel leaves an array",))
