"""Arithmetic modulo p = 2^255 - 19 on eight lanes: the intrinsics of zk/fields/fp25519.py.

An element stands for itself, not for a Montgomery form: 2^255 is 19 and 2^260 is 608 modulo p, so what lies above is
multiplied by a small number and added below.  It is five signed columns weighted by 2^52i, whose carries are not
propagated (see zk/fields/redundant.py): sums and differences are taken column by column, and the next product
propagates the carries.

*Reduced* means below 2^255 + 2^213, with columns in [0, 2^57), as products are.  Sums and differences take reduced
numbers and stay below 2^257; products take those.  So a·b < 2^514, its columns are sums of at most nine numbers below
2^52, and what is above 2^260 is h < 2^254.  With 608 h added below, the columns are below 2^56, and a column of less
than 2^4 lies above 2^260.  Of that and of the highest column, what is above 2^255 is less than 2^10 times 2^255, and
comes back times 19.  For a + 121665 b it is less than 2^20.
"""

from zk.fields.limbs52 import LIMB_BITS, LIMBS, Element, carry, limbs, operation, product_columns, square_columns
from zk.fields.redundant import with_carries

A24 = 121665  # (486662 - 2) / 4, the constant of the doubling formula (RFC 7748, section 5)
TWICE_P = limbs(2 * ((1 << 255) - 19))

_TOP_BITS = 255 - LIMB_BITS * (LIMBS - 1)  # of the highest limb of a number below 2^255
_TOP_MASK = (1 << _TOP_BITS) - 1
_EXCESS_BITS = LIMB_BITS - _TOP_BITS


def _folded(emit, columns: list, a: list, factor: int) -> list:
    """Five columns plus a·factor, reduced.  11 multiply-adds."""
    columns, factor = [*columns, emit.constant(0)], emit.constant(factor)
    for i in range(LIMBS):
        columns[i] = emit.low_product(columns[i], a[i], factor)
        columns[i + 1] = emit.high_product(columns[i + 1], a[i], factor)
    lowest, *middle, highest, above = columns
    excess = emit.add(emit.right(highest, _TOP_BITS), emit.left(above, _EXCESS_BITS))
    lowest = emit.low_product(lowest, excess, emit.constant(19))
    return [lowest, *middle, emit.bit_and(highest, emit.constant(_TOP_MASK))]


def _reduced(emit, columns: list) -> list:
    """The ten columns of a product, reduced.  11 multiply-adds."""
    return _folded(emit, columns[:LIMBS], with_carries(emit, columns[LIMBS:]), 608)


@operation(Element, Element, Element)
def mul(emit, a, b):
    """a·b, reduced.  61 multiply-adds."""
    return _reduced(emit, product_columns(emit, with_carries(emit, a), with_carries(emit, b)))


@operation(Element, Element)
def square(emit, a):
    """a^2, reduced.  41 multiply-adds."""
    return _reduced(emit, square_columns(emit, with_carries(emit, a)))


@operation(Element, Element, Element)
def add_a24(emit, a, b):
    """a + 121665 b, reduced, for a product a.  11 multiply-adds."""
    return _folded(emit, a, with_carries(emit, b), A24)


@operation(Element, Element, Element)
def add(emit, a, b):
    """a + b, below 2^257, for reduced a and b."""
    return [emit.add(x, y) for x, y in zip(a, b, strict=True)]


@operation(Element, Element, Element)
def sub(emit, a, b):
    """a - b + 2p, below 2^257, for reduced a and b."""
    multiple = [emit.constant(int(limb)) for limb in TWICE_P]
    return [emit.sub(emit.add(x, m), y) for x, y, m in zip(a, b, multiple, strict=True)]


@operation(Element, Element)
def canonical(emit, a):
    """a mod p with normalized limbs, for a reduced, so below 2p.

    a - p is a + 19 - 2^255, and is not negative where a + 19 has the bit of 2^255.
    """
    as_it_is, plus_19 = carry(emit, a), carry(emit, [emit.add(a[0], emit.constant(19)), *a[1:]])
    is_below = emit.less(plus_19[-1], emit.constant(1 << _TOP_BITS))
    less_p = [*plus_19[:-1], emit.bit_and(plus_19[-1], emit.constant(_TOP_MASK))]
    return [emit.select(is_below, x, y) for x, y in zip(as_it_is, less_p, strict=True)]
