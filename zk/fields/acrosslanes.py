"""What lanes do with each other: the same product in every lane, and the inverses of all by a single inversion.

Montgomery's trick, as a tree: with the lanes moved round by 4, by 2 and by 1, three products leave the product of all
eight in every lane, and three more undo them, given its inverse.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from zk.fields import limbs52, words
from zk.fields.limbs52 import Element, operation
from zk.fields.simd import Emitter
from zk.runtime.jit import intrinsic


@operation(types.uint8, Element)
def is_zero(emit, a):
    """The mask of the lanes that are 0, for canonical numbers."""
    any_bit = a[0]
    for limb in a[1:]:
        any_bit = emit.bit_or(any_bit, limb)
    return emit.to_mask(emit.equal(any_bit, emit.constant(0)))


def _rotated_by(distance: int) -> Any:
    @operation(Element, Element)
    def rotated(emit, a):
        """Lane k has what lane k + distance had."""
        return [emit.rotate(limb, distance) for limb in a]

    return rotated


rotated_by_4, rotated_by_2, rotated_by_1 = _rotated_by(4), _rotated_by(2), _rotated_by(1)


@intrinsic
def first(typing, a):
    """The number in the first lane as four words, for normalized limbs of a number below 2^256."""

    def generate(context, builder, signature, values):
        vectors = limbs52.to_words(Emitter(builder), cgutils.unpack_tuple(builder, values[0]))
        parts = [builder.extract_element(vector, ir.Constant(ir.IntType(32), 0)) for vector in vectors]
        return context.make_tuple(builder, words.Element, parts)

    return words.Element(a), generate
