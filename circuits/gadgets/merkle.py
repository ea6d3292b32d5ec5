"""Membership in a quaternary Merkle tree.  circuits/merkle.py does the same computation on integers."""

from collections.abc import Sequence

from circuits import records
from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import boolean
from circuits.gadgets.boolean import Bit
from circuits.records import Hash


def root(
    b: Builder, leaf: Signal, position: Sequence[Bit], path: Sequence[Sequence[Signal]], *, hash: Hash[Signal]
) -> Signal:
    """The root of the tree that contains `leaf` at the position with these bits, lowest first.

    path[k] has the four children of the node above level k.  Two bits of the position select our own child, which
    must equal the hash from the level below.  4 constraints and one hash for each level.
    """
    assert len(position) == 2 * len(path)
    current = leaf
    for level, children in enumerate(path):
        with b.scope(f"level {level}"):
            own = boolean.select_among(b, position[2 * level : 2 * level + 2], children)
            b.equal(own, current, "the child at our position is ours")
            current = records.node(hash, tuple(children))
    return current
