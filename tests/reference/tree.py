"""A quaternary Merkle tree, recomputed from its leaves every time.  Imports nothing of ours."""


def root(leaves: list[int], depth: int, node) -> int:
    """The root over the leaves, with 0 for empty places; `node` hashes four children."""
    level, empty = list(leaves), 0
    for _ in range(depth):
        level += [empty] * (-len(level) % 4)
        level = [node(tuple(level[i : i + 4])) for i in range(0, len(level), 4)]
        empty = node((empty,) * 4)
    return level[0] if level else empty


def climb(leaf: int, position: int, path, node) -> int:
    """The root computed from a leaf and its path.  Raises AssertionError when the path does not contain the node."""
    current = leaf
    for level, children in enumerate(path):
        assert children[position >> 2 * level & 3] == current
        current = node(tuple(children))
    return current
