"""The field that a curve's coordinates live in, chosen by the type of the element: Fp for G1, Fp2 for G2.

So the curve and the multi-scalar multiplication are one text for both groups.  `load` and `store`, of one element or
of lanes, move elements of arrays (n, 4) and (n, 2, 4).  Points are rows of coordinates, arrays (n, k, 4) and
(n, k, 2, 4); what moves coordinate `part` of a row goes by that shape.
"""

from zk.fields import fp, fp2
from zk.runtime.jit import by_type

add = by_type(fp.add, fp2.add)
double = by_type(fp.double, fp2.double)
sub = by_type(fp.sub, fp2.sub)
neg = by_type(fp.neg, fp2.neg)
sub_small = by_type(fp.sub_small, fp2.sub_small)
neg_small = by_type(fp.neg_small, fp2.neg_small)
mul = by_type(fp.mul, fp2.mul)
square = by_type(fp.square, fp2.square)
mul_inlined = by_type(fp.mul_inlined, fp2.mul_inlined)
square_inlined = by_type(fp.square_inlined, fp2.square_inlined)
inverse = by_type(fp.inverse, fp2.inverse)
canonical = by_type(fp.canonical, fp2.canonical)
may_be_zero = by_type(fp.may_be_zero, fp2.may_be_zero)
select = by_type(fp.select, fp2.select)
one = by_type(fp.one, fp2.one)
is_zero = by_type(fp.is_zero, fp2.is_zero)
equal = by_type(fp.equal, fp2.equal)
load = by_type(fp.load, fp2.load)
store = by_type(fp.store, fp2.store)
load_lanes = by_type(fp.load_lanes, fp2.load_lanes)
store_lanes = by_type(fp.store_lanes, fp2.store_lanes)


def _of_rows(over_fp, over_fp2):
    """A function of rows of coordinates."""
    return by_type(over_fp, over_fp, over_fp2)


load_part = _of_rows(fp.load_part, fp2.load_part)
store_part = _of_rows(fp.store_part, fp2.store_part)
gather = _of_rows(fp.gather_part, fp2.gather_part)
scatter = _of_rows(fp.scatter_part, fp2.scatter_part)
keep = _of_rows(fp.keep_part, fp2.keep_part)
kept = _of_rows(fp.kept_part, fp2.kept_part)
load_one = _of_rows(fp.load_one, fp2.load_one)
store_one = _of_rows(fp.store_one, fp2.store_one)
