"""Eight elements of a prime field at once, in Montgomery form: a stands for a·2^256 mod p, as everywhere.

An element is five vectors of 52-bit limbs, least significant first, with one number in each of eight lanes.  Reduction
is lazy: between operations a number is below 2p + e, for a small *excess* e, instead of below p, and its limbs have 52
bits.  2p+ stands for any such bound with e <= 2^240.  Only `canonical` yields what memory holds.

Products.  The 50 multiply-adds of a·b fill ten columns.  Montgomery reduction clears 52 bits from the low end four
times and 48 bits once, 2^256 in all, with 51 more.  For a < A p and b < B p

    (a·b + m·p) / 2^256 < (A·B·p / 2^256 + 1) p,        p / 2^256 < 0.18904,

so the result has no excess when a·b < 2^256·p, as it is for A·B <= 5.28, and for a < 2^256 with b < p.  Two lazy
factors give less than 1.76 p.  Each column is a sum of at most 18 numbers of 52 bits and a small carry, less than 2^57
in all, so nothing overflows before carries are propagated.

Comparisons look at the highest column alone.  The lower columns hold less than one unit of it, in magnitude, for the
difference of two numbers, and from zero to less than two units for a sum.  Let h be the highest column and t the
highest limb of k·p.  Then h > t + 1 implies that the number is above k·p, and h <= t + 1 that it is below k·p + 2^210;
a difference with h >= 1 is positive, and one with h <= 0 is below 2^208.

Sums and differences.  `sub` leaves an excess of 2^208, or that of its first operand if that is greater.  `add` leaves
the sum of both excesses, and at least 2^210.  So excess grows only where sums are added to sums, since twice 2p + e is
2p + 2e after reduction: n additions in a row leave at most 2^(209 + n), and 30 of them, more than any kernel makes,
stay within 2p+.  `mul_sub` and `square_sub` subtract before they propagate the product's carries; they leave 2^211.
"""

from types import SimpleNamespace

import numpy as np
from numba.core import types

from zk.fields.limbs52 import (  # fmt: skip
    LIMB_BITS,
    MASK,
    Constant,
    Element,
    carry,
    limbs,
    operation,
    product_columns,
    reduce,
    reduced_columns,
    settle,
    square_columns,
    subtract,
    subtract_above,
)
from zk.fields.prime import MONTGOMERY, Prime
from zk.runtime.jit import inlined, inner


@operation(Element, Element, Element, Constant, types.uint64)
def mul(emit, a, b, p, negative_inverse):
    """a·b / 2^256, below (A·B·0.18904 + 1) p.  101 multiply-adds."""
    return reduce(emit, product_columns(emit, a, b), p, negative_inverse)


@operation(Element, Element, Constant, types.uint64)
def square(emit, a, p, negative_inverse):
    """a^2 / 2^256, as `mul`.  81 multiply-adds."""
    return reduce(emit, square_columns(emit, a), p, negative_inverse)


@operation(Element, Element, Element, Element, Constant, types.uint64)
def mul_sub(emit, a, b, c, p, negative_inverse):
    """a·b / 2^256 - c, for lazy numbers.  101 multiply-adds."""
    columns = reduced_columns(emit, product_columns(emit, a, b), p, negative_inverse)
    return settle(emit, [emit.sub(x, y) for x, y in zip(columns, c, strict=True)], p, may_be_below=True)


@operation(Element, Element, Element, Element, Constant, types.uint64)
def square_sub(emit, a, b, c, p, negative_inverse):
    """a^2 / 2^256 - b - c, for lazy numbers.  81 multiply-adds."""
    columns = reduced_columns(emit, square_columns(emit, a), p, negative_inverse)
    less = [emit.sub(x, emit.add(y, z)) for x, y, z in zip(columns, b, c, strict=True)]
    return settle(emit, less, p, may_be_below=True)


@operation(Element, Element, Element, Constant)
def add(emit, a, b, twice_p):
    """a + b, less 2p where the sum is certainly above 2p."""
    return carry(emit, subtract_above(emit, [emit.add(x, y) for x, y in zip(a, b, strict=True)], twice_p))


@operation(Element, Element, Element, Constant, Constant)
def sub(emit, a, b, p, twice_p):
    """a - b for b <= 3p: a difference below -p + 2^208 plus 3p, another that may be negative plus 2p."""
    return subtract(emit, a, b, p, twice_p)


@operation(Element, Element, Element, Constant)
def sub_unreduced(emit, a, b, multiple):
    """a - b + multiple, not reduced, for b <= multiple."""
    return carry(emit, [emit.add(emit.sub(x, y), m) for x, y, m in zip(a, b, multiple, strict=True)])


