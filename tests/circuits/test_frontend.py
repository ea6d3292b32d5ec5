"""Signals and the builder: what is free, what costs a constraint, and what every constraint records."""

import pytest

from circuits.frontend import compiler, program
from circuits.frontend.builder import Builder
from zk.r1cs import r1cs

P = 31


def witness(builder, *inputs):
    circuit = compiler.compile(builder, "test")
    return circuit, program.run_ints(circuit.program, inputs, builder.modulus)


def value(signal, wires):
    return sum(coefficient * wires[wire] for wire, coefficient in signal.terms.items()) % signal.modulus


def test_linear_arithmetic_is_field_arithmetic_and_free():
    b = Builder(P)
    x, y = b.private("x"), b.private("y")
    cases = [
        (x + y, 12), (x - y, -2), (y - x, 2), (-x, -5), (3 * x + 4, 19), (4 - x, -1), (x + x * 30, 0),
        (x * 0, 0), (b.combine([2, 30, 1], [x, y, b.one]), 4), (b.linear([1, 2], [30, 1], 9), 11),
    ]
    circuit, wires = witness(b, 5, 7)
    assert circuit.r1cs.num_constraints == 0
    for signal, expected in cases:
        assert value(signal, wires) == expected % P
        assert all(0 < coefficient < P for coefficient in signal.terms.values())


def test_terms_that_cancel_disappear():
    b = Builder(P)
    x = b.private("x")
    assert (x - x).terms == {} and (x - x).constant() == 0
    assert (x + 3 - x).constant() == 3 and x.constant() is None
    assert (x + 0).wire() == 1 and (x + 1).wire() is None and (2 * x).wire() is None


def test_signals_have_no_product_operator_and_no_truth_value():
    x = Builder(P).private("x")
    with pytest.raises(TypeError):
        x * x
    with pytest.raises(TypeError):
        bool(x)


def test_a_product_costs_one_constraint_and_a_constant_factor_none():
    b = Builder(P)
    x, y = b.private("x"), b.private("y")
    product = b.multiply(x + 1, y)
    assert b.multiply(x, 3).terms == (3 * x).terms and b.multiply(b.constant(2), y).terms == (2 * y).terms
    circuit, wires = witness(b, 5, 7)
    assert circuit.r1cs.num_constraints == 1 and value(product, wires) == 42 % P
    assert r1cs.first_unsatisfied(circuit.r1cs, wires) is None
    wires[3] += 1
    assert r1cs.first_unsatisfied(circuit.r1cs, wires) == 0


@pytest.mark.parametrize("x, y, z, holds", [(5, 7, 4, True), (5, 7, 5, False), (0, 7, 0, True), (0, 7, 1, False)])
def test_require_holds_exactly_when_the_product_does(x, y, z, holds):
    b = Builder(P)
    b.require(b.private("x"), b.private("y"), b.private("z"), "product of x and y")
    circuit, wires = witness(b, x, y, z)
    assert (r1cs.first_unsatisfied(circuit.r1cs, wires) is None) == holds


def test_equal_costs_one_constraint_unless_both_sides_are_the_same_combination():
    b = Builder(P)
    x, y = b.private("x"), b.private("y")
    b.equal(x + y, y + x, "nothing to prove")
    b.equal(x, 2 * y, "x is twice y")
    circuit, wires = witness(b, 6, 3)
    assert circuit.r1cs.num_constraints == 1 and compiler.explain(circuit, wires) is None
    circuit, wires = witness(b, 6, 4)
    assert compiler.explain(circuit, wires).why == "x is twice y"


def test_hints_have_their_documented_values_and_no_constraint():
    b = Builder(P)
    x, y = b.private("x"), b.private("y")
    bits = b.hint_bits(x + y, 4)
    others = [b.hint_quotient(x, y), b.hint_quotient(x, y - 7), b.hint_product(x, y), b.hint_linear(x - y)]
    circuit, wires = witness(b, 19, 7)
    assert circuit.r1cs.num_constraints == 0
    assert [value(bit, wires) for bit in bits] == [0, 1, 0, 1]
    assert [value(other, wires) for other in others] == [19 * pow(7, -1, P) % P, 0, 19 * 7 % P, 12]


def test_inputs_come_first_and_public_ones_before_private_ones():
    b = Builder(P)
    x = b.private("x")
    with pytest.raises(AssertionError):
        b.public("late")
    b.multiply(x, x)
    with pytest.raises(AssertionError):
        b.private("late")


def test_a_repeated_combination_is_stored_once():
    b = Builder(P)
    x, y = b.private("x"), b.private("y")
    b.require(x + y, x + y, x + y, "again")
    assert len(b.combinations) == 1


def test_a_constraint_records_its_reason_its_scopes_and_its_line():
    b = Builder(P)
    x = b.private("x")
    with b.scope("account"):
        with b.scope("owner"):
            b.equal(x, 1, "first")
        b.equal(x, 2, "second")
    b.equal(x, 3, "third")
    line = test_a_constraint_records_its_reason_its_scopes_and_its_line.__code__.co_firstlineno
    assert [(c.why, c.path, c.line - line) for c in b.constraints] == [
        ("first", "account/owner", 5),
        ("second", "account", 6),
        ("third", "", 7),
    ]
    assert all(c.file == "tests/circuits/test_frontend.py" for c in b.constraints)
