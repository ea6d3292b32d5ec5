"""Multiplication in Fr by precomputed factors, and the additions around it, for one element or for eight.

For eight, values are in redundant form and a factor carries its precomputed quotient: see zk/fields/redundant.py.  For
one, values are four words below p, a factor is four Montgomery words, and every operation is that of `fr`.
"""

from zk.fields import fr, memory, redundant
from zk.fields.prime import WORDS
from zk.runtime import cpu
from zk.runtime.jit import by_width, inlined, inner

FACTOR_WORDS = 2 * redundant.LIMBS if cpu.LANES > 1 else WORDS


@inlined
def _lanes_add(a, b):
    """a + b."""
    return redundant.add(a, b)


@inlined
def _lanes_mul(a, factor):
    """a·w below 2p + 2^206, for a in redundant form."""
    return redundant.mul(a, factor, redundant.COMPLEMENT)


@inlined
def _lanes_sub(a, b):
    """a - b + 3p, for b < 3p."""
    return redundant.sub(a, b, redundant.THRICE)


@inlined
def _lanes_sub_sum(a, b):
    """a - b + 16p, for b < 16p."""
    return redundant.sub(a, b, redundant.SIXTEEN)


@inlined
def _lanes_reduce_partial(a):
    """a below 1.65p, for a in redundant form."""
    return redundant.reduce_partial(a, redundant.COMPLEMENT, redundant.PER_P)


@inlined
def _lanes_reduce(a):
    """a below p with normalized limbs, for a below 2p."""
    return redundant.reduce(a, redundant.P)


@inlined
def _lanes_normalize(a):
    """a with normalized limbs, for a below 2^256, so that four words hold it."""
    return redundant.normalize(a)


@inner
def _lanes_precompute(a):
    """Eight factors from canonical elements, by w·2^260 = 16·(w·2^256)."""
    b = fr.double(fr.double(fr.double(fr.double(a))))
    return redundant.with_quotient(fr.from_montgomery(a), fr.canonical(b), redundant.MINUS_INVERSE)


@inner
def _words_mul(a, factor):
    """a·w."""
    return fr.mul(a, factor)


@inner
def _words_add(a, b):
    """a + b."""
    return fr.add(a, b)


@inner
def _words_sub(a, b):
    """a - b."""
    return fr.sub(a, b)


@inner
def _unchanged(a):
    """a, which is canonical."""
    return a


mul = by_width(_words_mul, _lanes_mul)
add = by_width(_words_add, _lanes_add)
sub = by_width(_words_sub, _lanes_sub)
sub_sum = by_width(_words_sub, _lanes_sub_sum)
reduce_partial = by_width(_unchanged, _lanes_reduce_partial)
reduce = by_width(_unchanged, _lanes_reduce)
normalize = by_width(_unchanged, _lanes_normalize)
precompute = by_width(_unchanged, _lanes_precompute)

# (table, index): the factor in row `index` of an array (n, FACTOR_WORDS), for all lanes.
load_factor = redundant.load_factor if cpu.LANES > 1 else memory.load
# (table, index): the factors that `memory.spill` wrote to row `index` of an array (n, FACTOR_WORDS·LANES), one a lane.
load_factors = redundant.load_factors if cpu.LANES > 1 else memory.load
