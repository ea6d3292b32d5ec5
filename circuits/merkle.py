"""Paths of the quaternary Merkle tree, for host integers.  circuits/gadgets/merkle.py does the same in a circuit.

A path lists, from the leaf's level upwards, the four children of each node between a leaf and the root, among them the
leaf's own ancestor (or the leaf itself).  The k-th base-4 digit of the position is the index of that child at level k:

    children_k[digit_k] = node_k        node_(k + 1) = H[NODE](children_k)        node_0 = leaf, node_16 = root
"""

from collections.abc import Callable

from circuits import records
from zk.hashes import poseidon

Path = tuple[tuple[int, ...], ...]


def digit(position: int, level: int) -> int:
    """The index of the child at this level that is on the way from the leaf at `position` to the root."""
    return position // records.ARITY**level % records.ARITY


def build(
    leaf: int, position: int, sibling: Callable[[int, int], int], hash: records.Hash[int] = poseidon.hash
) -> tuple[Path, int]:
    """A leaf's path and the root above it, where sibling(level, i) is any other child i at a level.  16 hashes."""
    current, path = leaf, []
    for level in range(records.DEPTH):
        own = digit(position, level)
        path.append(tuple(current if i == own else sibling(level, i) for i in range(records.ARITY)))
        current = records.node(hash, path[-1])
    return tuple(path), current


def lone(leaf: int, position: int, hash: records.Hash[int] = poseidon.hash) -> Path:
    """The path of a leaf whose siblings, and the siblings of every node above it, are zero."""
    return build(leaf, position, lambda level, i: 0, hash)[0]


def root(leaf: int, position: int, path: Path, hash: records.Hash[int] = poseidon.hash) -> int | None:
    """The root above a leaf by its path, or None when the child at some digit is not the node below."""
    current = leaf
    for level, children in enumerate(path):
        if children[digit(position, level)] != current:
            return None
        current = records.node(hash, children)
    return current


def path_root(path: Path) -> int:
    """The root above a path that is known to be right, such as one read from a tree.  1 hash."""
    return parent(path[-1])


def parent(children: tuple[int, ...]) -> int:
    """H[NODE] of four children."""
    return records.node(poseidon.hash, children)