@operation(Element, Element, Constant, Constant)
def canonical(emit, a, p, twice_p):
    """a mod p, for a < 5p: subtracts 2p and p by the highest column, and a last p by the exact sign."""
    # Below 3p after the first step and below 2p after the second; a comparison that declines leaves below p + 2^210.
    low = subtract_above(emit, subtract_above(emit, a, twice_p), p)
    less_p = [emit.sub(x, m) for x, m in zip(low, p, strict=True)]
    top = less_p[0]
    for column in less_p[1:]:
        top = emit.add(column, emit.signed_right(top, LIMB_BITS))
    is_below, zero = emit.less(top, emit.constant(0)), emit.constant(0)
    return carry(emit, [emit.add(x, emit.select(is_below, m, zero)) for x, m in zip(less_p, p, strict=True)])


@operation(Element, types.uint8, Element, Element)
def select(emit, mask, a, b):
    """a in the lanes of the mask, else b."""
    return [emit.select(mask, x, y) for x, y in zip(a, b, strict=True)]


@operation(types.uint8, Element, types.uint64)
def low_limb_is(emit, a, limb):
    """The mask of the lanes with this lowest limb, which may equal a known number.  Wrong for one number in 2^52."""
    return emit.to_mask(emit.equal(a[0], limb))


@operation(Element, Constant)
def broadcast(emit, constant):
    """A constant in every lane."""
    return constant


def kernels(prime: Prime) -> SimpleNamespace:
    """The kernels of one field on eight lanes, under the names of `montgomery.kernels`."""
    p, twice_p = limbs(prime.modulus), limbs(2 * prime.modulus)
    negative_inverse = np.uint64(-pow(prime.modulus, -1, 1 << LIMB_BITS) % (1 << LIMB_BITS))
    zero, one = limbs(0), limbs(MONTGOMERY % prime.modulus)
    square_of_montgomery, plain_one = limbs(MONTGOMERY**2 % prime.modulus), limbs(1)
    low_p, low_twice_p, limb_mask = p[0], twice_p[0], np.uint64(MASK)

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
        return sub_unreduced(a, b, p)

    @inlined
    def lanes_neg_small(a):
        """p - a, for a <= p."""
        return sub_unreduced(broadcast(zero), a, p)

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
        """a·b, inlined."""
        return mul(a, b, p, negative_inverse)

    @inlined
    def lanes_square_inlined(a):
        """a^2, inlined."""
        return square(a, p, negative_inverse)

    @inlined
    def lanes_mul_sub(a, b, c):
        """a·b - c, inlined."""
        return mul_sub(a, b, c, p, negative_inverse)

    @inlined
    def lanes_square_sub(a, b, c):
        """a^2 - b - c, inlined."""
        return square_sub(a, b, c, p, negative_inverse)

    @inlined
    def lanes_canonical(a):
        """a mod p, for a < 5p."""
        return canonical(a, p, twice_p)

    @inlined
    def lanes_may_be_zero(a):
        """The mask of all lanes that are 0 mod p, for a < 3p, and by chance of three other numbers in 2^52."""
        return np.uint8(low_limb_is(a, zero[0]) | low_limb_is(a, low_p) | low_limb_is(a, low_twice_p))

    @inlined
    def lanes_select(mask, a, b):
        """a in the lanes of the mask, else b."""
        return select(mask, a, b)

    @inlined
    def lanes_one(like):
        """1."""
        return broadcast(one)

    @inlined
    def lanes_constant(w, like):
        """Four Montgomery words in every lane."""
        return broadcast((
            w[0] & limb_mask,
            (w[0] >> np.uint64(52) | w[1] << np.uint64(12)) & limb_mask,
            (w[1] >> np.uint64(40) | w[2] << np.uint64(24)) & limb_mask,
            (w[2] >> np.uint64(28) | w[3] << np.uint64(36)) & limb_mask,
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
        add=lanes_add, double=lanes_double, sub=lanes_sub, neg=lanes_neg,
        sub_small=lanes_sub_small, neg_small=lanes_neg_small,
        mul=lanes_mul, square=lanes_square, mul_inlined=lanes_mul_inlined, square_inlined=lanes_square_inlined,
        mul_sub=lanes_mul_sub, square_sub=lanes_square_sub,
        canonical=lanes_canonical, may_be_zero=lanes_may_be_zero, select=lanes_select, one=lanes_one,
        constant=lanes_constant, to_montgomery=lanes_to_montgomery, from_montgomery=lanes_from_montgomery,
    )  # fmt: skip
