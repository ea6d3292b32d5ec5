"""Fp: the field of coordinates, as kernels on one element or on eight; see zk/fields/field.py."""

from zk.fields import field
from zk.fields.prime import FP

_field = field.kernels(FP)

ZERO = _field.ZERO
ONE = _field.ONE
add = _field.add
double = _field.double
sub = _field.sub
neg = _field.neg
sub_small = _field.sub_small
neg_small = _field.neg_small
mul = _field.mul
square = _field.square
mul_inlined = _field.mul_inlined
square_inlined = _field.square_inlined
mul_sub = _field.mul_sub
square_sub = _field.square_sub
inverse = _field.inverse
canonical = _field.canonical
may_be_zero = _field.may_be_zero
select = _field.select
one = _field.one
constant = _field.constant
to_montgomery = _field.to_montgomery
from_montgomery = _field.from_montgomery
is_zero = _field.is_zero
equal = _field.equal
