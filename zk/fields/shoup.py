"""Factors known in advance, and what a transform does with them: the same words for one element and for eight.

For eight, values are loose and factors carry their quotients with them: see zk/fields/redundant.py.  For one, values
are four words below p, a factor is four Montgomery words, and everything is what `fr` does.
"""

from zk.fields import fr, montgomery, redundant
from zk.fields.prime import WORDS
from zk.runtime import cpu
from zk.runtime.jit import by_width, inlined, inner

FACTOR = 2 * redundant.LIMBS if cpu.LANES > 1 else WORDS


@inlined
def _lanes_plus(a, b):
    """a + b."""
    return redundant.plus(a, b)


@inlined
def _lanes_times(a, factor):
    """a·w below 2p + 2^206, for a loose a."""
    return redundant.times(a, factor, redundant.COMPLEMENT)


@inlined
def _lanes_minus(a, b):
    """a - b + 3p, for b < 3p."""
    return redundant.minus(a, b, redundant.THRICE)


@inlined
def _lanes_minus_sum(a, b):
    """a - b + 16p, for b < 16p."""
    return redundant.minus(a, b, redundant.SIXTEEN)


@inlined
def _lanes_settled(a):
    """a below 1.65p, for a loose a."""
    return redundant.settled(a, redundant.COMPLEMENT, redundant.PER_P)


@inlined
def _lanes_exact(a):
    """a below p in limbs, for a below 2p."""
    return redundant.exact(a, redundant.P)


@inlined
def _lanes_carried(a):
    """a in limbs, for a below 2^256, so that four words hold it."""
    return redundant.carried(a)


@inner
def _lanes_prepare(a):
    """Eight factors from canonical elements, by w·2^260 = 16·(w·2^256)."""
    b = fr.double(fr.double(fr.double(fr.double(a))))
    return redundant.joined(fr.from_montgomery(a), fr.canonical(b), redundant.MINUS_INVERSE)


@inner
def _words_times(a, factor):
    """a·w."""
    return fr.mul(a, factor)


@inner
def _words_plus(a, b):
    """a + b."""
    return fr.add(a, b)


@inner
def _words_minus(a, b):
    """a - b."""
    return fr.sub(a, b)


@inner
def _same(a):
    """a."""
    return a


@inner
def _row(table, index):
    """Row `index`."""
    return montgomery.load(table, index)


@inner
def _keep_row(table, index, factor):
    """Write row `index`."""
    montgomery.store(table, index, factor)


@inner
def _turn_none(kept, index):
    """Nothing: one lane has no others to change with."""


times = by_width(_words_times, _lanes_times)
add = by_width(_words_plus, _lanes_plus)
sub = by_width(_words_minus, _lanes_minus)
sub_sums = by_width(_words_minus, _lanes_minus_sum)
settled = by_width(_same, _lanes_settled)
exact = by_width(_same, _lanes_exact)
carried = by_width(_same, _lanes_carried)
prepare = by_width(_same, _lanes_prepare)
if cpu.LANES > 1:
    _for_all, _for_each, _keep_each, _turned = redundant.load, redundant.load_each, redundant.keep_each, redundant.turn
else:
    _for_all, _for_each, _keep_each, _turned = _row, _row, _keep_row, _turn_none


@inlined
def load(table, index):
    """The factor in row `index` of an array (n, FACTOR), for all lanes."""
    return _for_all(table, index)


@inlined
def load_each(table, index):
    """The factors in row `index` of an array (n, FACTOR·LANES), one for each lane."""
    return _for_each(table, index)


@inlined
def keep_each(table, index, factors):
    """Write factors to row `index` of an array (n, FACTOR·LANES)."""
    _keep_each(table, index, factors)


@inlined
def turn(kept, index):
    """The elements from row `index` of kept ones, as many as lanes, change places with the lanes."""
    _turned(kept, index)
