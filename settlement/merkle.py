"""The tree of commitments: quaternary, of depth 16, append-only, hashed by H[NODE].

Level 0 has the leaves and level 16 the root.  The node (level, i) has the children (level − 1, 4i … 4i + 3).  An empty
leaf is 0, and no commitment is 0: nobody knows an account whose hash is 0.  A tree is any function `read(level, index)`
that returns a node that was written, or None.  Its owner stores every node, so that reading a path needs no hashing.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from circuits import merkle, records
from circuits.records import Commitment, Position, Root

ROOT = (records.DEPTH, 0)
CAPACITY = records.ARITY**records.DEPTH

Read = Callable[[int, int], int | None]
Nodes = dict[tuple[int, int], int]


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
    assert leaves, "nothing to append"
    assert size + len(leaves) <= CAPACITY, "the tree is full"
    nodes: Nodes = {(0, size + i): leaf for i, leaf in enumerate(leaves)}

    def latest(level: int, index: int) -> int | None:
        return nodes[level, index] if (level, index) in nodes else read(level, index)

    touched = range(size, size + len(leaves))
    for level in range(1, records.DEPTH + 1):
        touched = range(touched[0] // records.ARITY, touched[-1] // records.ARITY + 1)
        for index in touched:
            nodes[level, index] = merkle.parent(_children(latest, level, index))
    return nodes


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
