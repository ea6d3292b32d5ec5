"""Running a flat witness program, whose format is in circuits/frontend/program.py: once, or eight times at once.

One kernel does both; which, `like` tells, any element of the right type.  Values are Montgomery elements of Fr.  The
wires of a combination were all computed by earlier steps, so a step is two sums of products and at most one more
operation.  Two things are shared: a combination that is read again soon is not summed again, and two quotients in a row
cost one inversion.  Indices are trusted here: a `Program` checks them when it is made.

Wires are canonical or products, which in lanes are below 2p; so a sum of n of them has an excess of n 2^210 at most
(`zk.fields.lanes`), which is small.
"""

from collections.abc import Sequence

import numpy as np

from zk.fields import accumulator, array, fr, memory, simd
from zk.fields.prime import FR, WORDS
from zk.runtime import cpu
from zk.runtime.jit import inlined, inner, kernel

MULTIPLY, LINEAR, QUOTIENT, BITS = range(4)
_ONE, _MINUS_ONE = 0, 1  # the places of 1 and -1 among the coefficients
_SLOTS = 64  # how many combinations are remembered


@inner
def combination(index, starts, terms, coefficients, wires, like):
    """Σ coefficient·wire over one combination.  A late product a term, a reduction for seven; 1 and -1 cost an add."""
    total, late, waiting = fr.constant(fr.ZERO, like), accumulator.start(fr.ZERO, like), 0
    for i in range(starts[index], starts[index + 1]):
        value, place = memory.reload_like(wires, terms[i, 0], like), terms[i, 1]
        if place == _ONE:
            total = fr.add(total, value)
        elif place == _MINUS_ONE:
            total = fr.sub(total, value)
        else:
            late = accumulator.add(late, memory.load(coefficients, place), value)
            waiting += 1
            if waiting == accumulator.MAX_PRODUCTS:
                total, late, waiting = fr.add(total, accumulator.total(late)), accumulator.start(fr.ZERO, like), 0
    if waiting:
        total = fr.add(total, accumulator.total(late))
    return total


@inner
def _value(index, starts, terms, coefficients, wires, sums, places, like):
    """A combination, from `sums` when it is there: sums[k] is that of index places[k]."""
    first = starts[index]
    if starts[index + 1] - first == 1 and terms[first, 1] == _ONE:
        return memory.reload_like(wires, terms[first, 0], like)
    slot = index % _SLOTS
    if places[slot] == index:
        return memory.reload_like(sums, slot, like)
    value = combination(index, starts, terms, coefficients, wires, like)
    memory.spill(sums, slot, value)
    places[slot] = index
    return value


@inner
def _operands(step, code, starts, terms, coefficients, wires, sums, places, like):
    """Both combinations of a step; the first twice where it has only one."""
    operation, a, b = code[step, 0], code[step, 2], code[step, 3]
    left = _value(a, starts, terms, coefficients, wires, sums, places, like)
    if operation == LINEAR or operation == BITS or a == b:
        return left, left
    return left, _value(b, starts, terms, coefficients, wires, sums, places, like)


@inner
def _keep_bits(wires, plain, out, value, bits):
    """Wire out + i = bit i of the canonical integer of `value`, i < bits <= 256; `plain` has a row for each lane."""
    one, zero = fr.constant(fr.ONE, value), fr.constant(fr.ZERO, value)
    memory.store_lanes(plain, 0, 1, fr.from_montgomery(value))
    for i in range(bits):
        mask = np.int64(0)
        for lane in range(plain.shape[0]):
            mask |= np.int64(plain[lane, i >> 6] >> np.uint64(i & 63) & np.uint64(1)) << lane
        memory.spill(wires, out + i, fr.select(np.uint8(mask), one, zero))


@inner
def _reads(index, starts, terms, wire):
    """Whether a combination reads a wire."""
    for i in range(starts[index], starts[index + 1]):
        if terms[i, 0] == wire:
            return True
    return False


@inner
def _is_quotient_apart(code, step, starts, terms, out):
    """Whether this step is there, is a quotient, and does not read the wire `out`."""
    if step >= code.shape[0] or code[step, 0] != QUOTIENT:
        return False
    return not (_reads(code[step, 2], starts, terms, out) or _reads(code[step, 3], starts, terms, out))


