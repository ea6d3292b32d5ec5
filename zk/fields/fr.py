"""Fr: the field of scalars, as kernels on one element or on eight; see zk/fields/field.py."""

from zk.fields import field
from zk.fields.prime import FR
from zk.runtime.jit import inlined

_field = field.kernels(FR, inlined)  # a call takes as long as a sum, and witnesses and Poseidon run on single elements

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
