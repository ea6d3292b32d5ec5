"""Moving field elements between memory and registers: the only vocabulary for it.

    load, store         rows of an array, four words each: one element, or a row per lane
    gather, scatter     rows given by an array of indices: a row per lane
    spill, reload       elements as they are, unreduced, to and from a scratch array
    transpose           LANES elements of LANES lanes in a scratch array

Names that end in `_lanes`, gather, scatter and reload move as many elements as the CPU has lanes: one as four words,
or eight as five vectors of limbs, lane k holding row k.  Writing goes by the type of the element; names that end in
`_like` read an element of the type of another.

Rows may have any shape as long as each is contiguous; `part` selects a part of each.  Arrays may be borrowed views
(zk/fields/views.py).  An element to be stored or scattered must be below 2^256, with normalized limbs.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from zk.fields import limbs52, words
from zk.fields.limbs52 import LIMBS
from zk.fields.prime import WORDS
from zk.fields.simd import LANES, Emitter, Vector
from zk.fields.views import address
from zk.runtime import cpu
from zk.runtime.jit import inlined, intrinsic

# The words that an element takes in a scratch array: its limbs in every lane, or its four words.
SCRATCH_WORDS = LIMBS * LANES if cpu.LANES > 1 else WORDS

_WORD, _INDEX = ir.IntType(64), ir.IntType(32)
_ELEMENT = limbs52.Element if cpu.LANES > 1 else words.Element  # as many as the CPU has lanes
_ONE_ELEMENT = words.words(0)  # any one


def _element(type_: Any) -> Any:
    """The type itself for a tuple of vectors, and four words for any other, which Numba casts to them."""
    return type_ if isinstance(type_, types.UniTuple) and type_.dtype is Vector else words.Element


def _is_words(element: Any) -> bool:
    """Whether an element is four words; otherwise it is vectors."""
    return element is words.Element


def _read(context, builder, element: Any, places: list[ir.Value]) -> ir.Value:
    """An element from the rows at these addresses, one for each lane."""
    emit = Emitter(builder)
    if _is_words(element):
        parts = [builder.load(emit.word_at(places[0], i)) for i in range(WORDS)]
    else:
        parts = limbs52.from_words(emit, emit.to_words([emit.load_row(place) for place in places]))
    return context.make_tuple(builder, element, parts)


def _write(builder, element: Any, places: list[ir.Value], value: ir.Value) -> None:
    """Write an element to the rows at these addresses, one for each lane."""
    emit, parts = Emitter(builder), cgutils.unpack_tuple(builder, value)
    if _is_words(element):
        for i in range(WORDS):
            builder.store(parts[i], emit.word_at(places[0], i))
    else:
        for place, row in zip(places, emit.to_rows(limbs52.to_words(emit, parts)), strict=True):
            emit.store_row(place, row)


def _stepped(context, builder, element: Any, type_, array, index, step, offset) -> list[ir.Value]:
    """The addresses of the rows index, index + step, … for each lane of an element."""
    places = []
    for lane in range(1 if _is_words(element) else LANES):
        index = builder.add(index, step) if lane else index
        places.append(address(context, builder, type_, array, index, offset))
    return places


def _indices(context, builder, element: Any, type_, indices, first) -> list[ir.Value]:
    """indices[first], indices[first + 1], … for each lane of an element."""
    item, lanes = context.get_data_type(type_.dtype), 1 if _is_words(element) else LANES
    start = address(context, builder, type_, indices, first, rows=lanes, size=item.width // 8)
    pointer = builder.bitcast(start, item.as_pointer())
    values = (builder.load(builder.gep(pointer, [_INDEX(lane)])) for lane in range(lanes))
    return [value if item.width == 64 else builder.sext(value, _WORD) for value in values]


def _scratch(context, builder, element: Any, type_, scratch, index, part) -> ir.Value:
    """The address of an element in a scratch array."""
    size = len(element) if _is_words(element) else len(element) * LANES
    return address(context, builder, type_, scratch, index, builder.mul(part, _WORD(size)), size=8 * size)


@intrinsic
def _lanes_of_cpu(typing):
    """An undefined element of as many lanes as the CPU has, for its type alone."""
    return _ELEMENT(), lambda context, *_: ir.Constant(context.get_value_type(_ELEMENT), ir.Undefined)


@intrinsic
def _load_like(typing, rows, index, step, offset, like):
    element = _element(like)

    def generate(context, builder, signature, values):
        return _read(context, builder, element, _stepped(context, builder, element, rows, *values[:4]))

    return element(rows, types.int64, types.int64, types.int64, like), generate


@intrinsic
def _store_lanes(typing, rows, index, step, offset, a):
    element = _element(a)

    def generate(context, builder, signature, values):
        _write(builder, element, _stepped(context, builder, element, rows, *values[:4]), values[4])
        return context.get_dummy_value()

    return types.void(rows, types.int64, types.int64, types.int64, element), generate


@intrinsic
def _gather(typing, rows, indices, first, shift, offset):
    def generate(context, builder, signature, values):
        array, indices_value, first_value, shift_value, offset_value = values
        chosen = _indices(context, builder, _ELEMENT, indices, indices_value, first_value)
        shifted = [builder.ashr(index, shift_value) for index in chosen]
        places = [address(context, builder, rows, array, index, offset_value) for index in shifted]
        return _read(context, builder, _ELEMENT, places)

    return _ELEMENT(rows, indices, types.int64, types.int64, types.int64), generate


@intrinsic
def _scatter(typing, rows, indices, first, offset, a):
    element = _element(a)

    def generate(context, builder, signature, values):
        array, indices_value, first_value, offset_value, value = values
        chosen = _indices(context, builder, element, indices, indices_value, first_value)
        places = [address(context, builder, rows, array, index, offset_value) for index in chosen]
        _write(builder, element, places, value)
        return context.get_dummy_value()

    return types.void(rows, indices, types.int64, types.int64, element), generate


@intrinsic
def _spill(typing, scratch, index, part, a):
    element = _element(a)

    def generate(context, builder, signature, values):
        place, emit = _scratch(context, builder, element, scratch, *values[:3]), Emitter(builder)
        if _is_words(element):
            _write(builder, element, [place], values[3])
        else:
            for i, vector in enumerate(cgutils.unpack_tuple(builder, values[3])):
                emit.store_vector(place, i, vector)
        return context.get_dummy_value()

    return types.void(scratch, types.int64, types.int64, element), generate


@intrinsic
def _reload_like(typing, scratch, index, part, like):
    element = _element(like)

    def generate(context, builder, signature, values):
        place, emit = _scratch(context, builder, element, scratch, *values[:3]), Emitter(builder)
        if _is_words(element):
            return _read(context, builder, element, [place])
        return context.make_tuple(builder, element, [emit.load_vector(place, i) for i in range(len(element))])

    return element(scratch, types.int64, types.int64, like), generate


@intrinsic
def transpose(typing, scratch, index):
    """Transpose the elements from row `index` on in place: lane k of row i becomes lane i of row k."""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        array, first = values
        rows = [builder.add(first, _WORD(i)) for i in range(cpu.LANES)] if cpu.LANES > 1 else []
        places = [address(context, builder, scratch, array, row, size=8 * LIMBS * LANES) for row in rows]
        for limb in range(LIMBS if places else 0):
            columns = emit.transpose([emit.load_vector(place, limb) for place in places])
            for place, vector in zip(places, columns, strict=True):
                emit.store_vector(place, limb, vector)
        return context.get_dummy_value()

    return types.void(scratch, types.int64), generate


@inlined
def load(rows, index, part=0):
    """One element from row `index`."""
    return _load_like(rows, index, 0, WORDS * part, _ONE_ELEMENT)


@inlined
def store(rows, index, a, part=0):
    """Write one element to row `index`."""
    _store_lanes(rows, index, 0, WORDS * part, a)


@inlined
def load_lanes(rows, index, step, part=0):
    """The rows index, index + step, …, one for each lane."""
    return _load_like(rows, index, step, WORDS * part, _lanes_of_cpu())


@inlined
def store_lanes(rows, index, step, a, part=0):
    """Write an element to the rows index, index + step, …, one for each of its lanes."""
    _store_lanes(rows, index, step, WORDS * part, a)


@inlined
def load_like(rows, index, step, like):
    """The rows index, index + step, …, one for each lane of `like`."""
    return _load_like(rows, index, step, 0, like)


@inlined
def gather(rows, indices, first, shift, part=0):
    """The rows indices[first] >> shift, indices[first + 1] >> shift, …, one for each lane."""
    return _gather(rows, indices, first, shift, WORDS * part)


@inlined
def scatter(rows, indices, first, a, part=0):
    """Write an element to the rows indices[first], indices[first + 1], …, one for each of its lanes."""
    _scatter(rows, indices, first, WORDS * part, a)


@inlined
def spill(scratch, index, a, part=0):
    """Write an element, or a factor, as it is to row `index` of a scratch array."""
    _spill(scratch, index, part, a)


@inlined
def reload(scratch, index, part=0):
    """The element that was spilled to row `index`."""
    return _reload_like(scratch, index, part, _lanes_of_cpu())


@inlined
def reload_like(scratch, index, like, part=0):
    """The element of the type of `like` that was spilled to row `index`."""
    return _reload_like(scratch, index, part, like)
