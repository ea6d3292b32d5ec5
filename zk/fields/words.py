"""64-bit words with a carry: the CPU's instructions as intrinsics, and the conversion from ints to words.

An element is a tuple of four unsigned words, least significant first.
"""

import numpy as np
from llvmlite import ir
from numba.core import types

from zk.fields.prime import WORD_BITS, WORDS
from zk.runtime.jit import intrinsic

ZERO_WORD = np.uint64(0)
ONE_WORD = np.uint64(1)

_DOUBLE = ir.IntType(2 * WORD_BITS)
_SINGLE = ir.IntType(WORD_BITS)
_PAIR = types.UniTuple(types.uint64, 2)
_SHIFT = ir.Constant(_DOUBLE, WORD_BITS)
Element = types.UniTuple(types.uint64, WORDS)


def words(value: int, count: int = WORDS) -> tuple[np.uint64, ...]:
    """`value` as `count` words, least significant first."""
    mask = (1 << WORD_BITS) - 1
    return tuple(np.uint64(value >> (WORD_BITS * i) & mask) for i in range(count))


def _split(context, builder, double):
    low = builder.trunc(double, _SINGLE)
    high = builder.trunc(builder.lshr(double, _SHIFT), _SINGLE)
    return context.make_tuple(builder, _PAIR, (low, high))


@intrinsic
def mac(typing, a, b, c, carry):
    """a + b·c + carry as (low, high), which never overflows two words.  1 multiplication."""

    def generate(context, builder, signature, arguments):
        a, b, c, carry = (builder.zext(x, _DOUBLE) for x in arguments)
        return _split(context, builder, builder.add(builder.add(builder.mul(b, c), a), carry))

    return _PAIR(types.uint64, types.uint64, types.uint64, types.uint64), generate


@intrinsic
def adc(typing, a, b, carry):
    """a + b + carry as (low, carry out)."""

    def generate(context, builder, signature, arguments):
        a, b, carry = (builder.zext(x, _DOUBLE) for x in arguments)
        return _split(context, builder, builder.add(builder.add(a, b), carry))

    return _PAIR(types.uint64, types.uint64, types.uint64), generate


@intrinsic
def sbb(typing, a, b, borrow):
    """a - b - borrow as (low, borrow out), for a borrow of 0 or 1."""

    def generate(context, builder, signature, arguments):
        a, b, borrow = (builder.zext(x, _DOUBLE) for x in arguments)
        difference = builder.sub(builder.sub(a, b), borrow)
        low = builder.trunc(difference, _SINGLE)
        out = builder.and_(builder.trunc(builder.lshr(difference, _SHIFT), _SINGLE), ir.Constant(_SINGLE, 1))
        return context.make_tuple(builder, _PAIR, (low, out))

    return _PAIR(types.uint64, types.uint64, types.uint64), generate


@intrinsic
def select(typing, condition, a, b):
    """a when the word `condition` is 1, b when it is 0, without a branch.

    An unpredictable branch costs more than the arithmetic it saves.
    """

    def generate(context, builder, signature, arguments):
        condition, a, b = arguments
        is_a = builder.trunc(condition, ir.IntType(1))
        pairs = ((builder.extract_value(a, i), builder.extract_value(b, i)) for i in range(WORDS))
        return context.make_tuple(builder, Element, [builder.select(is_a, x, y) for x, y in pairs])

    return Element(types.uint64, Element, Element), generate


@intrinsic
def reverse_bits(typing, word):
    """The bits of a word in reverse order."""

    def generate(context, builder, signature, arguments):
        return builder.bitreverse(arguments[0])

    return types.uint64(types.uint64), generate
