"""Paths, against the slow tree and its own climb."""

import pytest

from circuits import merkle, records
from tests.reference import tree
from zk.hashes import poseidon


def node(children):
    return poseidon.hash(children, 4)


@pytest.mark.parametrize("position", [0, 1, 2, 3, 4, 0b111001, 0xC0FFEE5D, 4**16 - 1])
def test_a_built_path_leads_from_its_leaf_to_its_root(position):
    path, root = merkle.build(7, position, lambda level, i: 10 * level + i)
    assert len(path) == records.DEPTH and {len(children) for children in path} == {records.ARITY}
    assert tree.climb(7, position, path, node) == root == merkle.root(7, position, path) == merkle.path_root(path)


def test_siblings_stand_at_their_own_places():
    path, _ = merkle.build(7, 0b0110, lambda level, i: 10 * level + i)
    assert path[0] == (0, 1, 7, 3)
    assert path[1] == (10, node(path[0]), 12, 13)
    assert path[2] == (node(path[1]), 21, 22, 23)


@pytest.mark.parametrize("level", [0, 1, 7, 15])
def test_another_leaf_position_or_node_on_the_way_has_no_root(level):
    position = 0xC0FFEE5D
    path, root = merkle.build(7, position, lambda level, i: 10 * level + i)
    assert merkle.root(8, position, path) is None
    assert merkle.root(7, position ^ 1 << 2 * level, path) is None
    own = merkle.digit(position, level)
    for child in range(records.ARITY):
        children = tuple(5 if i == child else node for i, node in enumerate(path[level]))
        changed = (*path[:level], children, *path[level + 1 :])
        other = merkle.root(7, position, changed)
        assert other is None if child == own or level < records.DEPTH - 1 else other not in (None, root)


def test_a_lone_leaf_has_zeros_beside_it_on_every_level():
    path = merkle.lone(7, 0b1001)
    assert path[0] == (0, 7, 0, 0)
    assert path[1] == (0, 0, node(path[0]), 0)
    assert all(sorted(children)[:3] == [0, 0, 0] for children in path)
