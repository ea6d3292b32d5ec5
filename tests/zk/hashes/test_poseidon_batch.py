"""Poseidon as sums of products: the recurrence computes the rounds of the paper, the kernels agree with the host."""

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest

from tests.reference import poseidon as slow
from zk.fields import array
from zk.fields.prime import FR, R
from zk.hashes import batch, poseidon, quick, recurrence

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "circomlibjs.json").read_text())
EDGES = [0, 1, R - 1, R - 2, 1 << 64, (1 << 128) - 1, 1 << 253]


def dot(left, right):
    assert len(left) == len(right)
    return sum(map(int.__mul__, map(int, left), map(int, right)))


def hash_by_recurrence(inputs, tag, instance):
    """The hash by the formulas of `recurrence`, on plain integers."""
    p, n = instance.modulus, len(inputs)
    maps = recurrence.derive(instance)
    state = [x + c for x, c in zip([tag, *inputs], maps.before[0], strict=True)]
    for constants in maps.before[1:]:
        state = [dot(row, [x**5 % p for x in state]) + c for row, c in zip(maps.matrix, constants, strict=True)]
    raised = [x**5 % p for x in state]
    tape = [0] * (2 * n)
    tape[1::2] = [dot(row, raised) for row in maps.entry]
    tape[-1] += maps.first
    tape[-2] = raised[0]
    for shift in maps.shifts:
        tape.append(pow(tape[-1], 5, p))
        tape.append((dot(maps.weights, tape[-len(maps.weights) :]) + shift) % p)
    state = [tape[-1], *(dot(row, tape[-2 * n :]) + c for row, c in zip(maps.leaving, maps.closing, strict=True))]
    for constants in maps.after:
        state = [dot(row, [x**5 % p for x in state]) + c for row, c in zip(maps.matrix, constants, strict=True)]
    return dot(maps.matrix[0], [x**5 % p for x in state]) % p


@pytest.mark.parametrize("modulus, width, partial", [(17, 2, 1), (31, 4, 3), (65537, 5, 2), (65537, 3, 9), (R, 6, 60)])
def test_the_recurrence_computes_the_rounds_of_the_paper(modulus, width, partial):
    instance = poseidon.generate(modulus, width, 8, partial)
    source = random.Random(width)
    for _ in range(5):
        inputs, tag = [source.randrange(modulus) for _ in range(width - 1)], source.randrange(modulus)
        expected = slow.hash(inputs, tag, modulus, instance.constants, instance.matrix, instance.full_rounds)
        assert hash_by_recurrence(inputs, tag, instance) == expected


def encoded(lists):
    return array.encode(FR, (x for inputs in lists for x in inputs)).reshape(len(lists), -1, 4)


def hashes(lists, tag=0):
    return array.decode(FR, batch.hash_many(encoded(lists), tag))


@pytest.mark.parametrize("inputs", range(1, 17))
def test_every_width_agrees_with_the_host_for_one_hash_and_for_many(inputs):
    source = random.Random(inputs)
    lists = [[R - 1] * inputs, [0] * inputs]
    lists += [[source.choice([*EDGES, source.randrange(R)]) for _ in range(inputs)] for _ in range(19)]
    expected = [poseidon.hash(numbers, inputs) for numbers in lists]
    assert hashes(lists, inputs) == expected
    assert [hashes([numbers], inputs)[0] for numbers in lists[:3]] == expected[:3]


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 130, 200])
def test_any_number_of_hashes_comes_back_in_order_and_canonical(count):
    lists = list(itertools.islice(itertools.product(EDGES, repeat=3), count))
    digests = batch.hash_many(encoded(lists) if lists else np.empty((0, 3, 4), np.uint64), 5)
    assert digests.shape == (count, 4) and array.is_canonical(FR, digests)
    assert array.decode(FR, digests) == [poseidon.hash(numbers, 5) for numbers in lists]


@pytest.mark.parametrize("kind", ["poseidon", "poseidon_tagged"])
def test_hashes_are_circomlibs(kind):
    for vector in VECTORS[kind]:
        inputs, tag = [int(x) for x in vector["inputs"]], int(vector.get("tag", 0))
        assert hashes([inputs], tag) == [int(vector["hash"])]
        assert hashes([inputs, inputs], tag + 1)[1] != int(vector["hash"])


def test_rows_that_are_not_contiguous_are_read_correctly():
    lists = [[i, i + 1, i + 2, i + 3] for i in range(6)]
    every_other = encoded(lists)[::2, ::2]
    assert array.decode(FR, batch.hash_many(every_other)) == [poseidon.hash(numbers[::2]) for numbers in lists[::2]]


@pytest.mark.parametrize("inputs", [0, 17])
def test_another_number_of_inputs_is_refused(inputs):
    with pytest.raises(ValueError, match="1 to 16 inputs"):
        batch.hash_many(np.zeros((2, inputs, 4), np.uint64))


@pytest.mark.parametrize("count", [1, 4, 12, 16])
def test_one_hash_by_the_kernels_is_the_hash(count):
    inputs = [R - 1 - 2**count * i for i in range(count)]
    assert quick.hash(inputs, 9) == poseidon.hash(inputs, 9) != quick.hash(inputs)
    with pytest.raises(ValueError, match="inputs"):
        quick.hash([0] * 17)
