"""Tells a lie twice: to the claim in plain Python, and to the constraints."""

from functools import cache

import numpy as np

from circuits import registry
from circuits.frontend import program
from circuits.frontend.builder import Constraint
from circuits.statements import statement
from zk.fields import array
from zk.fields.prime import FR, R
from zk.hashes import quick
from zk.ntt import polynomial
from zk.r1cs import sparse


@cache
def _products(name):
    """The products of a statement's three matrices with a witness by zk/r1cs/sparse.py, whose kernel is compared with
    products of integers in tests/zk/r1cs/test_sparse.py: a leg has 250,000 terms, and its table of lies a hundred rows.
    """
    system = registry.compiled(name).r1cs
    indices = {1: sparse.ONE, R - 1: sparse.MINUS_ONE}
    sides = []
    for side in (system.a, system.b, system.c):
        places = np.fromiter((indices.setdefault(value % R, len(indices)) for value in side.values), dtype=np.int32)
        sides.append((side.starts, np.column_stack((side.columns, places)).astype(np.int32)))
    log_size = (system.num_constraints - 1).bit_length()
    order = [int(f"{row:0{log_size}b}"[::-1], 2) for row in range(system.num_constraints)]
    return sparse.prepare(sides, array.encode(FR, indices), log_size), log_size, order


def violation(name, public, private) -> Constraint | None:
    """The first constraint that these inputs violate, or None."""
    circuit = registry.compiled(name)
    products, log_size, order = _products(name)
    witness = program.run(circuit.program, statement.inputs(public) + statement.inputs(private))
    a, b, c, product = columns = np.empty((4, 1 << log_size, 4), dtype=np.uint64)
    sparse.times_vector(products, witness, columns[:3])
    polynomial.product(a, b, product)
    is_wrong = (product != c).any(axis=1)[order]
    return circuit.constraints[is_wrong.argmax()] if is_wrong.any() else None


def verdicts(name, public, private):
    """(the phrase with which the claim refuses, the first scope with a violated constraint); None for no objection."""
    violated, relation = violation(name, public, private), registry.get(name).relation
    reason = relation(public, private)
    assert relation(public, private, quick.hash) == reason, "the prover's hash is the same function"
    return reason, violated and violated.path.split("/")[0]
