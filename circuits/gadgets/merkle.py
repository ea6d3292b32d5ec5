"""Membership in a quaternary Merkle tree."""

from collections.abc import Sequence

from circuits import records
from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import boolean
from circuits.gadgets.boolean import Bit


def root(
    b: Builder, leaf: Signal, position: Sequence[Bit], path: Sequence[Sequence[Signal]], *, hash: records.Hash
) -> Signal:
    """The root of the tree in which `leaf` stands at the position whose bits are given, lowest first.

    path[k] holds the four children of the node above level k; which of them is ours, two bits of the position say, and
    it must be what the level below hashed to.  4 constraints and one hash for each level.
    """
    assert len(position) == 2 * len(path)
    current = leaf
    for level, children in enumerate(path):
        with b.scope(f"level {level}"):
            own = boolean.select_four(b, position[2 * level], position[2 * level + 1], children)
            b.equal(own, current, "the child at our position is ours")
            current = records.node(hash, tuple(children))
    return current
