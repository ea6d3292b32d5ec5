"""The tree, compared with one that is computed from its leaves every time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import merkle as paths
from circuits import records
from settlement import merkle
from tests.reference import tree
from zk.fields.prime import R
from zk.hashes import poseidon


def node(children: tuple) -> int:
    return poseidon.hash(children, 4)


def appended(*groups: list[int]) -> merkle.Nodes:
    nodes, size = {}, 0
    for group in groups:
        nodes.update(merkle.append(read(nodes), size, group))
        size += len(group)
    return nodes


def read(nodes: merkle.Nodes) -> merkle.Read:
    return lambda level, index: nodes.get((level, index))


@settings(max_examples=8)
@given(st.lists(st.lists(st.integers(1, R - 1), min_size=1, max_size=5), min_size=1, max_size=4))
def test_the_root_and_every_path_match_the_reference_tree(groups):
    nodes = appended(*groups)
    leaves = [leaf for group in groups for leaf in group]
    expected = tree.root(leaves, 16, node)
    assert nodes[merkle.ROOT] == expected
    for position in {0, len(leaves) // 2, len(leaves) - 1}:
        path = merkle.path(read(nodes), position)
        assert tree.climb(leaves[position], position, path, node) == expected == paths.path_root(path)


@pytest.mark.parametrize("size", [1, 3, 4, 5, 16, 17, 30])
def test_a_path_in_an_older_tree_is_the_path_of_that_time(size):
    leaves = list(range(1, 31))
    now, then = read(appended(leaves)), read(appended(leaves[:size]))
    for position in {0, size // 2, size - 1}:
        assert merkle.path_before(now, position, size) == merkle.path(then, position)
    with pytest.raises(AssertionError, match="came later"):
        merkle.path_before(now, size, size)


def test_the_tree_is_the_same_however_its_leaves_are_grouped():
    leaves = list(range(1, 20))
    assert appended(leaves) == appended(leaves[:3], leaves[3:4], leaves[4:17], leaves[17:])


@settings(max_examples=8)
@given(
    st.lists(st.integers(1, R - 1), max_size=18),
    st.lists(st.lists(st.integers(1, R - 1), min_size=1, max_size=6), min_size=1, max_size=8),
)
def test_groups_appended_at_once_have_the_nodes_of_one_after_another(before, groups):
    nodes = appended(before) if before else {}
    at_once = merkle.append_all(read(nodes), len(before), groups)
    leaves = list(before)
    for group, changed in zip(groups, at_once, strict=True):
        assert changed == merkle.append(read(nodes), len(leaves), group)
        nodes.update(changed)
        leaves += group
        assert changed[merkle.ROOT] == tree.root(leaves, 16, node)


@settings(max_examples=10)
@given(
    st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=3), min_size=1, max_size=5),
    st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=3), max_size=5),
    st.data(),
)
def test_what_was_planned_is_never_taken_for_something_else(planned, others, data):
    """Some of the planned groups are left out, and others appended between them."""
    nodes, leaves = appended([7, 8, 9]), [7, 8, 9]
    plan = merkle.Planned(read(nodes), 3, planned)
    kept = [group for group in planned if data.draw(st.booleans() | st.just(True))]
    for group in data.draw(st.permutations([*kept, *others])) if others else kept:
        changed = plan.append(read(nodes), len(leaves), group)
        nodes.update(changed)
        leaves += group
        assert changed[merkle.ROOT] == tree.root(leaves, 16, node)
    assert nodes == appended([7, 8, 9], leaves[3:]) if leaves[3:] else appended([7, 8, 9])


def test_what_was_planned_is_not_hashed_again(monkeypatch):
    plan = merkle.Planned(read({}), 0, [[1, 2], [3], [4]])
    expected = appended([1, 2], [3])
    monkeypatch.setattr(merkle, "append_all", None)
    nodes = plan.append(read({}), 0, [1, 2])
    nodes.update(plan.append(read(nodes), 2, [3]))
    assert nodes == expected
    with pytest.raises(TypeError):
        plan.append(read(nodes), 3, [5])


def test_empty_places_are_not_read():
    nodes, asked = appended([1, 2, 3, 4, 5]), []
    merkle.append(lambda level, index: asked.append((level, index)) or nodes.get((level, index)), 5, [6])
    assert sorted(asked) == [(0, 4), (1, 0)]


def test_nothing_is_appended_by_no_group_or_an_empty_one():
    for groups in ([], [[]], [[1], []]):
        with pytest.raises(AssertionError):
            merkle.append_all(read({}), 0, groups)


def test_the_empty_tree_has_the_root_of_zeros_and_paths_to_it():
    assert merkle.empty_root() == tree.root([], 16, node)
    path = merkle.path(read({}), 77)
    assert tree.climb(0, 77, path, node) == merkle.empty_root()


def test_an_old_path_leads_to_the_old_root_and_not_to_the_new_one():
    nodes = appended([5, 6])
    before, root_before = merkle.path(read(nodes), 0), nodes[merkle.ROOT]
    nodes.update(merkle.append(read(nodes), 2, [7]))
    assert paths.path_root(before) == root_before != nodes[merkle.ROOT]
    assert merkle.path(read(nodes), 0) != before


def test_appending_hashes_only_what_changes():
    nodes = appended(list(range(1, 65)))
    changed = merkle.append(read(nodes), 64, [9])
    assert sorted(changed) == sorted({(level, 64 // 4**level) for level in range(17)})


def test_a_tree_is_never_filled_beyond_its_capacity():
    assert merkle.CAPACITY == 4**16 == records.ARITY**records.DEPTH
    with pytest.raises(AssertionError):
        merkle.append(read({}), merkle.CAPACITY - 1, [1, 2])
    with pytest.raises(AssertionError):
        merkle.append_all(read({}), merkle.CAPACITY - 1, [[1], [2]])
