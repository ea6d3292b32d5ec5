"""Eight elements of a prime field at once, in Montgomery form: a stands for a·2^256 modulo p, as everywhere.

An element is five vectors of 52-bit limbs, least significant first, one lane for each of eight numbers.  Between
operations a number is *lazy*: below 2p + e for a small *excess* e, instead of below p; its limbs are 52 bits.  2p+
stands for any such bound with e <= 2^240.  Only `canonical` makes a number what memory holds.

Products.  The 50 multiply-adds of a·b fill ten columns; Montgomery reduction takes 52 bits from the lower end four
times and 48 bits once, 2^256 in all, with 55 more.  For a < A p and b < B p

    (a·b + m·p) / 2^256 < (A·B·p / 2^256 + 1) p,        p / 2^256 < 0.18904,

so the result has no excess when a·b < 2^256·p, as it is for A·B <= 5.28, and for a below 2^256 with b below p.  Two
lazy sides give less than 1.76 p.  Each column is the sum of at most 18 numbers of 52 bits and a small carry, less than
2^57 in all, so nothing is lost before the carries are taken.

Comparisons look at the highest column alone.  The ones below it hold less than one unit of it when they are the
difference of two numbers, and from zero to less than two when they are a sum.  So, h being the highest column and t
the highest limb of k·p: h > t + 1 says that the number is above k·p, and h <= t + 1 that it is below k·p + 2^210; a
difference with h >= 1 is positive, and one with h <= 0 is below 2^208.

Sums and differences.  `sub` leaves an excess of 2^208, or that of its first operand if that is greater.  `add` leaves
the sum of both excesses, and at least 2^210.  So excess grows only where sums are added to sums, as twice 2p + e is
2p + 2e: n additions in a row leave at most 2^(209 + n), and 30 of them, more than any transform has steps, keep 2p+.
"""

from types import SimpleNamespace

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types

from zk.fields.limbs import address
from zk.fields.prime import MONTGOMERY, Prime
from zk.fields.vector import LANES, Emitter, Vector
from zk.jit import inlined, inner, intrinsic

LIMBS = 5
LIMB_BITS = 52

MASK = (1 << LIMB_BITS) - 1
_LAST_BITS = 256 - 4 * LIMB_BITS
Element = types.UniTuple(Vector, LIMBS)
Constant = types.UniTuple(types.uint64, LIMBS)


def limbs(value: int) -> tuple[np.uint64, ...]:
    """`value` as five limbs, least significant first."""
    return tuple(np.uint64(value >> (LIMB_BITS * i) & MASK) for i in range(LIMBS))


def carry(emit: Emitter, columns: list) -> list:
    """Columns of either sign as limbs of 52 bits; the highest keeps what is left."""
    carried, above = [], columns[0]
    for column in columns[1:]:
        carried.append(emit.bit_and(above, emit.constant(MASK)))
        above = emit.add(column, emit.signed_right(above, LIMB_BITS))
    return [*carried, above]


def subtract_above(emit: Emitter, columns: list, multiple: list) -> list:
    """The columns less `multiple` where that is not negative for certain; what is left is below multiple + 2^210."""
    above = emit.less(emit.add(multiple[-1], emit.constant(1)), columns[-1])
    zero = emit.constant(0)
    return [emit.sub(c, emit.select(above, m, zero)) for c, m in zip(columns, multiple)]


def raise_below(emit: Emitter, columns: list, multiple: list) -> list:
    """The columns and `multiple` where they are not positive for certain, which is below multiple + 2^209."""
    below, zero = emit.less(columns[-1], emit.constant(1)), emit.constant(0)
    return [emit.add(c, emit.select(below, m, zero)) for c, m in zip(columns, multiple)]


def product_columns(emit: Emitter, a: list, b: list) -> list:
    """The ten columns of a·b.  50 multiply-adds."""
    columns = [emit.constant(0)] * (2 * LIMBS)
    for i in range(LIMBS):
        for j in range(LIMBS):
            columns[i + j] = emit.low_product(columns[i + j], a[i], b[j])
            columns[i + j + 1] = emit.high_product(columns[i + j + 1], a[i], b[j])
    return columns


def _square_columns(emit: Emitter, a: list) -> list:
    """The ten columns of a^2: products of different limbs once, doubled.  30 multiply-adds."""
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
    """Columns of either sign / 2^256 mod p as limbs, of which the highest has the sign.  55 multiply-adds."""
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


def operation(result, *arguments):
    """An intrinsic on arguments of these types that returns `result`; the decorated function writes its body."""

    def decorate(write):
        def typing(context):
            def generate(context, builder, signature, values):
                emit = Emitter(builder)
                made = write(emit, *(_open(emit, builder, *pair) for pair in zip(arguments, values)))
                return context.make_tuple(builder, result, made) if isinstance(result, types.UniTuple) else made

            return result(*arguments), generate

        return intrinsic(_OF_ARITY[len(arguments)](typing))

    return decorate


