"""Eight lanes of 64 bits as one Numba value, the LLVM vector <8 x i64>, and the AVX-512 instructions on it.

Kernels pass a `Vector` around like a number.  An `Emitter` writes operations on vectors as LLVM instructions, so a
whole field multiplication is one intrinsic, and costs Numba no more to compile than one call.

Rows in memory are four words of 64 bits.  Shuffles turn eight rows into four vectors, one for each word, so that lane k
holds row k.  The multiply-add is that of AVX-512 IFMA: it multiplies the low 52 bits of two operands to 104 bits, and
adds the low or the high 52 of those to a 64-bit accumulator.
"""

from collections.abc import Sequence

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import models, register_model

from zk.fields.prime import WORDS

LANES = 8

_WORD = ir.IntType(64)
_VECTOR = ir.VectorType(_WORD, LANES)
_BITS = ir.VectorType(ir.IntType(1), LANES)
_ROW = ir.VectorType(_WORD, WORDS)
_INDEX = ir.IntType(32)


class _VectorType(types.Type):
    def __init__(self):
        super().__init__("Vector")


Vector = _VectorType()


@register_model(_VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, type_):
        super().__init__(manager, type_, _VECTOR)


def _shuffle(builder: ir.IRBuilder, left: ir.Value, right: ir.Value, places: Sequence[int]) -> ir.Value:
    """The elements at these indices of left and right, concatenated."""
    return builder.shuffle_vector(left, right, ir.Constant(ir.VectorType(_INDEX, len(places)), list(places)))


