"""The tree of commitments: quaternary, of depth 16, append-only, hashed by H[NODE].

Level 0 are the leaves and level 16 is the root.  The node (level, i) has the children (level − 1, 4i … 4i + 3).  A leaf
that is not there yet is 0, and no commitment is 0: nobody knows an account whose hash that is.  A tree is anything that
answers `read(level, index)` with a node that was written, or None; whoever keeps it keeps every node, so that a path is
read without hashing.
"""

from collections.abc import Callable, Sequence
from functools import cache

from circuits import merkle, records

ROOT = (records.DEPTH, 0)
CAPACITY = records.ARITY**records.DEPTH

Read = Callable[[int, int], int | None]
Nodes = dict[tuple[int, int], int]


@cache
def empty(level: int) -> int:
    """The node at this level over leaves that are all 0."""
    return merkle.parent((empty(level - 1),) * records.ARITY) if level else 0


def empty_root() -> int:
    """The root of the tree without leaves."""
    return empty(records.DEPTH)


def append(read: Read, size: int, leaves: Sequence[int]) -> Nodes:
    """The nodes that change when leaves join a tree of `size` leaves, the leaves and the root among them.

    There must be at least one, and room for them.  One leaf costs 16 hashes, and neighbours share theirs.
    """
    assert leaves, "nothing to append"
    assert size + len(leaves) <= CAPACITY, "the tree is full"
    changed: Nodes = {(0, size + i): leaf for i, leaf in enumerate(leaves)}

    def latest(level: int, index: int) -> int | None:
        return changed[level, index] if (level, index) in changed else read(level, index)

    touched = range(size, size + len(leaves))
    for level in range(1, records.DEPTH + 1):
        touched = range(touched[0] // records.ARITY, touched[-1] // records.ARITY + 1)
        for index in touched:
            changed[level, index] = merkle.parent(_children(latest, level, index))
    return changed


def path(read: Read, position: int) -> merkle.Path:
    """The four children at each of the 16 levels on the way from a leaf to the root, its own node among them."""
    return tuple(
        _children(read, level, position // records.ARITY**level) for level in range(1, records.DEPTH + 1)
    )


def _children(read: Read, level: int, index: int) -> tuple[int, ...]:
    first = index * records.ARITY
    return tuple(_node(read, level - 1, first + i) for i in range(records.ARITY))


def _node(read: Read, level: int, index: int) -> int:
    found = read(level, index)
    return empty(level) if found is None else found
