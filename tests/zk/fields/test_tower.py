"""Fp2, Fp6 and Fp12 as kernels agree with polynomials over Fp."""

import random

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from tests.reference import field as reference
from tests.zk.fields.edges import corpus, elements
from zk.fields import array, cyclotomic, fp2, fp6, fp12
from zk.fields.prime import FP, P, R
from zk.runtime.cpu import LANES
from zk.runtime.jit import kernel

ADD, SUB, MUL, NEG, SQUARE, INVERSE, CONJUGATE, DOUBLE, XI, EQUAL, FROBENIUS, CYCLOTOMIC = range(12)


@kernel
def run_fp2(operation, left, right, result):
    """result[i] = left[i] operation right[i] for arrays (n, 2, 4)."""
    for i in range(left.shape[0]):
        a, b = fp2.load(left, i), fp2.load(right, i)
        c = fp2.ZERO
        if operation == ADD:
            c = fp2.add(a, b)
        elif operation == SUB:
            c = fp2.sub(a, b)
        elif operation == MUL:
            c = fp2.mul(a, b)
        elif operation == NEG:
            c = fp2.neg(a)
        elif operation == SQUARE:
            c = fp2.square(a)
        elif operation == INVERSE:
            c = fp2.inverse(a)
        elif operation == CONJUGATE:
            c = fp2.conjugate(a)
        elif operation == DOUBLE:
            c = fp2.double(a)
        elif operation == XI:
            c = fp2.mul_by_xi(a)
        elif operation == EQUAL and fp2.equal(a, b):
            c = fp2.ONE
        fp2.store(result, i, c)


@kernel
def run_fp2_in_lanes(operation, left, right, result):
    """result = (left + right) operation (right + right), eight rows at a time: the sums are lazy, up to 2p - 2."""
    for i in range(0, left.shape[0], LANES):
        b = fp2.load_lanes(right, i, 1)
        a, b = fp2.add(fp2.load_lanes(left, i, 1), b), fp2.add(b, b)
        c = a
        if operation == ADD:
            c = fp2.add(a, b)
        elif operation == SUB:
            c = fp2.sub(a, b)
        elif operation == MUL:
            c = fp2.mul(a, b)
        elif operation == NEG:
            c = fp2.neg(a)
        elif operation == SQUARE:
            c = fp2.square(a)
        elif operation == INVERSE:
            c = fp2.inverse(a)
        elif operation == CONJUGATE:
            c = fp2.conjugate(a)
        elif operation == DOUBLE:
            c = fp2.double(a)
        elif operation == XI:
            c = fp2.mul_by_xi(a)
        fp2.store_lanes(result, i, 1, fp2.canonical(c))


@kernel
def run_fp6(operation, left, right, result):
    """The same for the even coefficients of arrays (n, 6, 2, 4), which are Fp6."""
    for i in range(left.shape[0]):
        a, b = fp12.reload_like(left, i, fp2.ONE)[0], fp12.reload_like(right, i, fp2.ONE)[0]
        c = fp6.ZERO
        if operation == ADD:
            c = fp6.add(a, b)
        elif operation == SUB:
            c = fp6.sub(a, b)
        elif operation == MUL:
            c = fp6.mul(a, b)
        elif operation == NEG:
            c = fp6.neg(a)
        elif operation == SQUARE:
            c = fp6.square(a)
        elif operation == INVERSE:
            c = fp6.inverse(a)
        elif operation == EQUAL and fp6.equal(a, b):
            c = fp6.ONE
        fp12.spill(result, i, (c, fp6.ZERO))


@kernel
def run_fp12(operation, left, right, result):
    """The same for arrays (n, 6, 2, 4)."""
    for i in range(left.shape[0]):
        a, b = fp12.reload_like(left, i, fp2.ONE), fp12.reload_like(right, i, fp2.ONE)
        c = fp12.ZERO
        if operation == MUL:
            c = fp12.mul(a, b)
        elif operation == SQUARE:
            c = fp12.square(a)
        elif operation == INVERSE:
            c = fp12.inverse(a)
        elif operation == CONJUGATE:
            c = fp12.conjugate(a)
        elif operation == FROBENIUS:
            c = fp12.frobenius(a)
        elif operation == CYCLOTOMIC:
            c = cyclotomic.square(a)
        elif operation == EQUAL and fp12.equal(a, b):
            c = fp12.ONE
        fp12.spill(result, i, c)


