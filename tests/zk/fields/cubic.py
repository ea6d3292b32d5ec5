"""The small system of tests/reference/qap.py in our types."""

from tests.reference import qap
from zk.fields import array
from zk.fields.prime import FR, R
from zk.r1cs import r1cs


def system(of: qap.System = qap.CUBIC) -> r1cs.R1CS:
    """The system as sparse matrices."""
    matrices = (r1cs.matrix([sorted(row.items()) for row in rows]) for rows in (of.a, of.b, of.c))
    return r1cs.R1CS(R, of.num_wires, of.num_public, *matrices)


def words(witness: list[int]):
    """A witness as Montgomery words."""
    return array.encode(FR, witness)