# Numba reads the number of arguments from the signature.
_OF_ARITY = {
    1: lambda typing: lambda context, a: typing(context),
    2: lambda typing: lambda context, a, b: typing(context),
    3: lambda typing: lambda context, a, b, c: typing(context),
    4: lambda typing: lambda context, a, b, c, d: typing(context),
}


def _open(emit: Emitter, builder: ir.IRBuilder, type_: types.Type, value: ir.Value):
    """An argument as what instructions work on: limbs, constants in every lane, or the bits of a mask."""
    if isinstance(type_, types.UniTuple) and type_.dtype is Vector:
        return cgutils.unpack_tuple(builder, value, len(type_))
    if type_ is Constant:
        return [emit.broadcast(word) for word in cgutils.unpack_tuple(builder, value, LIMBS)]
    return emit.broadcast(value) if type_ is types.uint64 else emit.from_mask(value)


@operation(Element, Element, Element, Constant, types.uint64)
def mul(emit, a, b, p, negative_inverse):
    """a·b / 2^256, below (A·B·0.1893 + 1) p.  105 multiply-adds."""
    return reduce(emit, product_columns(emit, a, b), p, negative_inverse)


@operation(Element, Element, Constant, types.uint64)
def square(emit, a, p, negative_inverse):
    """a^2 / 2^256, as `mul`.  85 multiply-adds."""
    return reduce(emit, _square_columns(emit, a), p, negative_inverse)


@operation(Element, Element, Element, Constant)
def add(emit, a, b, twice_p):
    """a + b: 2p is subtracted where the sum is above 2p for certain."""
    return carry(emit, subtract_above(emit, [emit.add(x, y) for x, y in zip(a, b)], twice_p))


@operation(Element, Element, Element)
def add_loose(emit, a, b):
    """a + b, not reduced."""
    return carry(emit, [emit.add(x, y) for x, y in zip(a, b)])


@operation(Element, Element, Element, Constant, Constant)
def sub(emit, a, b, p, twice_p):
    """a - b for b <= 3p: 2p is added where the difference may be negative, and p more where it is below -p + 2^208.

    The second step is for b above 2p: excess would otherwise come back as a number below zero.
    """
    columns, zero = [emit.sub(x, y) for x, y in zip(a, b)], emit.constant(0)
    highest = columns[-1]
    low, lower = emit.less(highest, emit.constant(1)), emit.less(highest, emit.sub(zero, p[-1]))
    for mask, multiple in ((low, twice_p), (lower, p)):
        columns = [emit.add(c, emit.select(mask, m, zero)) for c, m in zip(columns, multiple)]
    return carry(emit, columns)


@operation(Element, Element, Element, Constant)
def sub_loose(emit, a, b, multiple):
    """a - b + multiple, not reduced, for b <= multiple."""
    return carry(emit, [emit.add(emit.sub(x, y), m) for x, y, m in zip(a, b, multiple)])


@operation(Element, Element, Constant, Constant)
def canonical(emit, a, p, twice_p):
    """a below p, for a < 5p: 2p and p by the highest column, and then the last p exactly, by the sign.

    Below 3p after the first, below 2p after the second, where a comparison that held back leaves less than p + 2^210.
    """
    low = subtract_above(emit, subtract_above(emit, a, twice_p), p)
    exact = [emit.sub(x, m) for x, m in zip(low, p)]
    top = exact[0]
    for column in exact[1:]:
        top = emit.add(column, emit.signed_right(top, LIMB_BITS))
    is_below, zero = emit.less(top, emit.constant(0)), emit.constant(0)
    return carry(emit, [emit.add(x, emit.select(is_below, m, zero)) for x, m in zip(exact, p)])


@operation(Element, types.uint8, Element, Element)
def select(emit, mask, a, b):
    """a in the lanes of the mask, else b."""
    return [emit.select(mask, x, y) for x, y in zip(a, b)]


@operation(types.uint8, Element, types.uint64)
def low_limb_is(emit, a, limb):
    """The lanes whose lowest limb is this: what may be equal to a known number.  Wrong for one number in 2^52."""
    return emit.to_mask(emit.equal(a[0], limb))


@operation(Element, Constant)
def broadcast(emit, constant):
    """A constant in every lane."""
    return constant


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
    start = address(context, builder, indices, indices_value, first_value)
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
        for place, row in zip(_places(context, builder, indices, indices_value, first_value), rows):
            emit.store_row(address(context, builder, array, array_value, place, offset_value), row)
        return context.get_dummy_value()

    return types.void(array, indices, types.int64, types.int64, Element), generate


@intrinsic
def odd_lanes(typing, indices, first):
    """The lanes whose indices[first], indices[first + 1], … are odd, as a mask."""

    def generate(context, builder, signature, values):
        base = address(context, builder, indices, *values)
        row = ir.VectorType(context.get_data_type(indices.dtype), LANES)
        found = builder.load(builder.bitcast(base, row.as_pointer()), align=4)
        return builder.bitcast(builder.trunc(found, ir.VectorType(ir.IntType(1), LANES)), ir.IntType(LANES))

    return types.uint8(indices, types.int64), generate


