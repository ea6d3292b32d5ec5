"""The field that a curve's coordinates live in, chosen by the type of the element: Fp for G1, Fp2 for G2.

So the curve and the multi-scalar multiplication are one text for both groups.
"""

from zk.fields import fp, fp2
from zk.jit import by_type, inner


@inner
def _fp_one(like):
    """1 of Fp."""
    return fp.ONE


@inner
def _fp2_one(like):
    """1 of Fp2."""
    return fp2.ONE


add = by_type(fp.add, fp2.add)
double = by_type(fp.double, fp2.double)
sub = by_type(fp.sub, fp2.sub)
neg = by_type(fp.neg, fp2.neg)
mul = by_type(fp.mul, fp2.mul)
square = by_type(fp.square, fp2.square)
inverse = by_type(fp.inverse, fp2.inverse)
is_zero = by_type(fp.is_zero, fp2.is_zero)
equal = by_type(fp.equal, fp2.equal)
load = by_type(fp.load, fp2.load)
store = by_type(fp.store, fp2.store)
one = by_type(_fp_one, _fp2_one)
