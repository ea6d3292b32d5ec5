"""The tree of commitments: quaternary, of depth 16, append-only, hashed by H[NODE].

Level 0 has the leaves and level 16 the root.  The node (level, i) has the children (level − 1, 4i … 4i + 3).  An empty
leaf is 0, and no commitment is 0: nobody knows an account whose hash is 0.  A tree is any function `read(level, index)`
that returns a node that was written, or None.  Its owner stores every node, so that reading a path needs no hashing.
"""

from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from circuits import merkle, records
from circuits.records import Commitment, Position, Root
from zk import domains
from zk.fields import array
from zk.fields.prime import FR

ROOT = (records.DEPTH, 0)
CAPACITY = records.ARITY**records.DEPTH

Read = Callable[[int, int], int | None]
Nodes = dict[tuple[int, int], int]
Append = Callable[[Read, int, Sequence[Commitment]], Nodes]


class Tree(NamedTuple):
    """A root, and the number of leaves under it."""

    root: Root
    size: int


@cache
def empty(level: int) -> int:
    """The node at this level over leaves that are all 0."""
    return merkle.parent((empty(level - 1),) * records.ARITY) if level else 0


def empty_root() -> Root:
    """The root of the tree without leaves."""
    return Root(empty(records.DEPTH))


def append(read: Read, size: int, leaves: Sequence[Commitment]) -> Nodes:
    """The nodes that change when leaves are appended to a tree of `size` leaves, the leaves and the root among them.

    There must be at least one leaf, and room for all (checks.check_room).  One leaf costs 16 hashes; neighbours share.
    """
    return append_all(read, size, [leaves])[0]


def append_all(read: Read, size: int, groups: Sequence[Sequence[Commitment]]) -> list[Nodes]:
    """What `append` returns for each group of leaves after the one before it, with the root after each group.

    The nodes of one level need only those below, whatever the group, so each level is one call of the kernels for all
    groups: thirty groups of two leaves cost a sixth of thirty calls of `append`.
    """
    levels = _changed(read, size, groups)
    numbers = iter(array.decode(FR, np.concatenate([level.words for level in levels])))
    nodes: list[Nodes] = [{} for _ in groups]
    for number, level in enumerate(levels):
        for group, index in zip(level.groups.tolist(), level.indices.tolist(), strict=True):
            nodes[group][number, index] = next(numbers)
    return nodes


class Extended(NamedTuple):
    """The root after each group of leaves, and the nodes that have changed, as they are in the end."""

    roots: list[Root]
    nodes: Nodes


def extend(read: Read, size: int, groups: Sequence[Sequence[Commitment]]) -> Extended:
    """What becomes of a tree of `size` leaves when groups of leaves are appended, for those who append thousands."""
    levels = _changed(read, size, groups)
    nodes: Nodes = {}
    for number, level in enumerate(levels):
        is_last = np.append(level.indices[1:] != level.indices[:-1], True)
        values = array.decode(FR, level.words[is_last])
        nodes.update(zip(((number, index) for index in level.indices[is_last].tolist()), values, strict=True))
    return Extended([Root(root) for root in array.decode(FR, levels[-1].words)], nodes)