@intrinsic
def keep_at(typing, array, index, offset, element):
    """Write an element as it is to forty words of array[index], to be read back by `kept`."""

    def generate(context, builder, signature, values):
        array_value, index_value, offset_value, element_value = values
        emit = Emitter(builder)
        place = address(context, builder, array, array_value, index_value, offset_value)
        for limb, vector in enumerate(cgutils.unpack_tuple(builder, element_value, LIMBS)):
            emit.store_vector(place, limb, vector)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, Element), generate


@intrinsic
def kept_at(typing, array, index, offset):
    """The element that `keep` wrote."""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        place = address(context, builder, array, *values)
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


def kernels(prime: Prime) -> SimpleNamespace:
    """The kernels of one field on eight lanes, under the names of `montgomery.kernels`, and what only lanes need."""
    p, twice_p = limbs(prime.modulus), limbs(2 * prime.modulus)
    negative_inverse = np.uint64(-pow(prime.modulus, -1, 1 << LIMB_BITS) % (1 << LIMB_BITS))
    zero, one = limbs(0), limbs(MONTGOMERY % prime.modulus)
    square_of_montgomery, plain_one = limbs(MONTGOMERY**2 % prime.modulus), limbs(1)
    low_p, low_twice_p, mask = p[0], twice_p[0], np.uint64(MASK)

    @inlined
    def lanes_add(a, b):
        """a + b."""
        return add(a, b, twice_p)

    @inlined
    def lanes_double(a):
        """2a."""
        return add(a, a, twice_p)

    @inlined
    def lanes_sub(a, b):
        """a - b."""
        return sub(a, b, p, twice_p)

    @inlined
    def lanes_neg(a):
        """-a."""
        return sub(broadcast(zero), a, p, twice_p)

    @inlined
    def lanes_sub_small(a, b):
        """a - b + p, for b <= p; not reduced."""
        return sub_loose(a, b, p)

    @inlined
    def lanes_neg_small(a):
        """p - a, for a <= p."""
        return sub_loose(broadcast(zero), a, p)

    @inner
    def lanes_mul(a, b):
        """a·b."""
        return mul(a, b, p, negative_inverse)

    @inner
    def lanes_square(a):
        """a^2."""
        return square(a, p, negative_inverse)

    @inlined
    def lanes_mul_inlined(a, b):
        """a·b, its code copied into the caller."""
        return mul(a, b, p, negative_inverse)

    @inlined
    def lanes_square_inlined(a):
        """a^2, its code copied into the caller."""
        return square(a, p, negative_inverse)

    @inlined
    def lanes_canonical(a):
        """a below p, for a < 5p."""
        return canonical(a, p, twice_p)

    @inlined
    def lanes_may_be_zero(a):
        """The lanes that may be 0 mod p, all that are among them, for a < 3p; wrong for three numbers in 2^52."""
        found = low_limb_is(a, zero[0]) | low_limb_is(a, low_p) | low_limb_is(a, low_twice_p)
        return np.uint8(found)

    @inlined
    def lanes_select(chosen, a, b):
        """a in the lanes of the mask, else b."""
        return select(chosen, a, b)

    @inlined
    def lanes_one(like):
        """1."""
        return broadcast(one)

    @inlined
    def lanes_constant(w, like):
        """Four Montgomery words in every lane."""
        return broadcast((
            w[0] & mask,
            (w[0] >> np.uint64(52) | w[1] << np.uint64(12)) & mask,
            (w[1] >> np.uint64(40) | w[2] << np.uint64(24)) & mask,
            (w[2] >> np.uint64(28) | w[3] << np.uint64(36)) & mask,
            w[3] >> np.uint64(16),
        ))  # fmt: skip

    @inner
    def lanes_to_montgomery(a):
        """Plain numbers to Montgomery form."""
        return mul(a, broadcast(square_of_montgomery), p, negative_inverse)

    @inner
    def lanes_from_montgomery(a):
        """Montgomery form to plain numbers, canonical."""
        return canonical(mul(a, broadcast(plain_one), p, negative_inverse), p, twice_p)

    return SimpleNamespace(
        add=lanes_add, double=lanes_double, sub=lanes_sub, neg=lanes_neg, sub_small=lanes_sub_small, neg_small=lanes_neg_small, mul=lanes_mul,
        square=lanes_square, mul_inlined=lanes_mul_inlined, square_inlined=lanes_square_inlined,
        canonical=lanes_canonical, may_be_zero=lanes_may_be_zero, select=lanes_select, one=lanes_one,
        constant=lanes_constant, to_montgomery=lanes_to_montgomery, from_montgomery=lanes_from_montgomery,
    )  # fmt: skip
