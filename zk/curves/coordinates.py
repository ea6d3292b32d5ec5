"""The field of a curve's coordinates, chosen by the type of the element: Fp for G1, Fp2 for G2.

So curves and multi-scalar multiplications are one text for both groups.  Points are rows of coordinates, arrays
(n, k, 4) and (n, k, 2, 4).  The names that move memory are those of zk/fields/memory.py; here `part` is always given
and counts coordinates.
"""

from zk.fields import fp, fp2, memory
from zk.runtime.jit import by_type

add = by_type(fp.add, fp2.add)
double = by_type(fp.double, fp2.double)
sub = by_type(fp.sub, fp2.sub)
sub_inlined = by_type(fp.sub, fp2.sub_inlined)
neg = by_type(fp.neg, fp2.neg)
sub_small = by_type(fp.sub_small, fp2.sub_small)
neg_small = by_type(fp.neg_small, fp2.neg_small)
mul = by_type(fp.mul, fp2.mul)
square = by_type(fp.square, fp2.square)
mul_inlined = by_type(fp.mul_inlined, fp2.mul_inlined)
square_inlined = by_type(fp.square_inlined, fp2.square_inlined)
mul_sub = by_type(fp.mul_sub, fp2.mul_sub)
square_sub = by_type(fp.square_sub, fp2.square_sub)
inverse = by_type(fp.inverse, fp2.inverse)
canonical = by_type(fp.canonical, fp2.canonical)
may_be_zero = by_type(fp.may_be_zero, fp2.may_be_zero)
select = by_type(fp.select, fp2.select)
one = by_type(fp.one, fp2.one)
is_zero = by_type(fp.is_zero, fp2.is_zero)
equal = by_type(fp.equal, fp2.equal)
load = by_type(memory.load, memory.load, fp2.load)
store = by_type(memory.store, memory.store, fp2.store)
load_lanes = by_type(memory.load_lanes, memory.load_lanes, fp2.load_lanes)
store_lanes = by_type(memory.store_lanes, memory.store_lanes, fp2.store_lanes)
gather = by_type(memory.gather, memory.gather, fp2.gather)
scatter = by_type(memory.scatter, memory.scatter, fp2.scatter)
spill = by_type(memory.spill, memory.spill, fp2.spill)
reload = by_type(memory.reload, memory.reload, fp2.reload)
