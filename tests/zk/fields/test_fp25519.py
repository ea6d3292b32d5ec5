"""The field modulo 2^255 - 19 agrees with Python's integers, on one element and on lanes, up to its bounds."""

import itertools
from functools import lru_cache

import numpy as np
from hypothesis import given, settings, strategies

from tests.zk.fields import lanes
from tests.zk.fields.edges import corpus, elements
from zk.fields import array, fp25519, limbs52, memory, simd
from zk.runtime.jit import kernel

P = 2**255 - 19
REDUCED = 2**255 + 2**213


@lru_cache(4096)
def inverse(a: int) -> int:
    """0 for 0.  Kept, because every number meets a hundred others."""
    return pow(a, P - 2, P)


OPERATIONS = {
    "mul": lambda a, b: a * b,
    "square": lambda a, b: a * a,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "add_a24": lambda a, b: a + 121665 * b,
    "canonical": lambda a, b: a,
    "is_zero": lambda a, b: int(a % P == 0),
    "inverse": lambda a, b: inverse(a),
    "product of sums": lambda a, b: (a + b) * (a - b),
    "square of a sum": lambda a, b: (a + b) ** 2,
    "square of a difference": lambda a, b: (b - a) ** 2,
    "add_a24 of a difference": lambda a, b: a * a + 121665 * (a - b),
}
NAMES = tuple(OPERATIONS)


@kernel
def run(left, right, results):
    """Every operation on a row of each, by one element, canonical."""
    for i in range(left.shape[0]):
        a, b = memory.load(left, i), memory.load(right, i)
        one, zero = fp25519.small(np.uint64(1), a), fp25519.small(np.uint64(0), a)
        is_zero = fp25519.is_zero(fp25519.canonical(a))
        memory.store(results, i, fp25519.canonical(fp25519.mul(a, b)), 0)
        memory.store(results, i, fp25519.canonical(fp25519.square(a)), 1)
        memory.store(results, i, fp25519.canonical(fp25519.add(a, b)), 2)
        memory.store(results, i, fp25519.canonical(fp25519.sub(a, b)), 3)
        memory.store(results, i, fp25519.canonical(fp25519.add_a24(a, b)), 4)
        memory.store(results, i, fp25519.canonical(a), 5)
        memory.store(results, i, fp25519.select(is_zero, one, zero), 6)
        memory.store(results, i, fp25519.canonical(fp25519.inverse(a)), 7)
        total, difference = fp25519.add(a, b), fp25519.sub(a, b)
        memory.store(results, i, fp25519.canonical(fp25519.mul(total, difference)), 8)
        memory.store(results, i, fp25519.canonical(fp25519.square(total)), 9)
        memory.store(results, i, fp25519.canonical(fp25519.square(fp25519.sub(b, a))), 10)
        memory.store(results, i, fp25519.canonical(fp25519.add_a24(fp25519.square(a), difference)), 11)


@kernel
def run_lanes(left, right, raw, results):
    """The same on lanes; `raw` gets the columns that the products leave."""
    for i in range(left.shape[0]):
        a, b = memory.reload(left, i), memory.reload(right, i)
        one, zero = fp25519.small(np.uint64(1), a), fp25519.small(np.uint64(0), a)
        is_zero = fp25519.is_zero(fp25519.canonical(a))
        total, difference, rest = fp25519.add(a, b), fp25519.sub(a, b), fp25519.sub(b, a)
        memory.spill(raw, i, fp25519.mul(a, b), 0)
        memory.spill(raw, i, fp25519.square(a), 1)
        memory.spill(raw, i, fp25519.mul(total, one), 2)
        memory.spill(raw, i, fp25519.mul(difference, one), 3)
        memory.spill(raw, i, fp25519.add_a24(a, b), 4)
        memory.spill(raw, i, fp25519.canonical(a), 5)
        memory.spill(raw, i, fp25519.select(is_zero, one, zero), 6)
        memory.spill(raw, i, fp25519.inverse(a), 7)
        memory.spill(raw, i, fp25519.mul(total, difference), 8)
        memory.spill(raw, i, fp25519.square(total), 9)
        memory.spill(raw, i, fp25519.square(rest), 10)
        memory.spill(raw, i, fp25519.add_a24(fp25519.square(a), difference), 11)
        for k in range(12):
            memory.spill(results, i, fp25519.canonical(memory.reload(raw, i, k)), k)


