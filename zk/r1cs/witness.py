"""Runs a witness program (circuits/frontend/program.py), for one witness or for eight at once.

One kernel does both: the type of `like`, any element, selects.  Values are Montgomery elements of Fr.  The wires of a
linear combination are computed by earlier steps, so a step is two sums of products and at most one more operation.  A
combination that is needed again soon is not summed again, and two quotients in a row share an inversion.  Indices are
trusted: a `Program` checks them when it is created.

In lanes values are canonical or products, which are below 2p.  So a sum of n of them exceeds a reduced element by at
most n 2^210 (`zk.fields.lanes`), which is within the bounds of what follows.
"""

from collections.abc import Sequence

import numpy as np

from zk.fields import accumulator, array, fr, memory, simd
from zk.fields.prime import FR, WORDS
from zk.runtime import cpu
from zk.runtime.jit import inlined, kernel

MULTIPLY, LINEAR, QUOTIENT, BITS = range(4)
_ONE, _MINUS_ONE = 0, 1  # the indices of 1 and -1 among the coefficients
_SLOTS = 64  # combinations in the cache


@inlined
def combination(index, starts, terms, coefficients, values, like):
    """Σ coefficient·wire.  An unreduced product for each term, a reduction for seven; 1 and -1 cost an addition."""
    total, products, pending = fr.constant(fr.ZERO, like), accumulator.start(fr.ZERO, like), 0
    for i in range(starts[index], starts[index + 1]):
        value, place = memory.reload_like(values, terms[i, 0], like), terms[i, 1]
        if place == _ONE:
            total = fr.add(total, value)
        elif place == _MINUS_ONE:
            total = fr.sub(total, value)
        else:
            products = accumulator.add(products, memory.load(coefficients, place), value)
            pending += 1
            if pending == accumulator.MAX_PRODUCTS:
                total = fr.add(total, accumulator.total(products))
                products, pending = accumulator.start(fr.ZERO, like), 0
    if pending:
        total = fr.add(total, accumulator.total(products))
    return total


@inlined
def _value(index, starts, terms, coefficients, values, sums, places, like):
    """A combination, from the cache if possible: sums[k] is the value of combination places[k]."""
    first = starts[index]
    if starts[index + 1] - first == 1 and terms[first, 1] == _ONE:
        return memory.reload_like(values, terms[first, 0], like)
    slot = index % _SLOTS
    if places[slot] == index:
        return memory.reload_like(sums, slot, like)
    value = combination(index, starts, terms, coefficients, values, like)
    memory.spill(sums, slot, value)
    places[slot] = index
    return value


@inlined
def _operands(step, code, starts, terms, coefficients, values, sums, places, like):
    """Both combinations of a step; the first one twice when it has only one."""
    operation, a, b = code[step, 0], code[step, 2], code[step, 3]
    left = _value(a, starts, terms, coefficients, values, sums, places, like)
    if operation == LINEAR or operation == BITS or a == b:
        return left, left
    return left, _value(b, starts, terms, coefficients, values, sums, places, like)


@inlined
def _store_bits(values, plain, out, value, bits):
    """Wire out + i = bit i of the canonical integer of `value`, i < bits <= 256.  `plain` has a row for each lane."""
    one, zero = fr.constant(fr.ONE, value), fr.constant(fr.ZERO, value)
    memory.store_lanes(plain, 0, 1, fr.from_montgomery(value))
    for i in range(bits):
        mask = np.int64(0)
        for lane in range(plain.shape[0]):
            mask |= np.int64(plain[lane, i >> 6] >> np.uint64(i & 63) & np.uint64(1)) << lane
        memory.spill(values, out + i, fr.select(np.uint8(mask), one, zero))


@inlined
def _reads(index, starts, terms, wire):
    """Whether a combination reads a wire."""
    for i in range(starts[index], starts[index + 1]):
        if terms[i, 0] == wire:
            return True
    return False


@inlined
def _is_independent_quotient(code, step, starts, terms, out):
    """Whether there is such a step, it is a quotient, and it does not read the wire `out`."""
    if step >= code.shape[0] or code[step, 0] != QUOTIENT:
        return False
    return not (_reads(code[step, 2], starts, terms, out) or _reads(code[step, 3], starts, terms, out))


