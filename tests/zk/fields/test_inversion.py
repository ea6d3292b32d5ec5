"""62 division steps at once equal 62 plain ones, sums of long numbers are right, and so is c/a."""

import random

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from tests.zk.fields.edges import corpus, elements
from zk.fields import array, inversion
from zk.fields.prime import P, R
from zk.runtime.jit import kernel

BITS = inversion.LIMB62_BITS
WHOLE = 1 << BITS
UPDATES = 12


@kernel
def run_steps(delta, f, g, result):
    """result = (δ, u, v, q, r) after 62 steps."""
    values = inversion._steps(delta, f, g)
    for i in range(5):
        result[i] = values[i]


@kernel
def run_shifted_sum(factors, numbers, result):
    """result = Σ factors[i]·numbers[i] / 2^62 over three rows of limbs."""
    a, b, c = numbers[0], numbers[1], numbers[2]
    value = inversion._shifted_sum(
        (factors[0], factors[1], factors[2]),
        ((a[0], a[1], a[2], a[3], a[4]), (b[0], b[1], b[2], b[3], b[4]), (c[0], c[1], c[2], c[3], c[4])),
    )
    for i in range(5):
        result[i] = value[i]


def quotients(modulus, numerator):
    """The quotient kernel of a modulus, on arrays of plain words."""
    p, negative_inverse, scale = inversion.constants(modulus, numerator)

    @kernel
    def run(values, result):
        for i in range(len(values)):
            a = values[i]
            words = inversion.quotient((a[0], a[1], a[2], a[3]), p, negative_inverse, scale)
            for k in range(4):
                result[i, k] = words[k]

    def apply(values):
        result = np.empty((len(values), 4), np.uint64)
        run(array.plain(values), result)
        return array.from_plain(result)

    return apply


ONE_OVER = {P: quotients(P, 1), R: quotients(R, 1)}


def divide(delta, f, g):
    """One division step, as in the paper."""
    if delta > 0 and g & 1:
        return 1 - delta, g, (g - f) >> 1
    return 1 + delta, f, (g + (g & 1) * f) >> 1


def update(delta, f, g):
    """62 steps by the kernel on the lowest words: δ and the matrix."""
    result = np.empty(5, np.int64)
    run_steps(np.int64(delta), np.int64(f % WHOLE), np.int64(g % WHOLE), result)
    return [int(x) for x in result]


def to_int(limbs):
    return sum(int(x) << (BITS * i) for i, x in enumerate(limbs))


def to_limbs(value):
    limbs = [value >> (BITS * i) & (WHOLE - 1) for i in range(4)]
    return [*limbs, value >> (4 * BITS)]


def patterns(modulus):
    """Numbers with long runs of equal bits: all 2^k - 1, 2^k, 2^k + 1, p minus these, and runs in the middle."""
    values = [(1 << k) + d for k in range(1, 254) for d in (-1, 0, 1)]
    values += [modulus - x for x in values]
    values += [((1 << a) - 1) << b for a in range(3, 250, 13) for b in range(1, 253 - a, 11)]
    return [x for x in values if 0 <= x < modulus]


@pytest.mark.parametrize("modulus", [P, R])
def test_every_update_is_62_division_steps_until_g_is_zero(modulus):
    chance = random.Random(3)
    for start in [*corpus(modulus), *(chance.randrange(modulus) for _ in range(200))]:
        state, updates = (1, modulus, start), 0
        while state[2]:
            delta, f, g = state
            for _ in range(BITS):
                state = divide(*state)
            delta, u, v, q, r = update(delta, f, g)
            assert (delta, (u * f + v * g) >> BITS, (q * f + r * g) >> BITS) == state
            assert (u * f + v * g) % WHOLE == 0 == (q * f + r * g) % WHOLE
            assert abs(u) + abs(v) <= WHOLE and abs(q) + abs(r) <= WHOLE
            updates += 1
        assert updates <= UPDATES and abs(state[1]) == (1 if start else modulus)


@settings(max_examples=200)
@given(strategies.integers(-700, 700), strategies.integers(0, WHOLE - 1), strategies.integers(0, WHOLE - 1))
def test_an_update_from_any_state_is_62_division_steps(delta, f, g):
    f |= 1
    state = (delta, f, g)
    for _ in range(BITS):
        state = divide(*state)
    after, u, v, q, r = update(delta, f, g)
    assert (after, (u * f + v * g) >> BITS, (q * f + r * g) >> BITS) == state


def test_shifted_sums_are_right_at_the_largest_words():
    top = 1 << (5 * BITS - 1)
    rows = [0, 1, -1, top - 1, -top, to_int([WHOLE - 1] * 4 + [0]), -to_int([WHOLE - 1] * 4 + [0]), 7 * P, -7 * P]
    chance = random.Random(4)
    factors = [(WHOLE, -WHOLE, WHOLE), (-WHOLE, -WHOLE, -WHOLE), (WHOLE >> 1, WHOLE >> 1, 0), (1, 0, 0)]
    for _ in range(500):
        numbers, triple = [chance.choice(rows) for _ in range(3)], chance.choice(factors)
        expected = sum(x * y for x, y in zip(triple, numbers, strict=True)) >> BITS
        if not -(1 << (4 * BITS + 63)) <= expected < 1 << (4 * BITS + 63):
            continue
        result = np.empty(5, np.int64)
        run_shifted_sum(np.array(triple, np.int64), np.array([to_limbs(x) for x in numbers], np.int64), result)
        assert result.tolist() == to_limbs(expected)


@pytest.mark.parametrize("modulus", [P, R])
def test_inverses_of_edge_values_and_long_runs_of_bits_agree_with_python(modulus):
    values = [*corpus(modulus), *patterns(modulus)]
    expected = [pow(x, -1, modulus) if x else 0 for x in values]
    assert ONE_OVER[modulus](values) == expected
    assert ONE_OVER[modulus](expected) == values


@settings(max_examples=50)
@given(strategies.sampled_from([P, R]).flatmap(lambda p: strategies.tuples(strategies.just(p), elements(p))))
def test_the_inverse_of_any_element_agrees_with_python(case):
    modulus, value = case
    assert ONE_OVER[modulus]([value]) == [pow(value, -1, modulus) if value else 0]


def test_the_quotient_has_its_numerator():
    assert quotients(P, P - 3)([2, 0, 1]) == [(P - 3) * pow(2, -1, P) % P, 0, P - 3]
