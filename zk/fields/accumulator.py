"""Dot products over Fr with one reduction: Σ constant·element, for one element or eight.

A sum starts as a constant (`start`), accumulates up to seven products (`add`), and becomes an element (`total`), which
divides all of it by 2^256.

One element: the sum is the plain integer in eight words.  For a, b < p a constant and seven products stay below
7 p^2 + p < 2^512, and the Montgomery reduction leaves less than (7 p / 2^256 + 1) p + 1 < 2.33 p, so p is subtracted at
most twice.

Eight elements: the sum is ten columns of 52-bit halves, as in zk/fields/lanes.py.  A product adds at most ten numbers
below 2^52 to a column, and the constant and the reduction eleven more: 81·2^52 < 2^59.  For a < p and b < 2p+ the
reduction leaves less than (7·2 p / 2^256 + 1) p < 3.66 p; where that is above 2p, 2p is subtracted: below 2p + 2^210.
"""

from llvmlite import ir
from numba.core import cgutils, types

from zk.fields import doublewidth, limbs52, montgomery
from zk.fields.prime import MONTGOMERY, WORDS, R
from zk.fields.simd import Emitter, Vector
from zk.fields.words import ZERO_WORD, adc, words
from zk.runtime import cpu
from zk.runtime.jit import by_width, inlined, inner, intrinsic

MAX_PRODUCTS = 7
MANY = 128 if cpu.LANES > 1 else MAX_PRODUCTS
"""Products of two elements in a sum of as many lanes as the CPU has."""

_P, _P_LIMBS, _TWICE_P_LIMBS = words(R), limbs52.limbs(R), limbs52.limbs(2 * R)
_MULTIPLES = [limbs52.limbs(k * R) for k in (16, 8, 4, 2)]
_NEGATIVE_INVERSE = words(-pow(R, -1, MONTGOMERY) % MONTGOMERY)[0]
_WORDS = types.UniTuple(types.uint64, WORDS)
_COLUMNS = types.UniTuple(Vector, 2 * limbs52.LIMBS)


@inlined
def _start_words(constant, like):
    """The constant."""
    return constant[0], constant[1], constant[2], constant[3], ZERO_WORD, ZERO_WORD, ZERO_WORD, ZERO_WORD


@inlined
def _add_words(total, constant, a):
    """total + constant·a.  16 word multiplications."""
    whole = doublewidth.product(constant, a)
    s0, carry = adc(total[0], whole[0], ZERO_WORD)
    s1, carry = adc(total[1], whole[1], carry)
    s2, carry = adc(total[2], whole[2], carry)
    s3, carry = adc(total[3], whole[3], carry)
    s4, carry = adc(total[4], whole[4], carry)
    s5, carry = adc(total[5], whole[5], carry)
    s6, carry = adc(total[6], whole[6], carry)
    s7, _ = adc(total[7], whole[7], carry)
    return s0, s1, s2, s3, s4, s5, s6, s7


@inlined
def _total_words(total):
    """total / 2^256 mod p, below p.  20 word multiplications."""
    below_three_p = doublewidth.reduce(total, _P, _NEGATIVE_INVERSE)
    return montgomery.reduce_once(montgomery.reduce_branchless(below_three_p, _P), _P)


@intrinsic
def _start_columns(typing, constant):
    """A constant of four words in each lane."""

    def generate(context, builder, signature, arguments):
        emit, mask = Emitter(builder), ir.Constant(ir.IntType(64), (1 << limbs52.LIMB_BITS) - 1)
        limbs = _constant_limbs(builder, cgutils.unpack_tuple(builder, arguments[0]))
        low = [emit.broadcast(builder.and_(limb, mask)) for limb in limbs]
        return context.make_tuple(builder, _COLUMNS, [*low, *[emit.constant(0)] * limbs52.LIMBS])

    return _COLUMNS(constant), generate