@inlined
def _two_quotients(a, b, c, d):
    """(a/b, c/d), 0 where the divisor is 0.  1 inverse, 6 mul, where no divisor is 0."""
    product = fr.mul(b, d)
    if fr.may_be_zero(product):
        return fr.mul(a, fr.inverse(b)), fr.mul(c, fr.inverse(d))
    inverse = fr.inverse(product)
    return fr.mul(a, fr.mul(inverse, d)), fr.mul(c, fr.mul(inverse, b))


@inlined
def _run_steps(code, starts, terms, coefficients, values, lanes, like):
    """Computes all wires after the inputs, of one witness or of eight."""
    sums, places = np.empty((_SLOTS, values.shape[1]), np.uint64), np.full(_SLOTS, -1, np.int64)
    plain = np.empty((lanes, WORDS), np.uint64)
    step = 0
    while step < code.shape[0]:
        operation, out = code[step, 0], code[step, 1]
        left, right = _operands(step, code, starts, terms, coefficients, values, sums, places, like)
        if operation == BITS:
            _store_bits(values, plain, out, left, code[step, 3])
        elif operation == LINEAR:
            memory.spill(values, out, fr.canonical(left))
        elif operation == MULTIPLY:
            memory.spill(values, out, fr.mul(left, right))
        elif _is_independent_quotient(code, step + 1, starts, terms, out):
            step += 1
            next_left, next_right = _operands(step, code, starts, terms, coefficients, values, sums, places, like)
            quotient, next_quotient = _two_quotients(left, right, next_left, next_right)
            memory.spill(values, out, quotient)
            memory.spill(values, out + 1, next_quotient)
        else:
            memory.spill(values, out, fr.mul(left, fr.inverse(right)))
        step += 1


@kernel
def _run_one(
    code: np.ndarray, starts: np.ndarray, terms: np.ndarray, coefficients: np.ndarray, witness: np.ndarray
) -> None:
    """Completes a witness (num_wires, 4) that holds the inputs."""
    _run_steps(code, starts, terms, coefficients, witness, 1, fr.ZERO)


@kernel
def _run_lanes(
    code: np.ndarray, starts: np.ndarray, terms: np.ndarray, coefficients: np.ndarray, inputs: int,
    witnesses: np.ndarray,
) -> None:  # fmt: skip
    """Completes eight consecutive witnesses, (8·num_wires, 4), that hold the inputs."""
    count = witnesses.shape[0] // simd.LANES
    values = np.empty((count, memory.SCRATCH_WORDS), np.uint64)
    for i in range(inputs + 1):
        memory.spill(values, i, memory.load_lanes(witnesses, i, count))
    _run_steps(code, starts, terms, coefficients, values, simd.LANES, memory.reload(values, 0))
    for i in range(inputs + 1, count):
        memory.store_lanes(witnesses, i, count, fr.canonical(memory.reload(values, i)))


def run(
    code: np.ndarray,
    starts: np.ndarray,
    terms: np.ndarray,
    coefficients: np.ndarray,
    num_wires: int,
    batch: Sequence[Sequence[int]],
) -> np.ndarray:
    """The witnesses (n, num_wires, 4) of a checked program for n lists of canonical inputs, in Montgomery words.

    `coefficients` are Montgomery words.  Where the CPU has lanes, eight witnesses are computed at once.
    """
    count, inputs = len(batch), len(batch[0]) if batch else 0
    at_once = simd.LANES if cpu.LANES > 1 and count > 1 else 1
    witnesses = np.empty((-(-count // at_once) * at_once, num_wires, WORDS), np.uint64)
    given = array.encode(FR, (value for row in batch for value in (1, *row)))
    witnesses[:count, : inputs + 1] = given.reshape(count, inputs + 1, WORDS)
    witnesses[count:, : inputs + 1] = witnesses[count - 1 : count, : inputs + 1]
    for first in range(0, count, at_once):
        if at_once == 1:
            _run_one(code, starts, terms, coefficients, witnesses[first])
        else:
            group = witnesses[first : first + at_once].reshape(-1, WORDS)
            _run_lanes(code, starts, terms, coefficients, inputs, group)
    return witnesses[:count]
