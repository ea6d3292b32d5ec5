"""Multiplication in Fr by precomputed factors, on eight lanes, in a redundant form with lazy carries.

For a factor w let w' = ⌊w·2^260 / p⌋.  Then a·w - q·p with q = ⌊a·w' / 2^260⌋ is a·w mod p, or p more, for any a <
2^260; and it needs only the low halves of a·w and q·p and the high half of a·w': 84 multiply-adds instead of
101.  (Harvey, "Faster arithmetic for number-theoretic transforms", 2014, section 2; the trick is Shoup's.)  Here a·w'
is summed from its column of weight 2^208 up.  The columns left out are less than 2^-49 of q, so q is short of a·w / p
by less than 1 + a / 2^260 + 2^-49: the product is below 2p + 2^206, and below 1.5p for a < 40p.

Redundant form: five signed columns of 64 bits, weighted by 2^52i, whose sum is in [0, 84p); 84p is less than 2^260.
Sums and differences are taken column by column, and the next product propagates the carries.  It leaves columns below
2^57, for each is the sum of at most 18 numbers of 52 bits; so 32 sums or differences in a row cannot overflow.
"""

import numpy as np
from numba.core import types

from zk.fields.limbs52 import LIMB_BITS, LIMBS, MASK, Constant, Element, carry, limbs, operation
from zk.fields.prime import FR
from zk.fields.simd import LANES, Emitter, Vector
from zk.fields.views import address
from zk.runtime.jit import intrinsic

_SPAN = 1 << (LIMBS * LIMB_BITS)
P, THRICE, SIXTEEN = limbs(FR.modulus), limbs(3 * FR.modulus), limbs(16 * FR.modulus)
COMPLEMENT = limbs(_SPAN - FR.modulus)
PER_P = np.uint64(_SPAN // FR.modulus)
MINUS_INVERSE = limbs(-pow(FR.modulus, -1, _SPAN) % _SPAN)
_TOP = 64 - LIMB_BITS

Factor = types.UniTuple(Vector, 2 * LIMBS)


def with_carries(emit: Emitter, columns: list) -> list:
    """Columns whose low 52 bits are the limbs: multiply-adds ignore the bits above."""
    result = [columns[0]]
    for column in columns[1:]:
        result.append(emit.add(column, emit.signed_right(result[-1], LIMB_BITS)))
    return result


def _add_low(emit: Emitter, columns: list, a: list, b: list) -> None:
    """Add a·b mod 2^260 to five columns.  25 multiply-adds."""
    for i in range(LIMBS):
        for j in range(LIMBS - i):
            columns[i + j] = emit.low_product(columns[i + j], a[i], b[j])
            if i + j + 1 < LIMBS:
                columns[i + j + 1] = emit.high_product(columns[i + j + 1], a[i], b[j])


def _add_high(emit: Emitter, columns: list, a: list, b: list) -> None:
    """Add the columns 4 to 9 of a·b to six columns.  34 multiply-adds."""
    for i in range(LIMBS):
        for j in range(LIMBS):
            if i + j >= LIMBS - 1:
                columns[i + j - 4] = emit.low_product(columns[i + j - 4], a[i], b[j])
            if i + j + 1 >= LIMBS - 1:
                columns[i + j - 3] = emit.high_product(columns[i + j - 3], a[i], b[j])


def _wrapped(emit: Emitter, columns: list) -> list:
    """Columns mod 2^260, for a sum below 2^259, with the highest as a signed number of 52 bits."""
    return [*columns[:-1], emit.signed_right(emit.left(columns[-1], _TOP), _TOP)]


@operation(Element, Element, Factor, Constant)
def mul(emit, a, factor, complement):
    """a·w below 2p + 2^206, for a in redundant form.  84 multiply-adds."""
    a, w, ratio = with_carries(emit, a), factor[:LIMBS], factor[LIMBS:]
    upper = [emit.constant(0)] * (LIMBS + 1)
    columns = [emit.constant(0)] * LIMBS
    _add_low(emit, columns, a, w)
    _add_high(emit, upper, a, ratio)
    q = with_carries(emit, upper)[1:]
    _add_low(emit, columns, q, complement)
    return _wrapped(emit, columns)


@operation(Element, Element, Element)
def add(emit, a, b):
    """a + b."""
    return [emit.add(x, y) for x, y in zip(a, b, strict=True)]


@operation(Element, Element, Element, Constant)
def sub(emit, a, b, multiple):
    """a - b + multiple."""
    return [emit.sub(emit.add(x, m), y) for x, y, m in zip(a, b, multiple, strict=True)]


@operation(Element, Element, Constant, types.uint64)
def reduce_partial(emit, a, complement, per_p):
    """a below 1.65p, for a in redundant form: a less p·⌊84·h / 2^52⌋, with h its highest limb.  10 multiply-adds.

    a / p is below (h + 1)·84.64 / 2^52, which is at most 1.65 more than that multiple.
    """
    limbs_of_a = carry(emit, a)
    q = emit.high_product(emit.constant(0), limbs_of_a[-1], per_p)
    columns = list(limbs_of_a)
    for i in range(LIMBS):
        columns[i] = emit.low_product(columns[i], q, complement[i])
        if i + 1 < LIMBS:
            columns[i + 1] = emit.high_product(columns[i + 1], q, complement[i])
    return _wrapped(emit, columns)


@operation(Element, Element)
def normalize(emit, a):
    """a with normalized limbs."""
    return carry(emit, a)


@operation(Element, Element, Constant)
def reduce(emit, a, p):
    """a mod p, for columns of a below 2p."""
    less = [emit.sub(x, m) for x, m in zip(a, p, strict=True)]
    is_below, zero = emit.less(with_carries(emit, less)[-1], emit.constant(0)), emit.constant(0)
    return carry(emit, [emit.add(x, emit.select(is_below, m, zero)) for x, m in zip(less, p, strict=True)])


@operation(Factor, Element, Element, Constant)
def with_quotient(emit, plain, shifted, minus_inverse):
    """w and w' from w and s = w·2^260 mod p: w'·p = w·2^260 - s, so w' is -s / p modulo 2^260."""
    columns = [emit.constant(0)] * LIMBS
    _add_low(emit, columns, shifted, minus_inverse)
    ratio = carry(emit, columns)
    return [*plain, *ratio[:-1], emit.bit_and(ratio[-1], emit.constant(MASK))]


@intrinsic
def load_factor(typing, table, index):
    """The factor in row `index` of an array (n, 10), in every lane."""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        place = address(context, builder, table, *values, size=8 * 2 * LIMBS)
        words = [builder.load(emit.word_at(place, i)) for i in range(2 * LIMBS)]
        return context.make_tuple(builder, Factor, [emit.broadcast(word) for word in words])

    return Factor(table, types.int64), generate


@intrinsic
def load_factors(typing, table, index):
    """Eight factors, one for each lane, from row `index` of an array (n, 80), where `memory.spill` wrote them."""

    def generate(context, builder, signature, values):
        emit = Emitter(builder)
        place = address(context, builder, table, *values, size=8 * 2 * LIMBS * LANES)
        return context.make_tuple(builder, Factor, [emit.load_vector(place, i) for i in range(2 * LIMBS)])

    return Factor(table, types.int64), generate
