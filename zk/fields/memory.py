"""Eight elements between memory and registers.

Rows in memory are words of 64 bits; four words of each of eight rows become five vectors of limbs, lane k holding row
k, and the other way.  An array may be a view of `limbs.rows`.  `keep` and `kept` are a notebook for elements as they
are.
"""

from llvmlite import ir
from numba.core import cgutils, types

from zk.fields.limbs52 import LIMBS, MASK, Element
from zk.fields.simd import LANES, Emitter
from zk.fields.words import address
from zk.runtime.jit import inlined, intrinsic

_KEPT_BYTES = 8 * LIMBS * LANES  # of an element as it is


def _split(emit: Emitter, row_words: list) -> list:
    """Four vectors of words as five of limbs."""
    w, mask = row_words, emit.constant(MASK)
    parts = [w[0], emit.funnel(w[1], w[0], 52), emit.funnel(w[2], w[1], 40), emit.funnel(w[3], w[2], 28)]
    return [*(emit.bit_and(part, mask) for part in parts), emit.right(w[3], 16)]


def _join(emit: Emitter, a: list) -> list:
    """Five vectors of normalised limbs as four of words."""
    shifts = ((0, 52), (12, 40), (24, 28), (36, 16))
    return [
        emit.bit_or(emit.right(a[i], down) if down else a[i], emit.left(a[i + 1], up))
        for i, (down, up) in enumerate(shifts)
    ]


@intrinsic
def load_rows_at(typing, array, index, step, offset):
    """Four words, from word `offset` on, of eight rows of an array: index, index + step, …"""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        array_value, index_value, step_value, offset_value = values
        rows = []
        for _ in range(LANES):
            rows.append(emit.load_row(address(context, builder, array, array_value, index_value, offset_value)))
            index_value = builder.add(index_value, step_value)
        return context.make_tuple(builder, Element, _split(emit, emit.to_words(rows)))

    return Element(array, types.int64, types.int64, types.int64), generate


@intrinsic
def store_rows_at(typing, array, index, step, offset, element):
    """Write elements below 2^256 to four words of eight rows of an array: index, index + step, …"""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        array_value, index_value, step_value, offset_value, element_value = values
        for row in emit.to_rows(_join(emit, cgutils.unpack_tuple(builder, element_value, LIMBS))):
            emit.store_row(address(context, builder, array, array_value, index_value, offset_value), row)
            index_value = builder.add(index_value, step_value)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, types.int64, Element), generate


def _places(context, builder, indices, indices_value, first_value) -> list:
    """indices[first], indices[first + 1], … as words."""
    item = context.get_data_type(indices.dtype)
    start = address(context, builder, indices, indices_value, first_value, rows=LANES, size=item.width // 8)
    pointer = builder.bitcast(start, item.as_pointer())
    found = (builder.load(builder.gep(pointer, [ir.Constant(ir.IntType(32), lane)])) for lane in range(LANES))
    return [value if item.width == 64 else builder.sext(value, ir.IntType(64)) for value in found]


@intrinsic
def gather_rows_at(typing, array, indices, first, shift, offset):
    """Four words of eight rows of an array: indices[first] >> shift, indices[first + 1] >> shift, …"""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        array_value, indices_value, first_value, shift_value, offset_value = values
        rows = []
        for place in _places(context, builder, indices, indices_value, first_value):
            row = builder.ashr(place, shift_value)
            rows.append(emit.load_row(address(context, builder, array, array_value, row, offset_value)))
        return context.make_tuple(builder, Element, _split(emit, emit.to_words(rows)))

    return Element(array, indices, types.int64, types.int64, types.int64), generate


@intrinsic
def scatter_rows_at(typing, array, indices, first, offset, element):
    """Write elements below 2^256 to four words of eight rows of an array: indices[first], indices[first + 1], …"""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        array_value, indices_value, first_value, offset_value, element_value = values
        rows = emit.to_rows(_join(emit, cgutils.unpack_tuple(builder, element_value, LIMBS)))
        for place, row in zip(_places(context, builder, indices, indices_value, first_value), rows, strict=True):
            emit.store_row(address(context, builder, array, array_value, place, offset_value), row)
        return context.get_dummy_value()

    return types.void(array, indices, types.int64, types.int64, Element), generate


@intrinsic
def odd_lanes(typing, indices, first):
    """The lanes whose indices[first], indices[first + 1], … are odd, as a mask."""

    def generate(context, builder, signature, values):
        item = context.get_data_type(indices.dtype)
        base = address(context, builder, indices, *values, rows=LANES, size=item.width // 8)
        row = ir.VectorType(item, LANES)
        found = builder.load(builder.bitcast(base, row.as_pointer()), align=4)
        return builder.bitcast(builder.trunc(found, ir.VectorType(ir.IntType(1), LANES)), ir.IntType(LANES))

    return types.uint8(indices, types.int64), generate


@intrinsic
def keep_at(typing, array, index, offset, element):
    """Write an element as it is to forty words of array[index], to be read back by `kept`."""

    def generate(context, builder, signature, values):
        array_value, index_value, offset_value, element_value = values
        emit = Emitter(builder)
        place = address(context, builder, array, array_value, index_value, offset_value, size=_KEPT_BYTES)
        for limb, vector in enumerate(cgutils.unpack_tuple(builder, element_value, LIMBS)):
            emit.store_vector(place, limb, vector)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, Element), generate


@intrinsic
def kept_at(typing, array, index, offset):
    """The element that `keep` wrote."""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        place = address(context, builder, array, *values, size=_KEPT_BYTES)
        return context.make_tuple(builder, Element, [emit.load_vector(place, limb) for limb in range(LIMBS)])

    return Element(array, types.int64, types.int64), generate


@inlined
def load_rows(rows, index, step):
    """Eight rows of an array (n, 4): index, index + step, …"""
    return load_rows_at(rows, index, step, 0)


@inlined
def store_rows(rows, index, step, element):
    """Write elements below 2^256 to eight rows of an array (n, 4): index, index + step, …"""
    store_rows_at(rows, index, step, 0, element)


@inlined
def keep(notes, index, element):
    """Write an element as it is to row `index` of an array (n, 40), to be read back by `kept`."""
    keep_at(notes, index, 0, element)


@inlined
def kept(notes, index):
    """The element that `keep` wrote to row `index`."""
    return kept_at(notes, index, 0)
