"""Many Poseidon hashes at once in kernels, in lanes where the CPU has them; results equal `poseidon.hash`.

The linear maps are those of `recurrence`.  Everything is a sum of products that starts from a constant and has one
reduction for seven products.  For width t a hash takes R_F t + R_P fifth powers and about as many sums, of t products
in a full round and of 2t - 1 in a partial one.

Two *streams* of eight lanes run side by side, so that one computes while the other waits for its products.  A single
hash is one stream.  In an array of elements those of the streams are next to each other.  All numbers that a width
needs are in one `table` (see `_table`), read by index.
"""

from functools import cache, lru_cache

import numpy as np

from zk.fields import accumulator, array, fr, memory, simd
from zk.fields.prime import FR, MONTGOMERY, WORDS, R
from zk.hashes import poseidon, recurrence
from zk.runtime import cpu, parallel
from zk.runtime.jit import inlined, kernel

_STREAMS = 2  # groups of lanes that run side by side
_SHARE = 64  # a thread takes a multiple of this many hashes


@inlined
def _mix(table, first, start, elements, place, count, out, target, streams, like):
    """target[out] = table[start] / 2^256 + Σ table[first + i]·elements[place + i], i < count, in every stream.

    `count` unreduced products and one reduction for seven of them.
    """
    for stream in range(streams):
        products, pending = accumulator.start(memory.load(table, start), like), 0
        result = fr.constant(fr.ZERO, like)
        for i in range(count):
            if pending == accumulator.MAX_PRODUCTS:
                result = fr.add(result, accumulator.total(products))
                products, pending = accumulator.start(fr.ZERO, like), 0
            constant = memory.load(table, first + i)
            element = memory.reload_like(elements, (place + i) * streams + stream, like)
            products = accumulator.add(products, constant, element)
            pending += 1
        last = accumulator.total(products)
        if count > accumulator.MAX_PRODUCTS:
            last = fr.add(result, last)
        memory.spill(target, out * streams + stream, last)


@inlined
def _sboxes(elements, place, raised, out, count, like):
    """raised[out + i] = elements[place + i]^5, i < count.  3 mul each, interleaved because those of one wait."""
    for i in range(count):
        memory.spill(raised, out + i, fr.square(memory.reload_like(elements, place + i, like)))
    for i in range(count):
        memory.spill(raised, out + i, fr.square(memory.reload_like(raised, out + i, like)))
    for i in range(count):
        fourth = memory.reload_like(raised, out + i, like)
        memory.spill(raised, out + i, fr.mul(fourth, memory.reload_like(elements, place + i, like)))


@inlined
def _full_rounds(state, raised, t, table, first, count, streams, like):
    """`count` full rounds with t constants each, from `first` on, then the S-boxes of one more, left in `raised`."""
    for r in range(count):
        _sboxes(state, 0, raised, 0, t * streams, like)
        for i in range(t):
            _mix(table, i * t, first + r * t + i, raised, 0, t, i, state, streams, like)
    _sboxes(state, 0, raised, 0, t * streams, like)


@inlined
def _partial_rounds(raised, state, tape, t, table, first, count, streams, like):
    """The partial rounds on a tape (see `recurrence`), from the S-boxes before them to the state after them."""
    n = t - 1
    entry = t * t
    weights = entry + n * t
    leaving = weights + 2 * n + 1
    for i in range(n):
        for stream in range(streams):
            memory.spill(tape, 2 * i * streams + stream, fr.constant(fr.ZERO, like))
        _mix(table, entry + i * t, first + i, raised, 0, t, 2 * i + 1, tape, streams, like)
    for stream in range(streams):
        memory.spill(tape, (2 * n - 2) * streams + stream, memory.reload_like(raised, stream, like))
    first += n
    for k in range(count):
        end = 2 * (k + n)
        _sboxes(tape, (end - 1) * streams, tape, end * streams, streams, like)
        _mix(table, weights, first + k, tape, 2 * k, 2 * n + 1, end + 1, tape, streams, like)
    first += count
    for stream in range(streams):
        memory.spill(state, stream, memory.reload_like(tape, (2 * (count + n) - 1) * streams + stream, like))
    for i in range(n):
        _mix(table, leaving + 2 * n * i, first + i, tape, 2 * count, 2 * n, i + 1, state, streams, like)


