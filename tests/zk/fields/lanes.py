"""Eight lanes in tests: numbers of any size as raw limbs, and the operations of a field on them.

Limbs are laid out as `memory.spill` writes them, so a test can pass numbers that no load from memory would yield: ones
that are not reduced, or above 2^256.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from zk.fields import array, fp, fr, limbs52, memory, simd
from zk.fields.prime import FP, FR
from zk.runtime import cpu
from zk.runtime.jit import kernel

LANES, LIMBS, BITS = simd.LANES, limbs52.LIMBS, limbs52.LIMB_BITS

NEEDED = pytest.mark.skipif(cpu.LANES != simd.LANES, reason=f"this process runs {cpu.reason()}")

(ADD, DOUBLE, SUB, NEG, SUB_SMALL, NEG_SMALL, MUL, SQUARE, MUL_INLINED, SQUARE_INLINED, INVERSE, CANONICAL,
 TO_MONTGOMERY, FROM_MONTGOMERY, ONE) = range(15)  # fmt: skip


def pack(values: list[int]) -> np.ndarray:
    """Numbers below 2^271 as rows (n, 40), eight to a row, the last row padded with zeros."""
    padded = [*values, *[0] * (-len(values) % LANES)]
    rows = np.empty((len(padded) // LANES, LIMBS, LANES), np.uint64)
    for i, value in enumerate(padded):
        for limb in range(LIMBS - 1):
            rows[i // LANES, limb, i % LANES] = value >> (BITS * limb) & ((1 << BITS) - 1)
        rows[i // LANES, LIMBS - 1, i % LANES] = value >> (BITS * (LIMBS - 1))
    return rows.reshape(-1, LIMBS * LANES)


def unpack(rows: np.ndarray, count: int) -> list[int]:
    """The first `count` numbers of rows (n, 40).  The highest limb is signed; the others must have 52 bits."""
    limbs = rows.view(np.int64).reshape(-1, LIMBS, LANES)
    low = limbs[:, : LIMBS - 1]
    assert ((low >= 0) & (low < 1 << BITS)).all(), "a limb is not 52 bits"
    return [
        sum(int(limbs[i // LANES, limb, i % LANES]) << (BITS * limb) for limb in range(LIMBS)) for i in range(count)
    ]


@kernel
def run_fp(operation, left, right, result):
    """result[i] = left[i] operation right[i] on eight lanes, not reduced any further."""
    for i in range(left.shape[0]):
        a, b = memory.reload(left, i), memory.reload(right, i)
        c = a
        if operation == ADD:
            c = fp.add(a, b)
        elif operation == DOUBLE:
            c = fp.double(a)
        elif operation == SUB:
            c = fp.sub(a, b)
        elif operation == NEG:
            c = fp.neg(a)
        elif operation == SUB_SMALL:
            c = fp.sub_small(a, b)
        elif operation == NEG_SMALL:
            c = fp.neg_small(a)
        elif operation == MUL:
            c = fp.mul(a, b)
        elif operation == SQUARE:
            c = fp.square(a)
        elif operation == MUL_INLINED:
            c = fp.mul_inlined(a, b)
        elif operation == SQUARE_INLINED:
            c = fp.square_inlined(a)
        elif operation == INVERSE:
            c = fp.inverse(a)
        elif operation == CANONICAL:
            c = fp.canonical(a)
        elif operation == TO_MONTGOMERY:
            c = fp.to_montgomery(a)
        elif operation == FROM_MONTGOMERY:
            c = fp.from_montgomery(a)
        elif operation == ONE:
            c = fp.one(a)
        memory.spill(result, i, c)


@kernel
def run_fr(operation, left, right, result):
    """As `run_fp`, over Fr."""
    for i in range(left.shape[0]):
        a, b = memory.reload(left, i), memory.reload(right, i)
        c = a
        if operation == ADD:
            c = fr.add(a, b)
        elif operation == DOUBLE:
            c = fr.double(a)
        elif operation == SUB:
            c = fr.sub(a, b)
        elif operation == NEG:
            c = fr.neg(a)
        elif operation == SUB_SMALL:
            c = fr.sub_small(a, b)
        elif operation == NEG_SMALL:
            c = fr.neg_small(a)
        elif operation == MUL:
            c = fr.mul(a, b)
        elif operation == SQUARE:
            c = fr.square(a)
        elif operation == MUL_INLINED:
            c = fr.mul_inlined(a, b)
        elif operation == SQUARE_INLINED:
            c = fr.square_inlined(a)
        elif operation == INVERSE:
            c = fr.inverse(a)
        elif operation == CANONICAL:
            c = fr.canonical(a)
        elif operation == TO_MONTGOMERY:
            c = fr.to_montgomery(a)
        elif operation == FROM_MONTGOMERY:
            c = fr.from_montgomery(a)
        elif operation == ONE:
            c = fr.one(a)
        memory.spill(result, i, c)


FIELDS = [SimpleNamespace(prime=FP, run=run_fp), SimpleNamespace(prime=FR, run=run_fr)]
BOTH = pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.prime.name)


def run(field: SimpleNamespace, operation: int, left: list[int], right: list[int]) -> list[int]:
    """left[i] operation right[i], not reduced any further; numbers are what lanes hold, not Montgomery forms."""
    rows = pack(left), pack(right)
    result = np.empty_like(rows[0])
    field.run(operation, *rows, result)
    return unpack(result, len(left))


@kernel
def _masks_fp(left, right, chosen, words, zeros, selected, constants):
    """The three operations that do not fit into `run_fp`: may_be_zero, select and constant."""
    for i in range(left.shape[0]):
        a, b = memory.reload(left, i), memory.reload(right, i)
        zeros[i] = fp.may_be_zero(a)
        memory.spill(selected, i, fp.select(chosen, a, b))
        memory.spill(constants, i, fp.constant(memory.load(words, 0), a))


@kernel
def _masks_fr(left, right, chosen, words, zeros, selected, constants):
    """As `_masks_fp`, over Fr."""
    for i in range(left.shape[0]):
        a, b = memory.reload(left, i), memory.reload(right, i)
        zeros[i] = fr.may_be_zero(a)
        memory.spill(selected, i, fr.select(chosen, a, b))
        memory.spill(constants, i, fr.constant(memory.load(words, 0), a))


def _masks(field: SimpleNamespace, left: list[int], right: list[int], mask: int = 0, value: int = 0) -> tuple:
    rows = pack(left), pack(right)
    zeros, selected, constants = np.empty(len(rows[0]), np.uint8), np.empty_like(rows[0]), np.empty_like(rows[0])
    run_masks = _masks_fp if field.prime is FP else _masks_fr
    run_masks(*rows, np.uint8(mask), array.plain([value]), zeros, selected, constants)
    return zeros, selected, constants


def may_be_zero(field: SimpleNamespace, values: list[int]) -> list[bool]:
    """The bit of each number in the mask."""
    zeros, _, _ = _masks(field, values, values)
    return [bool(zeros[i // LANES] >> (i % LANES) & 1) for i in range(len(values))]


def select(field: SimpleNamespace, mask: int, left: list[int], right: list[int]) -> list[int]:
    """Eight of the left where the mask is set, else of the right."""
    return unpack(_masks(field, left, right, mask=mask)[1], LANES)


def constant(field: SimpleNamespace, value: int) -> list[int]:
    """A number of four words in every lane."""
    return unpack(_masks(field, [0] * LANES, [0] * LANES, value=value)[2], LANES)