class Emitter:
    """LLVM instructions on vectors.  A mask has one bit for each lane and travels through kernels as a uint8."""

    def __init__(self, builder: ir.IRBuilder):
        self._builder = builder
        self.add = builder.add
        self.sub = builder.sub
        self.bit_and = builder.and_
        self.bit_or = builder.or_

    def constant(self, value: int) -> ir.Constant:
        """The same number in every lane."""
        return ir.Constant(_VECTOR, [value] * LANES)

    def broadcast(self, word: ir.Value) -> ir.Value:
        """A word in every lane."""
        first = self._builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), word, ir.Constant(_INDEX, 0))
        return _shuffle(self._builder, first, first, [0] * LANES)

    def left(self, a: ir.Value, bits: int) -> ir.Value:
        """a shifted up."""
        return self._builder.shl(a, self.constant(bits))

    def right(self, a: ir.Value, bits: int) -> ir.Value:
        """a shifted down, filled with zeros."""
        return self._builder.lshr(a, self.constant(bits))

    def signed_right(self, a: ir.Value, bits: int) -> ir.Value:
        """a shifted down, filled with its sign."""
        return self._builder.ashr(a, self.constant(bits))

    def funnel(self, high: ir.Value, low: ir.Value, bits: int) -> ir.Value:
        """The low word of high:low, shifted down."""
        return self._call("llvm.fshr.v8i64", high, low, self.constant(bits))

    def low_product(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """a + the low 52 bits of b·c."""
        return self._call("llvm.x86.avx512.vpmadd52l.uq.512", a, b, c)

    def high_product(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """a + bits 52 to 103 of b·c."""
        return self._call("llvm.x86.avx512.vpmadd52h.uq.512", a, b, c)

    def rotate(self, a: ir.Value, distance: int) -> ir.Value:
        """Element k of the result is element k + distance, modulo LANES."""
        return _shuffle(self._builder, a, a, [(k + distance) % LANES for k in range(LANES)])

    def less(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Per lane, whether a < b as signed words."""
        return self._builder.icmp_signed("<", a, b)

    def equal(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Per lane, whether a = b."""
        return self._builder.icmp_unsigned("==", a, b)

    def select(self, mask: ir.Value, a: ir.Value, b: ir.Value) -> ir.Value:
        """a where the mask is set, else b."""
        return self._builder.select(mask, a, b)

    def to_mask(self, bits: ir.Value) -> ir.Value:
        """Eight bits as one uint8."""
        return self._builder.bitcast(bits, ir.IntType(LANES))

    def from_mask(self, mask: ir.Value) -> ir.Value:
        """The bits of a uint8."""
        return self._builder.bitcast(mask, _BITS)

    def to_words(self, rows: Sequence[ir.Value]) -> list[ir.Value]:
        """Four vectors of words from eight rows."""
        joined = [_shuffle(self._builder, rows[k], rows[k + 4], range(8)) for k in range(4)]
        low = [_shuffle(self._builder, joined[k], joined[k + 1], (0, 8, 2, 10, 4, 12, 6, 14)) for k in (0, 2)]
        high = [_shuffle(self._builder, joined[k], joined[k + 1], (1, 9, 3, 11, 5, 13, 7, 15)) for k in (0, 2)]
        even, odd = (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)
        pairs = (low, high)
        return [_shuffle(self._builder, left, right, half) for half in (even, odd) for left, right in pairs]

    def to_rows(self, words: Sequence[ir.Value]) -> list[ir.Value]:
        """Eight rows from four vectors of words."""
        halves = []
        for k in (0, 2):
            low = _shuffle(self._builder, words[k], words[k + 1], (0, 8, 2, 10, 4, 12, 6, 14))
            high = _shuffle(self._builder, words[k], words[k + 1], (1, 9, 3, 11, 5, 13, 7, 15))
            halves.append((low, high))
        rows = []
        for first in (0, 2, 4, 6):
            for side in (0, 1):
                places = (first, first + 1, first + 8, first + 9)
                rows.append(_shuffle(self._builder, halves[0][side], halves[1][side], places))
        return rows

    def transpose(self, rows: Sequence[ir.Value]) -> list[ir.Value]:
        """The transpose of eight vectors: the k-th result has element k of each."""
        pairs = ((0, 8, 2, 10, 4, 12, 6, 14), (1, 9, 3, 11, 5, 13, 7, 15))
        fours = ((0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15))
        eights = ((0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15))
        rows = list(rows)
        for distance, places in ((1, pairs), (2, fours), (4, eights)):
            for k in range(LANES):
                if not k & distance:
                    both = rows[k], rows[k + distance]
                    rows[k], rows[k + distance] = (_shuffle(self._builder, *both, half) for half in places)
        return rows

    def word_at(self, address: ir.Value, index: int) -> ir.Value:
        """The address of word `index` of those that begin at an address."""
        return self._builder.gep(self._builder.bitcast(address, _WORD.as_pointer()), [ir.Constant(_INDEX, index)])

    def load_row(self, address: ir.Value) -> ir.Value:
        """The four words at an address."""
        return self._builder.load(self._builder.bitcast(address, _ROW.as_pointer()), align=8)

    def store_row(self, address: ir.Value, row: ir.Value) -> None:
        """Write four words to an address."""
        self._builder.store(row, self._builder.bitcast(address, _ROW.as_pointer()), align=8)

    def load_vector(self, address: ir.Value, index: int) -> ir.Value:
        """Vector `index` of those that begin at an address."""
        return self._builder.load(self._vector_at(address, index), align=8)

    def store_vector(self, address: ir.Value, index: int, vector: ir.Value) -> None:
        """Write vector `index` of those that begin at an address."""
        self._builder.store(vector, self._vector_at(address, index), align=8)

    def _vector_at(self, address: ir.Value, index: int) -> ir.Value:
        pointer = self._builder.bitcast(address, _VECTOR.as_pointer())
        return self._builder.gep(pointer, [ir.Constant(_INDEX, index)])

    def _call(self, name: str, *arguments: ir.Value) -> ir.Value:
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * len(arguments))
        function = cgutils.get_or_insert_function(self._builder.module, kind, name)
        return self._builder.call(function, arguments)
