"""Which witnesses of a batch are near each other, so that the sums of one take less from those of another.

A wire that is zero in one witness costs nothing, nor does one that two have in common (zk/groth16/linear.py).  So a
witness is near another where they differ in fewer wires than it has that are not zero, by a quarter at least.
"""

from collections.abc import Sequence

import numpy as np

from zk.r1cs import vectors

_MAX_GROUPS = 16  # that a witness is compared with, in some 20 us each


def runs(witnesses: Sequence[np.ndarray], longest: int) -> list[list[int]]:
    """The places of the witnesses, in runs of at most `longest` that are near one of theirs; the longest run first."""
    groups: list[list[int]] = []
    for place, witness in enumerate(witnesses):
        filled = vectors.count_different(witness, np.zeros_like(witness))
        for group in groups[-_MAX_GROUPS:]:
            if 4 * vectors.count_different(witness, witnesses[group[0]]) <= 3 * filled:
                group.append(place)
                break
        else:
            groups.append([place])
    parts = [group[first : first + longest] for group in groups for first in range(0, len(group), longest)]
    return sorted(parts, key=len, reverse=True)
