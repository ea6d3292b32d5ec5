"""Poseidon in a circuit: exhaustively for a toy instance, and equal to the host's for every width over Fr."""

import random

import pytest

from circuits.frontend.builder import Builder
from circuits.gadgets import poseidon
from tests.circuits.exhaustive import Toy, evaluate
from tests.reference import poseidon as slow
from zk.fields.prime import R
from zk.hashes import poseidon as host


@pytest.mark.parametrize("modulus, width, full, partial", [(17, 2, 2, 1), (7, 2, 4, 3), (7, 3, 2, 2)])
def test_a_toy_instance_accepts_only_its_hash(modulus, width, full, partial):
    instance = host.generate(modulus, width, full, partial)
    toy = Toy(lambda b, *inputs: [poseidon.hash(b, inputs, 5, instance=instance)], width - 1, modulus)
    expected = {
        (*case, slow.hash(case, 5, modulus, instance.constants, instance.matrix, full)) for case in toy.cases
    }
    assert toy.accepted() == expected
    assert len(toy.constraints) == 3 * (width * full + partial - 1)
    assert toy.idle() == []


@pytest.mark.parametrize("modulus, width, full, partial", [(17, 2, 2, 1), (7, 3, 2, 2)])
def test_a_toy_permutation_accepts_only_its_last_state(modulus, width, full, partial):
    instance = host.generate(modulus, width, full, partial)
    toy = Toy(lambda b, *s: poseidon.permutation(b, (b.constant(5), *s), instance=instance), width - 1, modulus)
    slow_instance = (modulus, instance.constants, instance.matrix, full)
    assert toy.accepted() == {(*case, *slow.permutation((5, *case), *slow_instance)) for case in toy.cases}
    assert len(toy.constraints) == 3 * (width * full + partial - 1)
    assert toy.idle() == []


def test_a_toy_hash_of_a_constant_and_a_signal_accepts_only_its_hash():
    modulus, width, full, partial = 7, 3, 2, 2
    instance = host.generate(modulus, width, full, partial)
    for place in range(2):

        def gadget(b, x, place=place):
            inputs = [b.constant(4), b.constant(4)]
            inputs[place] = x
            return [poseidon.hash(b, inputs, 5, instance=instance)]

        toy = Toy(gadget, 1, modulus)
        slow_instance = (modulus, instance.constants, instance.matrix, full)
        pairs = [(x, (x, 4) if place == 0 else (4, x)) for x in range(modulus)]
        assert toy.accepted() == {(x, slow.hash(inputs, 5, *slow_instance)) for x, inputs in pairs}
        assert len(toy.constraints) == 3 * (width * full + partial - 2)
        assert toy.idle() == []


def test_the_circuit_computes_the_permutation_of_the_host():
    def gadget(b, x, y):
        return poseidon.permutation(b, (b.constant(9), x, y, *[b.constant(0)] * 6))

    values, satisfied = evaluate(gadget, [3, R - 1], R)
    assert tuple(values) == host.permutation((9, 3, R - 1, *[0] * 6)) and satisfied


@pytest.mark.parametrize("count", range(1, 17))
def test_the_circuit_computes_the_hash_of_the_host(count):
    chance = random.Random(count)
    for tag, inputs in ((0, [R - 1] * count), (count, [chance.randrange(R) for _ in range(count)])):
        values, satisfied = evaluate(lambda b, *signals, tag=tag: [poseidon.hash(b, signals, tag)], inputs, R)
        assert values == [host.hash(inputs, tag)] and satisfied


def test_inputs_may_be_combinations():
    def gadget(b, x, y):
        return [poseidon.hasher(b)([x + 2 * y + 3, x - y], 7)]

    values, satisfied = evaluate(gadget, [10, 20], R)
    assert values == [host.hash([53, -10], 7)] and satisfied


def test_constants_may_be_among_the_inputs():
    values, satisfied = evaluate(lambda b, x: [poseidon.hash(b, [b.constant(3), x, b.constant(0)], 7)], [R - 1], R)
    assert values == [host.hash([3, R - 1, 0], 7)] and satisfied


def test_constants_alone_cannot_be_hashed_in_a_circuit():
    b = Builder(R)
    with pytest.raises(AssertionError, match="outside the circuit"):
        poseidon.hash(b, [b.constant(4), b.constant(3)])


def test_a_permutation_without_a_tag_is_refused():
    b = Builder(R)
    with pytest.raises(AssertionError, match="tag"):
        poseidon.permutation(b, [b.private("x"), b.private("y")])
