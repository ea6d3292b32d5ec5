"""Fp: the field of coordinates, as kernels on tuples of four Montgomery words below the modulus."""

from zk.fields import montgomery
from zk.fields.prime import FP

_field = montgomery.kernels(FP)

ZERO = _field.ZERO
ONE = _field.ONE
add = _field.add
double = _field.double
sub = _field.sub
neg = _field.neg
mul = _field.mul
square = _field.square
inverse = _field.inverse
to_montgomery = _field.to_montgomery
from_montgomery = _field.from_montgomery
is_zero = montgomery.is_zero
equal = montgomery.equal
load = montgomery.load
store = montgomery.store
