"""Fp and Fr as kernels agree with Python's integers, on edge values and on random ones."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from tests.zk.fields.edges import corpus, elements
from zk.fields import array, fp, fr, memory
from zk.fields.prime import FP, FR, MONTGOMERY
from zk.runtime.jit import kernel

(ADD, SUB, MUL, NEG, DOUBLE, SQUARE, INVERSE, TO_MONTGOMERY, FROM_MONTGOMERY, IS_ZERO, EQUAL, SUB_SMALL, NEG_SMALL,
 SELECT) = range(14)  # fmt: skip


@kernel
def run_fp(operation, left, right, result):
    """result[i] = left[i] operation right[i]; a truth value is stored as one or zero."""
    for i in range(left.shape[0]):
        a, b = memory.load(left, i), memory.load(right, i)
        c = fp.ZERO
        if operation == ADD:
            c = fp.add(a, b)
        elif operation == SUB:
            c = fp.sub(a, b)
        elif operation == MUL:
            c = fp.mul(a, b)
        elif operation == NEG:
            c = fp.neg(a)
        elif operation == DOUBLE:
            c = fp.double(a)
        elif operation == SQUARE:
            c = fp.square(a)
        elif operation == INVERSE:
            c = fp.inverse(a)
        elif operation == TO_MONTGOMERY:
            c = fp.to_montgomery(a)
        elif operation == FROM_MONTGOMERY:
            c = fp.from_montgomery(a)
        elif operation == SUB_SMALL:
            c = fp.sub_small(a, b)
        elif operation == NEG_SMALL:
            c = fp.neg_small(a)
        elif operation == SELECT:
            c = fp.select(fp.may_be_zero(a), fp.constant(fp.ONE, a), fp.canonical(b))
        elif (operation == IS_ZERO and fp.is_zero(a)) or (operation == EQUAL and fp.equal(a, b)):
            c = fp.one(a)
        memory.store(result, i, c)


@kernel
def run_fr(operation, left, right, result):
    """As `run_fp`, over Fr."""
    for i in range(left.shape[0]):
        a, b = memory.load(left, i), memory.load(right, i)
        c = fr.ZERO
        if operation == ADD:
            c = fr.add(a, b)
        elif operation == SUB:
            c = fr.sub(a, b)
        elif operation == MUL:
            c = fr.mul(a, b)
        elif operation == NEG:
            c = fr.neg(a)
        elif operation == DOUBLE:
            c = fr.double(a)
        elif operation == SQUARE:
            c = fr.square(a)
        elif operation == INVERSE:
            c = fr.inverse(a)
        elif operation == TO_MONTGOMERY:
            c = fr.to_montgomery(a)
        elif operation == FROM_MONTGOMERY:
            c = fr.from_montgomery(a)
        elif operation == SUB_SMALL:
            c = fr.sub_small(a, b)
        elif operation == NEG_SMALL:
            c = fr.neg_small(a)
        elif operation == SELECT:
            c = fr.select(fr.may_be_zero(a), fr.constant(fr.ONE, a), fr.canonical(b))
        elif (operation == IS_ZERO and fr.is_zero(a)) or (operation == EQUAL and fr.equal(a, b)):
            c = fr.one(a)
        memory.store(result, i, c)


FIELDS = [SimpleNamespace(prime=FP, run=run_fp), SimpleNamespace(prime=FR, run=run_fr)]
BOTH = pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.prime.name)

CLAIMS = {
    ADD: lambda a, b, p: (a + b) % p,
    SUB: lambda a, b, p: (a - b) % p,
    MUL: lambda a, b, p: a * b % p,
    NEG: lambda a, b, p: -a % p,
    DOUBLE: lambda a, b, p: 2 * a % p,
    SQUARE: lambda a, b, p: a * a % p,
    INVERSE: lambda a, b, p: pow(a, -1, p) if a else 0,
    IS_ZERO: lambda a, b, p: int(a == 0),
    EQUAL: lambda a, b, p: int(a == b),
    SUB_SMALL: lambda a, b, p: (a - b) % p,
    NEG_SMALL: lambda a, b, p: -a % p,
    SELECT: lambda a, b, p: b if a else 1,
}


def run(field, operation, left, right):
    words = array.encode(field.prime, left), array.encode(field.prime, right)
    result = np.empty_like(words[0])
    field.run(operation, *words, result)
    assert array.is_canonical(field.prime, result)
    return array.decode(field.prime, result)


@BOTH
@pytest.mark.parametrize("operation", CLAIMS)
def test_every_pair_of_edge_values_agrees_with_integers(field, operation):
    p = field.prime.modulus
    left, right = zip(*itertools.product(corpus(p), repeat=2), strict=True)
    assert run(field, operation, left, right) == [CLAIMS[operation](a, b, p) for a, b in zip(left, right, strict=True)]


@BOTH
@settings(max_examples=60)
@given(data=strategies.data())
def test_random_pairs_agree_with_integers(field, data):
    p = field.prime.modulus
    a, b = data.draw(elements(p)), data.draw(elements(p))
    for operation, claim in CLAIMS.items():
        assert run(field, operation, [a], [b]) == [claim(a, b, p)]


@BOTH
def test_edge_values_as_raw_montgomery_words_agree_with_integers(field):
    """In the tests above the kernels get values times 2^256; here the words themselves are edge values."""
    p = field.prime.modulus
    inverse = pow(MONTGOMERY, -1, p)
    left, right = zip(*itertools.product(corpus(p), repeat=2), strict=True)
    for operation in (ADD, SUB, MUL):
        result = np.empty((len(left), 4), np.uint64)
        field.run(operation, array.plain(left), array.plain(right), result)
        scale = inverse if operation == MUL else 1
        expected = [CLAIMS[operation](a, b, p) * scale % p for a, b in zip(left, right, strict=True)]
        assert array.from_plain(result) == expected


@BOTH
def test_conversion_to_montgomery_form_and_back_is_the_identity(field):
    p = field.prime.modulus
    values = corpus(p)
    words, result = array.plain(values), np.empty((len(values), 4), np.uint64)
    field.run(TO_MONTGOMERY, words, words, result)
    assert (result == array.encode(field.prime, values)).all()
    field.run(FROM_MONTGOMERY, result, words, result)
    assert (result == words).all()


@BOTH
def test_is_canonical_recognises_an_array_that_is_not_reduced(field):
    p = field.prime.modulus
    assert array.is_canonical(field.prime, array.plain(corpus(p)))
    for bad in (p, p + 1, p + 2**64, 2**255, 2**256 - 1):
        assert not array.is_canonical(field.prime, array.plain([0, bad, 1]))


def test_a_number_that_does_not_fit_four_words_is_rejected():
    assert array.from_plain(array.plain([0, 2**256 - 1])) == [0, 2**256 - 1]
    for bad in (-1, 2**256):
        with pytest.raises(OverflowError):
            array.plain([bad])
