"""Extends a proving key by the multiples of its points that make proving fast (zk/msm/window_tables.py)."""

from dataclasses import replace

from zk.groth16.provingkey import ProvingKey
from zk.msm import window_tables


def extend(key: ProvingKey) -> ProvingKey:
    """The key with all levels in its window tables: four times its size.  Takes about as long as ten proofs."""
    if len(key.a_query) == window_tables.LEVELS:
        return key
    return replace(
        key,
        a_query=window_tables.table(key.a_query[0]),
        b_g1_query=window_tables.table(key.b_g1_query[0]),
        b_g2_query=window_tables.table(key.b_g2_query[0]),
        l_query=window_tables.table(key.l_query[0]),
        h_query=window_tables.table(key.h_query[0]),
    )