@inlined
def _hash_all(inputs, tag, table, t, half, partial, result, first, last, words, lanes, streams, like):
    """result[h] = the hash of the tag and inputs[(t - 1) h], …, for first <= h < last, lanes · streams at a time."""
    n, constants = t - 1, t * t + (t - 1) * t + 2 * t - 1 + 2 * (t - 1) * (t - 1)
    state, raised = np.empty((t * streams, words), np.uint64), np.empty((t * streams, words), np.uint64)
    tape = np.empty((2 * (partial + n) * streams, words), np.uint64)
    before = constants + t
    between = before + (half - 1) * t
    after = between + n + partial + n
    zero = table.shape[0] - 1
    for h in range(first, last, lanes * streams):
        for i in range(t):
            constant = fr.constant(memory.load(table, constants + i), like)
            for stream in range(streams):
                x = fr.constant(memory.load(tag, 0), like)
                if i > 0:
                    x = memory.load_like(inputs, (h + lanes * stream) * n + i - 1, n, like)
                memory.spill(state, i * streams + stream, fr.add(x, constant))
        _full_rounds(state, raised, t, table, before, half - 1, streams, like)
        _partial_rounds(raised, state, tape, t, table, between, partial, streams, like)
        _full_rounds(state, raised, t, table, after, half - 1, streams, like)
        _mix(table, 0, zero, raised, 0, t, 0, state, streams, like)
        for stream in range(streams):
            memory.store_lanes(result, h + lanes * stream, 1, fr.canonical(memory.reload_like(state, stream, like)))


@kernel
def _hash_single(
    inputs: np.ndarray, tag: np.ndarray, table: np.ndarray, t: int, half: int, partial: int, result: np.ndarray,
    first: int, last: int,
) -> None:  # fmt: skip
    """One hash at a time."""
    _hash_all(inputs, tag, table, t, half, partial, result, first, last, WORDS, 1, 1, fr.ZERO)


@kernel
def _hash_lanes(
    inputs: np.ndarray, tag: np.ndarray, table: np.ndarray, t: int, half: int, partial: int, result: np.ndarray,
    first: int, last: int,
) -> None:  # fmt: skip
    """Sixteen hashes at a time; last - first is a multiple of sixteen."""
    like, words = memory.load_lanes(table, 0, 0), memory.SCRATCH_WORDS
    _hash_all(inputs, tag, table, t, half, partial, result, first, last, words, simd.LANES, _STREAMS, like)


@cache
def _table(t: int) -> np.ndarray:
    """The numbers of `recurrence` in the order the kernels read them, as Montgomery words.

    First the matrices, then the constants in the order of the rounds, then 0.  All constants but the first t start
    sums, which the reduction divides by 2^256, so they are multiplied by it here.
    """
    maps = recurrence.derive(poseidon.parameters(t))
    factors = [maps.matrix, maps.entry, [maps.weights], maps.leaving, maps.before[:1]]
    zeros = [0] * (t - 2)
    starts = [*maps.before[1:], [*zeros, maps.first], maps.shifts, maps.closing, *maps.after, [0]]
    plain = [int(x) for part in factors for row in part for x in row]
    return array.encode(FR, plain + [int(x) * MONTGOMERY % R for row in starts for x in row])


@lru_cache
def _row(tag: int) -> np.ndarray:
    """A tag as an array (1, 4)."""
    return array.encode(FR, [tag])


def hash_many(inputs: np.ndarray, tag: int = 0) -> np.ndarray:
    """The hashes (n, 4) of n rows of 1 to 16 inputs (n, inputs, 4), all canonical Montgomery words of Fr.

    Raises ValueError for another number of inputs.
    """
    count, t = len(inputs), inputs.shape[1] + 1
    table, key = _table(t), _row(tag)
    at_once, run = (_STREAMS * simd.LANES, _hash_lanes) if cpu.LANES > 1 and count > 1 else (1, _hash_single)
    missing = -count % at_once
    if missing:
        inputs = np.concatenate([inputs, np.zeros((missing, t - 1, WORDS), np.uint64)])
    flat = np.ascontiguousarray(inputs.reshape(-1, WORDS))
    result = np.empty((count + missing, WORDS), np.uint64)
    half, partial = poseidon.FULL_ROUNDS // 2, poseidon.PARTIAL_ROUNDS[t - 2]

    def hash_share(first: int) -> None:
        run(flat, key, table, t, half, partial, result, first, min(first + share, len(result)))

    if count <= _SHARE:
        share = len(result)
        hash_share(0)
    else:
        share = -(-count // parallel.threads() // _SHARE) * _SHARE
        parallel.map(hash_share, range(0, count, share))
    return result[:count]