def encode(values, shape):
    """An array of elements of the tower from polynomials in w."""
    width = int(np.prod(shape)) // 8
    step = 1 if width == 6 else 6
    pairs = [reference.to_pairs(value)[::step][:width] for value in values]
    return array.encode(FP, [c for element in pairs for pair in element for c in pair]).reshape(-1, *shape)


def decode(result):
    values = array.decode(FP, result.reshape(-1, 4))
    width = result[0].size // 4
    elements = [values[i : i + width] for i in range(0, len(values), width)]
    return [reference.from_pairs(zip(element[::2], element[1::2], strict=True)) for element in elements]


def run(kernel_, operation, left, right):
    shape = (2, 4) if kernel_ in (run_fp2, run_fp2_in_lanes) else (6, 2, 4)
    words = encode(left, shape), encode(right, shape)
    result = np.empty_like(words[0])
    kernel_(operation, *words, result)
    assert array.is_canonical(FP, result.reshape(-1, 4))
    return decode(result)


POWERS = {run_fp2: [0], run_fp6: [0, 2, 4], run_fp12: range(6)}
KINDS = pytest.mark.parametrize("kind", POWERS, ids=["Fp2", "Fp6", "Fp12"])
XI_VALUE = reference.from_pairs([(9, 1)])

CLAIMS = {
    ADD: reference.add,
    SUB: reference.sub,
    MUL: reference.mul,
    NEG: lambda a, b: reference.sub(reference.ZERO, a),
    SQUARE: lambda a, b: reference.mul(a, a),
    DOUBLE: lambda a, b: reference.add(a, a),
    XI: lambda a, b: reference.mul(a, XI_VALUE),
    EQUAL: lambda a, b: reference.ONE if a == b else reference.ZERO,
}
OFFERED = {
    run_fp2: [ADD, SUB, MUL, NEG, SQUARE, DOUBLE, XI, EQUAL],
    run_fp6: [ADD, SUB, MUL, NEG, SQUARE, EQUAL],
    run_fp12: [MUL, SQUARE, EQUAL],
}


def element(kind, draw):
    """An element of the kind's field, its coefficients in Fp made by `draw`."""
    pairs = [(0, 0)] * 6
    for i in POWERS[kind]:
        pairs[i] = (draw(), draw())
    return reference.from_pairs(pairs)


@KINDS
def test_edge_values_agree_with_polynomials(kind):
    generator = random.Random(1)
    left, right = ([element(kind, lambda: generator.choice(corpus(P))) for _ in range(60)] for _ in range(2))
    right[:3] = left[:3]
    left[3:5] = [reference.ZERO, reference.ONE]
    for operation in OFFERED[kind]:
        assert run(kind, operation, left, right) == [CLAIMS[operation](a, b) for a, b in zip(left, right, strict=True)]


def lazy_pairs():
    """64 pairs from the edge values; the first have sums that are as large as can be, p, or zero."""
    generator = random.Random(6)
    left, right = ([element(run_fp2, lambda: generator.choice(corpus(P))) for _ in range(64)] for _ in range(2))
    for i, (x, y) in enumerate([(P - 1, P - 1), (P - 1, 1), (0, 0), (1, P - 1), (P - 1, 0), (0, P - 1)]):
        left[i], right[i] = (reference.from_pairs([(v, v)]) for v in (x, y))
    return left, right


@pytest.mark.parametrize("operation", OFFERED[run_fp2][:-1])
def test_lazy_values_in_lanes_agree_with_polynomials(operation):
    left, right = lazy_pairs()
    lazy = [(reference.add(a, b), reference.add(b, b)) for a, b in zip(left, right, strict=True)]
    assert run(run_fp2_in_lanes, operation, left, right) == [CLAIMS[operation](a, b) for a, b in lazy]


def test_lanes_have_inverses_and_conjugates_and_zero_stays_zero():
    left, right = lazy_pairs()
    values = [reference.add(a, b) for a, b in zip(left, right, strict=True)]
    assert reference.ZERO in values
    for value, inverse in zip(values, run(run_fp2_in_lanes, INVERSE, left, right), strict=True):
        assert reference.mul(value, inverse) == (reference.ONE if value != reference.ZERO else reference.ZERO)
    conjugates = [reference.power(value, P) if value != reference.ZERO else value for value in values]
    assert run(run_fp2_in_lanes, CONJUGATE, left, right) == conjugates