@intrinsic
def _add_columns(typing, total, constant, element):
    """total + constant·element in each lane.  50 multiply-adds."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(builder)
        columns, a = cgutils.unpack_tuple(builder, arguments[0]), cgutils.unpack_tuple(builder, arguments[2])
        for i, limb in enumerate(_constant_limbs(builder, cgutils.unpack_tuple(builder, arguments[1]))):
            limb = emit.broadcast(limb)
            for j in range(limbs52.LIMBS):
                columns[i + j] = emit.low_product(columns[i + j], a[j], limb)
                columns[i + j + 1] = emit.high_product(columns[i + j + 1], a[j], limb)
        return context.make_tuple(builder, _COLUMNS, columns)

    return _COLUMNS(_COLUMNS, _WORDS, limbs52.Element), generate


@intrinsic
def _add_product_columns(typing, total, a, b):
    """total + a·b in each lane.  50 multiply-adds."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(builder)
        columns, x, y = (cgutils.unpack_tuple(builder, argument) for argument in arguments)
        for i in range(limbs52.LIMBS):
            for j in range(limbs52.LIMBS):
                columns[i + j] = emit.low_product(columns[i + j], x[i], y[j])
                columns[i + j + 1] = emit.high_product(columns[i + j + 1], x[i], y[j])
        return context.make_tuple(builder, _COLUMNS, columns)

    return _COLUMNS(_COLUMNS, limbs52.Element, limbs52.Element), generate


def _constant_limbs(builder: ir.IRBuilder, w: list[ir.Value]) -> list[ir.Value]:
    """Four words as five limbs, not masked: the multiply-add reads only the low 52 bits."""

    def number(value):
        return ir.Constant(ir.IntType(64), value)

    def joined(high, low, bits):
        return builder.or_(builder.lshr(low, number(bits)), builder.shl(high, number(64 - bits)))

    middle = [joined(w[1], w[0], 52), joined(w[2], w[1], 40), joined(w[3], w[2], 28)]
    return [w[0], *middle, builder.lshr(w[3], number(16))]


@intrinsic
def _reduce_columns(typing, total):
    """total / 2^256 mod p in each lane, below 2p+.  55 multiply-adds."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(builder)
        p, twice_p = ([emit.constant(int(limb)) for limb in limbs] for limbs in (_P_LIMBS, _TWICE_P_LIMBS))
        negative_inverse = emit.constant(int(_NEGATIVE_INVERSE) % (1 << limbs52.LIMB_BITS))
        below_four_p = limbs52.reduce(emit, cgutils.unpack_tuple(builder, arguments[0]), p, negative_inverse)
        result = limbs52.carry(emit, limbs52.subtract_above(emit, below_four_p, twice_p))
        return context.make_tuple(builder, limbs52.Element, result)

    return limbs52.Element(total), generate


@intrinsic
def _reduce_many_columns(typing, total):
    """total / 2^256 mod p in each lane, below 2p+, for up to `MANY` products.  55 multiply-adds."""

    def generate(context, builder, signature, arguments):
        emit = Emitter(builder)
        negative_inverse = emit.constant(int(_NEGATIVE_INVERSE) % (1 << limbs52.LIMB_BITS))
        columns = limbs52.carry(emit, cgutils.unpack_tuple(builder, arguments[0]))
        result = limbs52.reduce(emit, columns, [emit.constant(int(limb)) for limb in _P_LIMBS], negative_inverse)
        for limbs in _MULTIPLES:
            multiple = [emit.constant(int(limb)) for limb in limbs]
            result = limbs52.carry(emit, limbs52.subtract_above(emit, result, multiple))
        return context.make_tuple(builder, limbs52.Element, result)

    return limbs52.Element(total), generate


@inlined
def _start_lanes(constant, like):
    """The constant in every lane."""
    return _start_columns(constant)


@inlined
def _add_lanes(total, constant, a):
    """total + constant·a in each lane, for a constant of four words."""
    return _add_columns(total, constant, a)


@inner
def _total_lanes(total):
    """total / 2^256 mod p in each lane, below 2p+."""
    return _reduce_columns(total)


@inlined
def _add_product_lanes(total, a, b):
    """total + a·b in each lane."""
    return _add_product_columns(total, a, b)


@inlined
def _total_of_many_lanes(total):
    """total / 2^256 mod p in each lane, below 2p+."""
    return _reduce_many_columns(total)


start = by_width(_start_words, _start_lanes)  # (constant, like): a constant below p, four words, as a sum
add = by_width(_add_words, _add_lanes)  # (sum, constant, element): the sum plus one product
total = by_width(_total_words, _total_lanes)  # the sum as an element
add_product = by_width(_add_words, _add_product_lanes)  # (sum, element, element): both below p
total_of_many = by_width(_total_words, _total_of_many_lanes)  # a sum of up to `MANY` of them as an element
