"""The tree of commitments: quaternary, of depth 16, append-only, hashed by H[NODE].

Level 0 has the leaves and level 16 the root.  The node (level, i) has the children (level − 1, 4i … 4i + 3).  An empty
leaf is 0, and no commitment is 0: nobody knows an account whose hash is 0.  A tree is any function `read(level, index)`
that returns a node that was written, or None.  Its owner stores every node, so that reading a path needs no hashing.
"""

from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, count, pairwise
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
    assert groups and all(groups), "nothing to append"
    assert size + sum(map(len, groups)) <= CAPACITY, "the tree is full"
    ends = list(accumulate(map(len, groups), initial=size))
    spans = [range(first, end) for first, end in pairwise(ends)]
    below = array.encode(FR, [leaf for group in groups for leaf in group])
    levels = [_Level(spans, below)]
    for level in range(1, records.DEPTH + 1):
        levels.append(_above(read, level, ends[1:], levels[-1]))
    return _numbered(levels)


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
    """One level's nodes that change: spans[k] are the indices of those of group k, and `words` has all their hashes."""

    spans: list[range]
    words: np.ndarray


def _above(read: Read, level: int, ends: list[int], below: _Level) -> _Level:
    """The nodes of a level that change, over those of the level below; ends[k] leaves are there after group k."""
    from zk.hashes import batch  # loads the kernels

    spans, children = [], []
    rows: dict[int, int] = {}  # of each child seen so far, as it is after the group at hand
    others: list[int] = []  # children that do not change
    written, each = count(), records.ARITY ** (level - 1)
    for span, end in zip(below.spans, ends, strict=True):
        rows.update(zip(span, written))  # noqa: B905  (as many as there are)
        parents = range(span[0] // records.ARITY, span[-1] // records.ARITY + 1)
        spans.append(parents)
        for child in range(parents[0] * records.ARITY, (parents[-1] + 1) * records.ARITY):
            if child not in rows:
                rows[child] = len(below.words) + len(others)
                others.append(_node(read, level - 1, child) if child * each < end else empty(level - 1))
            children.append(rows[child])
    words = np.concatenate([below.words, array.encode(FR, others)])
    inputs = words[np.array(children).reshape(-1, records.ARITY)]
    return _Level(spans, batch.hash_many(inputs, domains.TAG_NODE))


def _numbered(levels: list[_Level]) -> list[Nodes]:
    """The nodes of every group by their places."""
    numbers = iter(array.decode(FR, np.concatenate([level.words for level in levels])))
    groups: list[Nodes] = [{} for _ in levels[0].spans]
    for number, level in enumerate(levels):
        for nodes, span in zip(groups, level.spans, strict=True):
            nodes.update(((number, index), next(numbers)) for index in span)
    return groups


def path(read: Read, position: Position) -> merkle.Path:
    """The four children at each of the 16 levels on the way from a leaf to the root, its own node among them."""
    return tuple(
        _children(read, level, position // records.ARITY**level) for level in range(1, records.DEPTH + 1)
    )


def _children(read: Read, level: int, index: int) -> tuple[int, ...]:
    first = index * records.ARITY
    return tuple(_node(read, level - 1, first + i) for i in range(records.ARITY))


def _node(read: Read, level: int, index: int) -> int:
    node = read(level, index)
    return empty(level) if node is None else node