def test_a_multiple_by_xi_is_right_around_every_multiple_of_p():
    """9a - b and 9a + b are reduced by a quotient that is estimated."""
    nines = {(k * P // 9 + d) % P for k in range(10) for d in (-1, 0, 1, 2)}
    values = [reference.from_pairs([pair]) for a in nines for b in (0, 1, 9, P - 1) for pair in ((a, b), (b, a))]
    assert run(run_fp2, XI, values, values) == [reference.mul(a, XI_VALUE) for a in values]


@KINDS
@settings(max_examples=25)
@given(data=strategies.data())
def test_random_elements_agree_with_polynomials(kind, data):
    a, b = (element(kind, lambda: data.draw(elements(P))) for _ in range(2))
    for operation in OFFERED[kind]:
        assert run(kind, operation, [a], [b]) == [CLAIMS[operation](a, b)]


@KINDS
def test_an_element_times_its_inverse_is_one_and_zero_stays_zero(kind):
    generator = random.Random(2)
    values = [element(kind, lambda: generator.randrange(P)) for _ in range(8)]
    inverses = run(kind, INVERSE, values, values)
    assert all(reference.mul(a, b) == reference.ONE for a, b in zip(values, inverses, strict=True))
    assert run(kind, INVERSE, [reference.ZERO], [reference.ZERO]) == [reference.ZERO]


def test_conjugation_is_a_power_of_p():
    generator = random.Random(3)
    small = element(run_fp2, lambda: generator.randrange(P))
    assert run(run_fp2, CONJUGATE, [small], [small]) == [reference.power(small, P)]
    large = element(run_fp12, lambda: generator.randrange(P))
    frobenius = reference.power(large, P)
    assert run(run_fp12, FROBENIUS, [large], [large]) == [frobenius]
    for _ in range(5):
        [frobenius] = run(run_fp12, FROBENIUS, [frobenius], [frobenius])
    assert run(run_fp12, CONJUGATE, [large], [large]) == [frobenius]


def cyclotomic_element():
    """A random element to the power (p^6 - 1)(p^2 + 1)."""
    generator = random.Random(4)
    a = element(run_fp12, lambda: generator.randrange(P))
    [conjugate], [inverse] = run(run_fp12, CONJUGATE, [a], [a]), run(run_fp12, INVERSE, [a], [a])
    b = reference.mul(conjugate, inverse)
    [once] = run(run_fp12, FROBENIUS, [b], [b])
    [twice] = run(run_fp12, FROBENIUS, [once], [once])
    return a, reference.mul(twice, b)


def test_the_square_for_the_cyclotomic_subgroup_is_right_there_and_only_there():
    outside, inside = cyclotomic_element()
    assert run(run_fp12, CYCLOTOMIC, [inside], [inside]) == [reference.mul(inside, inside)]
    assert run(run_fp12, CYCLOTOMIC, [outside], [outside]) != [reference.mul(outside, outside)]


def test_the_final_exponentiation_is_the_power_it_claims_to_be():
    a, inside = cyclotomic_element()
    registers = np.zeros((cyclotomic.REGISTERS, 6, 2, 4), np.uint64)
    cyclotomic.final_exponentiation(encode([a], (6, 2, 4)), registers)
    assert decode(registers[:1]) == [reference.power(inside, (P**4 - P**2 + 1) // R)]


@pytest.mark.parametrize("width", [2, 3, 4, 6])
def test_the_non_adjacent_form_is_the_number_and_has_no_neighbours(width):
    for value in (1, 2, 3, 7, 2**70 - 1, 4965661367192848881, 6 * 4965661367192848881 + 2):
        digits = cyclotomic.non_adjacent_form(value, width)
        assert sum(d << i for i, d in enumerate(reversed(digits))) == value
        assert all(d == 0 or d % 2 and abs(d) < 1 << (width - 1) for d in digits) and digits[0] > 0
        assert all(len([d for d in digits[i : i + width] if d]) <= 1 for i in range(len(digits)))
