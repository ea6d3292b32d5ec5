"""Elements between memory and registers, one or eight by the type of an element: for kernels that run either way.

(`field.load_lanes` and its kin go by the CPU.)
"""

from zk.fields import limbs52, memory, montgomery, simd
from zk.fields.prime import WORDS
from zk.runtime.jit import by_width, inlined

KEPT_ONE, KEPT_EIGHT = WORDS, limbs52.LIMBS * simd.LANES


@inlined
def _load_one(rows, index, step, like):
    """Row `index`."""
    return montgomery.load(rows, index)


@inlined
def _load_eight(rows, index, step, like):
    """The rows index, index + step, …"""
    return memory.load_rows(rows, index, step)


@inlined
def _store_one(rows, index, step, a):
    """Write row `index`."""
    montgomery.store(rows, index, a)


@inlined
def _store_eight(rows, index, step, a):
    """Write the rows index, index + step, …"""
    memory.store_rows(rows, index, step, a)


@inlined
def _keep_one(notes, index, a):
    """Write an element to row `index` of an array (n, 4)."""
    montgomery.store(notes, index, a)


@inlined
def _keep_eight(notes, index, a):
    """Write eight elements as they are to row `index` of an array (n, 40)."""
    memory.keep(notes, index, a)


@inlined
def _kept_one(notes, index, like):
    """What `_keep_one` wrote."""
    return montgomery.load(notes, index)


@inlined
def _kept_eight(notes, index, like):
    """What `_keep_eight` wrote."""
    return memory.kept(notes, index)


load = by_width(_load_one, _load_eight)  # (rows, index, step, like): the rows index, index + step, …, of words below p
store = by_width(_store_one, _store_eight)  # (rows, index, step, a): write those rows from canonical elements
keep = by_width(_keep_one, _keep_eight)  # (notes, index, a): write an element as it is
kept = by_width(_kept_one, _kept_eight)  # (notes, index, like): what `keep` wrote
