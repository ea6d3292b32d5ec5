"""Making a proving key quick to prove with: every point gets the multiples that zk/msm/window_tables.py describes."""

from dataclasses import replace

from zk.groth16.keys import POINTS, ProvingKey
from zk.msm import window_tables


def extend(key: ProvingKey) -> ProvingKey:
    """The key with all levels in its tables; four times its size.  Takes about as long as ten proofs."""
    if len(key.a_query) == window_tables.LEVELS:
        return key
    return replace(key, **{name: window_tables.table(getattr(key, name)[0]) for name in POINTS})