@inner
def _two_quotients(a, b, c, d):
    """(a/b, c/d), 0 where the divisor is 0.  1 inverse, 6 mul, where no divisor is 0."""
    product = fr.mul(b, d)
    if fr.may_be_zero(product):
        return fr.mul(a, fr.inverse(b)), fr.mul(c, fr.inverse(d))
    inverse = fr.inverse(product)
    return fr.mul(a, fr.mul(inverse, d)), fr.mul(c, fr.mul(inverse, b))


@inlined
def _run_steps(code, starts, terms, coefficients, wires, lanes, like):
    """Compute every wire after the inputs, of one witness or of eight."""
    sums, places = np.empty((_SLOTS, wires.shape[1]), np.uint64), np.full(_SLOTS, -1, np.int64)
    plain = np.empty((lanes, WORDS), np.uint64)
    step = 0
    while step < code.shape[0]:
        operation, out = code[step, 0], code[step, 1]
        left, right = _operands(step, code, starts, terms, coefficients, wires, sums, places, like)
        if operation == BITS:
            _keep_bits(wires, plain, out, left, code[step, 3])
        elif operation == LINEAR:
            memory.spill(wires, out, fr.canonical(left))
        elif operation == MULTIPLY:
            memory.spill(wires, out, fr.mul(left, right))
        elif _is_quotient_apart(code, step + 1, starts, terms, out):
            step += 1
            next_left, next_right = _operands(step, code, starts, terms, coefficients, wires, sums, places, like)
            quotient, next_quotient = _two_quotients(left, right, next_left, next_right)
            memory.spill(wires, out, quotient)
            memory.spill(wires, out + 1, next_quotient)
        else:
            memory.spill(wires, out, fr.mul(left, fr.inverse(right)))
        step += 1


@kernel
def _run_one(code, starts, terms, coefficients, witness):
    """Fill witness (wires, 4), which holds the inputs."""
    _run_steps(code, starts, terms, coefficients, witness, 1, fr.ZERO)


@kernel
def _run_eight(code, starts, terms, coefficients, inputs, witnesses):
    """Fill eight witnesses, (8 wires, 4) one after the other, which hold the inputs."""
    count = witnesses.shape[0] // simd.LANES
    wires = np.empty((count, memory.SCRATCH_WORDS), np.uint64)
    for i in range(inputs + 1):
        memory.spill(wires, i, memory.load_lanes(witnesses, i, count))
    _run_steps(code, starts, terms, coefficients, wires, simd.LANES, memory.reload(wires, 0))
    for i in range(inputs + 1, count):
        memory.store_lanes(witnesses, i, count, fr.canonical(memory.reload(wires, i)))


def run(
    code: np.ndarray,
    starts: np.ndarray,
    terms: np.ndarray,
    coefficients: np.ndarray,
    wires: int,
    batch: Sequence[Sequence[int]],
) -> np.ndarray:
    """The witnesses, (n, wires, 4) Montgomery words, that a checked program computes from n lists of canonical inputs.

    `coefficients` are Montgomery words.  Eight run at once where the CPU has lanes, and one alone by itself.
    """
    count, inputs = len(batch), len(batch[0]) if batch else 0
    at_once = simd.LANES if cpu.LANES > 1 and count > 1 else 1
    witnesses = np.empty((-(-count // at_once) * at_once, wires, WORDS), np.uint64)
    known = array.encode(FR, (value for row in batch for value in (1, *row)))
    witnesses[:count, : inputs + 1] = known.reshape(count, inputs + 1, WORDS)
    witnesses[count:, : inputs + 1] = witnesses[count - 1 : count, : inputs + 1]
    for first in range(0, count, at_once):
        if at_once == 1:
            _run_one(code, starts, terms, coefficients, witnesses[first])
        else:
            group = witnesses[first : first + at_once].reshape(-1, WORDS)
            _run_eight(code, starts, terms, coefficients, inputs, group)
    return witnesses[:count]