def edge(size: int) -> list[tuple[int, int]]:
    """The places of the nodes over a tree of `size` leaves that appending reads: no leaf below them can change."""
    ends = [(level, size // records.ARITY**level) for level in range(records.DEPTH)]
    return [(level, index) for level, end in ends for index in range(end // records.ARITY * records.ARITY, end)]


class Planned:
    """The nodes of groups of leaves that are expected next, computed at once.  `append` is that of this module."""

    def __init__(self, read: Read, size: int, groups: Sequence[Sequence[Commitment]]):
        """Reads and hashes; there must be at least one group, and room for all."""
        ends = accumulate(map(len, groups), initial=size)
        self._expected = deque(zip(ends, map(tuple, groups), append_all(read, size, groups)))  # noqa: B905

    def append(self, read: Read, size: int, leaves: Sequence[Commitment]) -> Nodes:
        """As `append`, and without a hash as long as every group was appended as expected, and nothing else."""
        if self._expected:
            start, group, nodes = self._expected.popleft()
            if (start, group) == (size, tuple(leaves)):
                return nodes
            self._expected.clear()
        return append(read, size, leaves)


class _Level(NamedTuple):
    """One level's nodes that change: words[k] is the hash of the node indices[k] after the group groups[k].

    The groups come one after the other, and the leaves from left to right, so neither indices nor groups ever fall.
    """

    indices: np.ndarray
    groups: np.ndarray
    words: np.ndarray


def _changed(read: Read, size: int, groups: Sequence[Sequence[Commitment]]) -> list[_Level]:
    """The nodes of every level that change, from the leaves up to the root, each as it is after every group."""
    assert groups and all(groups), "nothing to append"
    lengths = [len(group) for group in groups]
    assert size + sum(lengths) <= CAPACITY, "the tree is full"
    leaves = array.encode(FR, [leaf for group in groups for leaf in group])
    levels = [_Level(size + np.arange(len(leaves)), np.repeat(np.arange(len(groups)), lengths), leaves)]
    for level in range(1, records.DEPTH + 1):
        levels.append(_above(read, level, len(groups), levels[-1]))
    return levels


def _above(read: Read, level: int, num_groups: int, below: _Level) -> _Level:
    """The nodes of a level that change, over those of the level below."""
    from zk.hashes import batch  # loads the kernels

    parents = below.indices // records.ARITY
    is_first = np.append(True, (parents[1:] != parents[:-1]) | (below.groups[1:] != below.groups[:-1]))
    parents, groups = parents[is_first], below.groups[is_first]
    children = parents[:, None] * records.ARITY + np.arange(records.ARITY)
    # Of each child, the newest version up to the parent's group: both are in the order of index and then group.
    versions = below.indices * num_groups + below.groups
    rows = np.searchsorted(versions, children * num_groups + groups[:, None], side="right") - 1
    is_changed = (rows >= 0) & (below.indices[rows] == children)
    # What does not change was there before, left of the first that does, or is still empty.
    first, start = int(below.indices[0]), int(children[0, 0])
    others = [_node(read, level - 1, index) for index in range(start, first)] + [empty(level - 1)]
    is_before = children < first
    rows = np.where(is_changed, rows, len(below.words) + np.where(is_before, children - start, len(others) - 1))
    words = np.concatenate([below.words, array.encode(FR, others)])
    return _Level(parents, groups, batch.hash_many(words[rows], domains.TAG_NODE))


def path(read: Read, position: Position) -> merkle.Path:
    """The four children at each of the 16 levels on the way from a leaf to the root, its own node among them."""
    return tuple(
        _children(read, level, position // records.ARITY**level) for level in range(1, records.DEPTH + 1)
    )


def path_before(read: Read, position: Position, size: int) -> merkle.Path:
    """The path of a leaf in the tree as it was when it had `size` leaves, this one among them.

    A node over leaves that were all there has not changed since, and one over none of them was empty; on each level at
    most one is over both.  At most 16 hashes.
    """
    assert position < size, "the leaf came later"
    seen: dict[tuple[int, int], int] = {}

    def was(level: int, index: int) -> int:
        start, width = index * records.ARITY**level, records.ARITY**level
        if start >= size:
            return empty(level)
        if start + width <= size:
            return _node(read, level, index)
        if (level, index) not in seen:
            first = index * records.ARITY
            seen[level, index] = merkle.parent(tuple(was(level - 1, first + i) for i in range(records.ARITY)))
        return seen[level, index]

    parents = ((level, position // records.ARITY**level * records.ARITY) for level in range(1, records.DEPTH + 1))
    return tuple(tuple(was(level - 1, first + i) for i in range(records.ARITY)) for level, first in parents)


def _children(read: Read, level: int, index: int) -> tuple[int, ...]:
    first = index * records.ARITY
    return tuple(_node(read, level - 1, first + i) for i in range(records.ARITY))


def _node(read: Read, level: int, index: int) -> int:
    node = read(level, index)
    return empty(level) if node is None else node
