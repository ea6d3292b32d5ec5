"""A chain is what its definition says, fills its domain, and its witness satisfies it."""

import pytest

from prover.bench import chains
from zk.fields import array
from zk.fields.prime import FR, R
from zk.hashes import poseidon
from zk.r1cs import r1cs


@pytest.mark.parametrize("log_size", [3, 4, 7, 10])
def test_a_chain_fills_its_domain_and_its_witness_satisfies_it(log_size):
    chain = chains.make(log_size)
    system = chain.system
    rows = system.num_constraints + system.num_public + 1
    assert 1 << log_size >= rows > (1 << log_size) - 3
    assert r1cs.first_unsatisfied(system, array.decode(FR, chain.witness)) is None


def test_the_public_wire_is_the_end_of_the_chain_that_begins_at_the_secret_one():
    values = array.decode(FR, chains.make(9).witness)
    constants = [c for row in poseidon.parameters(3).constants for c in row]
    x = values[2]
    for link in range(510 // 3):
        x = pow(x + constants[link % len(constants)], 5, R)
    assert values[1] == x and len(values) == 3 * 170 + 2


@pytest.mark.parametrize("wire", [1, 2, 3, 4, 5, -1])
def test_a_wrong_value_of_any_wire_is_noticed(wire):
    chain = chains.make(6)
    values = array.decode(FR, chain.witness)
    values[wire] = (values[wire] + 1) % R
    assert r1cs.first_unsatisfied(chain.system, values) is not None


def test_wires_are_in_a_and_in_b_as_often_as_in_a_chain_of_hashes():
    system = chains.make(10).system
    in_a, in_b = (len(set(matrix.columns.tolist())) for matrix in (system.a, system.b))
    assert in_a == system.num_wires - 1  # the end is in C only
    assert in_b == pytest.approx(2 / 3 * system.num_wires, rel=0.01)
