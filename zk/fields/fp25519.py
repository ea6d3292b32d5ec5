"""The field modulo p = 2^255 - 19, for one element or for eight: the coordinates of zk/curves/curve25519.py.

Elements stand for themselves, not for a Montgomery form.  One element is four words, any number below 2^256, and 2^256
is 38 modulo p.  Eight elements are five vectors with the bounds of zk/fields/lanes25519.py, and the same formulas must
keep within those: `add` and `sub` take products, inputs below 2^255 or constants; everything else takes these and their
sums and differences; `canonical` and `select` take no sums.
"""

import numpy as np

from zk.fields import acrosslanes, doublewidth, lanes, lanes25519, montgomery
from zk.fields.words import ZERO_WORD, adc, mac, sbb
from zk.runtime.jit import by_width, inlined, inner

_A24, _NINETEEN, _THIRTY_EIGHT = np.uint64(lanes25519.A24), np.uint64(19), np.uint64(38)
_SIGN_SHIFT, _BELOW_SIGN = np.uint64(63), np.uint64((1 << 63) - 1)


@inlined
def _plus(a, word):
    """a + word, for a word far below 2^64."""
    s0, over = adc(a[0], word, ZERO_WORD)
    s1, over = adc(a[1], ZERO_WORD, over)
    s2, over = adc(a[2], ZERO_WORD, over)
    s3, over = adc(a[3], ZERO_WORD, over)
    return s0 + over * _THIRTY_EIGHT, s1, s2, s3  # after an overflow s0 is less than the word


@inlined
def _words_mul(a, b):
    """a·b.  20 word multiplications."""
    t = doublewidth.product(a, b)
    r0, over = mac(t[0], t[4], _THIRTY_EIGHT, ZERO_WORD)
    r1, over = mac(t[1], t[5], _THIRTY_EIGHT, over)
    r2, over = mac(t[2], t[6], _THIRTY_EIGHT, over)
    r3, over = mac(t[3], t[7], _THIRTY_EIGHT, over)
    return _plus((r0, r1, r2, r3), over * _THIRTY_EIGHT)


@inlined
def _words_square(a):
    """a^2, as `mul`."""
    return _words_mul(a, a)


@inlined
def _words_add_a24(a, b):
    """a + 121665 b.  4 word multiplications."""
    r0, over = mac(a[0], b[0], _A24, ZERO_WORD)
    r1, over = mac(a[1], b[1], _A24, over)
    r2, over = mac(a[2], b[2], _A24, over)
    r3, over = mac(a[3], b[3], _A24, over)
    return _plus((r0, r1, r2, r3), over * _THIRTY_EIGHT)


@inlined
def _words_add(a, b):
    """a + b."""
    s0, over = adc(a[0], b[0], ZERO_WORD)
    s1, over = adc(a[1], b[1], over)
    s2, over = adc(a[2], b[2], over)
    s3, over = adc(a[3], b[3], over)
    return _plus((s0, s1, s2, s3), over * _THIRTY_EIGHT)


@inlined
def _words_sub(a, b):
    """a - b."""
    s0, borrow = sbb(a[0], b[0], ZERO_WORD)
    s1, borrow = sbb(a[1], b[1], borrow)
    s2, borrow = sbb(a[2], b[2], borrow)
    s3, borrow = sbb(a[3], b[3], borrow)
    s0, borrow = sbb(s0, borrow * _THIRTY_EIGHT, ZERO_WORD)
    s1, borrow = sbb(s1, ZERO_WORD, borrow)
    s2, borrow = sbb(s2, ZERO_WORD, borrow)
    s3, borrow = sbb(s3, ZERO_WORD, borrow)
    return s0 - borrow * _THIRTY_EIGHT, s1, s2, s3  # after a second borrow s0 is at least 2^64 - 38


@inlined
def _words_canonical(a):
    """a mod p: below 2^255 + 19 after 2^255 is folded, and less p where adding 19 then reaches 2^255."""
    top = a[3] >> _SIGN_SHIFT
    a = _plus((a[0], a[1], a[2], a[3] & _BELOW_SIGN), top * _NINETEEN)
    b = _plus(a, _NINETEEN)
    return a if b[3] >> _SIGN_SHIFT == ZERO_WORD else (b[0], b[1], b[2], b[3] & _BELOW_SIGN)


@inlined
def _words_is_zero(a):
    """1 when a, which is canonical, is 0, else 0."""
    return np.uint8(montgomery.is_zero(a))


@inlined
def _words_select(mask, a, b):
    """a when the mask is set, else b."""
    return a if mask else b


@inlined
def _words_small(word, like):
    """A number of one word."""
    return word, ZERO_WORD, ZERO_WORD, ZERO_WORD


@inlined
def _lanes_mul(a, b):
    """a·b."""
    return lanes25519.mul(a, b)


@inlined
def _lanes_square(a):
    """a^2."""
    return lanes25519.square(a)


@inlined
def _lanes_add(a, b):
    """a + b."""
    return lanes25519.add(a, b)


@inlined
def _lanes_sub(a, b):
    """a - b + 2p."""
    return lanes25519.sub(a, b)


@inlined
def _lanes_add_a24(a, b):
    """a + 121665 b."""
    return lanes25519.add_a24(a, b)


@inlined
def _lanes_canonical(a):
    """a mod p."""
    return lanes25519.canonical(a)


@inlined
def _lanes_is_zero(a):
    """The mask of the lanes that are 0, for canonical a."""
    return acrosslanes.is_zero(a)


@inlined
def _lanes_select(mask, a, b):
    """a in the lanes of the mask, else b."""
    return lanes.select(mask, a, b)


@inlined
def _lanes_small(word, like):
    """A number below 2^52 in every lane."""
    return lanes.broadcast((word, ZERO_WORD, ZERO_WORD, ZERO_WORD, ZERO_WORD))


mul = by_width(_words_mul, _lanes_mul)
square = by_width(_words_square, _lanes_square)
add = by_width(_words_add, _lanes_add)
sub = by_width(_words_sub, _lanes_sub)
add_a24 = by_width(_words_add_a24, _lanes_add_a24)  # (a, b): a + 121665 b
canonical = by_width(_words_canonical, _lanes_canonical)
is_zero = by_width(_words_is_zero, _lanes_is_zero)
select = by_width(_words_select, _lanes_select)
small = by_width(_words_small, _lanes_small)  # (word, like): a number of few bits, in every lane of `like`


@inlined
def _power(a, squarings):
    """a^(2^squarings)."""
    for _ in range(squarings):
        a = square(a)
    return a


@inner
def inverse(a):
    """1/a, and 0 for 0: a^(p - 2), with p - 2 = 2^255 - 21.  254 square, 11 mul."""
    a2 = square(a)
    a9 = mul(_power(a2, 2), a)
    a11 = mul(a9, a2)
    ones_5 = mul(square(a11), a9)  # a^(2^5 - 1), and so on
    ones_10 = mul(_power(ones_5, 5), ones_5)
    ones_20 = mul(_power(ones_10, 10), ones_10)
    ones_40 = mul(_power(ones_20, 20), ones_20)
    ones_50 = mul(_power(ones_40, 10), ones_10)
    ones_100 = mul(_power(ones_50, 50), ones_50)
    ones_200 = mul(_power(ones_100, 100), ones_100)
    ones_250 = mul(_power(ones_200, 50), ones_50)
    return mul(_power(ones_250, 5), a11)
