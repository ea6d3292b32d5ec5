"""Membership, exhaustively for a toy tree and against the host's tree over Fr."""

import itertools
import random

import pytest

from circuits import records
from circuits.gadgets import boolean, merkle, poseidon
from tests.circuits.exhaustive import Toy, evaluate
from zk import domains
from zk.fields.prime import R
from zk.hashes import poseidon as host


def toy_hash(inputs, tag):
    """A weighted sum of the children, which tells one level's children apart."""
    total = inputs[0] * 1 + tag
    for i, x in enumerate(inputs[1:]):
        total = total + x * (i + 2)
    return total


def test_a_toy_level_accepts_only_the_child_at_its_position():
    def gadget(b, leaf, low, high, *children):
        position = [boolean.bit(b, x, "position") for x in (low, high)]
        return [merkle.root(b, leaf, position, [children], hash=toy_hash)]

    p = 3
    toy = Toy(gadget, 7, p)
    expected = {
        (four[low + 2 * high], low, high, *four, toy_hash(four, domains.TAG_NODE) % p)
        for low, high in itertools.product((0, 1), repeat=2)
        for four in itertools.product(range(p), repeat=4)
    }
    assert toy.accepted() == expected
    assert toy.idle() == []


def climb(b, leaf, bits, path):
    position = [boolean.bit(b, x, "position") for x in bits]
    return [merkle.root(b, leaf, position, path, hash=poseidon.hasher(b))]


DEPTH = 3


def build(b, leaf, *rest):
    bits, children = rest[: 2 * DEPTH], rest[2 * DEPTH :]
    return climb(b, leaf, bits, [children[4 * k : 4 * k + 4] for k in range(DEPTH)])


def honest(position):
    chance = random.Random(position)
    leaf = current = chance.randrange(R)
    path = []
    for level in range(DEPTH):
        children = [chance.randrange(R) for _ in range(4)]
        children[position >> 2 * level & 3] = current
        path.append(children)
        current = records.node(host.hash, tuple(children))
    return leaf, path, current


def flatten(leaf, position, path):
    return [leaf, *(position >> i & 1 for i in range(2 * DEPTH)), *(child for children in path for child in children)]


@pytest.mark.parametrize("position", [0, 1, 27, 63, 38])
def test_the_root_equals_the_root_of_the_host(position):
    leaf, path, root = honest(position)
    assert evaluate(build, flatten(leaf, position, path), R) == ([root], True)


@pytest.mark.parametrize("level", range(DEPTH))
def test_another_leaf_position_or_sibling_is_refused_or_gives_another_root(level):
    leaf, path, root = honest(27)
    assert evaluate(build, flatten(leaf + 1, 27, path), R)[1] is False
    assert evaluate(build, flatten(leaf, 27 ^ (1 << 2 * level), path), R)[1] is False
    path[level][(27 >> 2 * level & 3) ^ 1] += 1
    (other,), satisfied = evaluate(build, flatten(leaf, 27, path), R)
    assert other != root or not satisfied