def check(pairs, results):
    """Compares rows of results, as ints, with Python."""
    for (a, b), row in zip(pairs, results, strict=True):
        assert dict(zip(NAMES, row, strict=True)) == {name: f(a, b) % P for name, f in OPERATIONS.items()}, (a, b)


def numbers(columns: np.ndarray) -> np.ndarray:
    """The numbers in columns (…, 5, 8), as Python's ints (…, 8)."""
    signed = columns.view(np.int64).astype(object)
    return sum(signed[..., i, :] << limbs52.LIMB_BITS * i for i in range(limbs52.LIMBS))


EDGES = [*corpus(P), P, P + 1, P + 18, 2**255 - 1]
WORDS_ONLY = [2**255, 2**255 + 18, 2 * P - 1, 2 * P, 2 * P + 1, 2**256 - 39, 2**256 - 38, 2**256 - 37, 2**256 - 1]


def run_alone(pairs):
    results = np.empty((len(pairs), len(NAMES), 4), np.uint64)
    run(array.plain(a for a, _ in pairs), array.plain(b for _, b in pairs), results)
    return [array.from_plain(row) for row in results]


def test_one_element_agrees_with_integers_for_any_four_words():
    pairs = list(itertools.product([*EDGES, *WORDS_ONLY], repeat=2))
    check(pairs, run_alone(pairs))


@settings(max_examples=50)
@given(strategies.lists(strategies.tuples(elements(2**256), elements(2**256)), min_size=1, max_size=8))
def test_one_element_agrees_with_integers_for_random_words(pairs):
    check(pairs, run_alone(pairs))


def check_lanes(left, right):
    """Runs columns (n, 40) and compares with Python; products must keep their bounds."""
    shape = (len(left), len(NAMES) * limbs52.LIMBS * simd.LANES)
    raw, results = np.empty(shape, np.uint64), np.empty(shape, np.uint64)
    run_lanes(left, right, raw, results)
    split = (-1, len(NAMES), limbs52.LIMBS, simd.LANES)
    assert (numbers(raw.reshape(split)) < REDUCED).all() and int(raw.max()) < 2**57
    assert int(results.max()) < 2**52
    a, b = (numbers(x.reshape(-1, limbs52.LIMBS, simd.LANES)).ravel() for x in (left, right))
    check(zip(a, b, strict=True), numbers(results.reshape(split)).transpose(0, 2, 1).reshape(-1, len(NAMES)))


@lanes.NEEDED
def test_lanes_agree_with_integers_on_edges():
    pairs = list(itertools.product([*EDGES, 2**255 + 2**212, REDUCED - 1], repeat=2))
    check_lanes(lanes.pack([a for a, _ in pairs]), lanes.pack([b for _, b in pairs]))


@lanes.NEEDED
def test_lanes_agree_with_integers_where_every_column_is_as_large_as_products_leave_it():
    full, top = 2**56 - 1, 2**47 - 1
    columns = [c for c in itertools.product([0, full], repeat=4)]
    rows = np.array([[*low, high] for low in columns for high in (0, 1, top)], np.uint64)
    pairs = np.array(list(itertools.product(rows, repeat=2)))
    spread = np.ascontiguousarray(pairs.reshape(-1, simd.LANES, 2, limbs52.LIMBS).transpose(2, 0, 3, 1))
    left, right = spread.reshape(2, len(pairs) // simd.LANES, -1)
    check_lanes(left, right)


@lanes.NEEDED
@settings(max_examples=50)
@given(strategies.lists(elements(REDUCED), min_size=16, max_size=16))
def test_lanes_agree_with_integers_for_random_numbers(values):
    check_lanes(lanes.pack(values[:8]), lanes.pack(values[8:]))
