"""The soundness audit finds planted flaws, and finds none in the statements."""

from dataclasses import replace

import pytest

from circuits import registry, samples
from circuits.frontend import audit, compiler
from circuits.frontend.builder import Builder
from circuits.statements import statement
from zk.errors import Unsatisfied
from zk.fields.prime import R
from zk.r1cs import r1cs
from zk.r1cs.r1cs import R1CS

BIG = 2**61 - 1  # a prime: toy enough to read, large enough that random coefficients do not vanish


def circuit_of(gadget, inputs, modulus=BIG):
    b = Builder(modulus)
    gadget(b, *(b.private(f"x{i}") for i in range(inputs)))
    return compiler.compile(b, gadget.__name__)


def is_zero(b, x):
    inverse = b.hint_quotient(1, x)
    out = 1 - b.multiply(x, inverse, "x over itself")
    b.require(x, out, 0, "out is 0 where x is not")


def is_zero_without_its_second_line(b, x):
    b.multiply(x, b.hint_quotient(1, x), "x over itself")


def forgotten_hint(b, x):
    square = b.hint_product(x, x)
    b.multiply(square, x, "cube")


def hint_in_no_constraint(b, x):
    b.hint_quotient(1, x)


def bits(b, x, width=8):
    signals = b.hint_bits(x, width)
    for i, bit in enumerate(signals):
        b.require(bit, bit - 1, 0, f"bit {i}")
    b.equal(x, b.combine([1 << i for i in range(width)], signals), "sum")


def bits_with_one_forgotten(b, x, width=8):
    signals = b.hint_bits(x, width)
    for i, bit in enumerate(signals[1:]):
        b.require(bit, bit - 1, 0, f"bit {i}")
    b.equal(x, b.combine([1 << i for i in range(width)], signals), "sum")


def two_equations_for_two_hints(b, x, y):
    u, v = b.hint_linear(x + y), b.hint_linear(x - y)
    b.equal(u + v, 2 * x, "sum")
    b.equal(u - v, 2 * y, "difference")


def one_equation_twice(b, x, y):
    u, v = b.hint_linear(x + y), b.hint_linear(x - y)
    b.equal(u + v, 2 * x, "sum")
    b.equal(3 * (u + v), 6 * x, "sum again")


def forgotten_before_a_comparison(b, x, expected):
    """The comparison mentions the hinted wire, but a prover may choose any value that makes it true."""
    b.equal(b.hint_product(x, x), expected, "the square of x is known")


SOUND = [(is_zero, [5]), (bits, [201])]
UNSOUND = [
    (forgotten_hint, [5], {2, 3}),
    (hint_in_no_constraint, [5], {2}),
    (is_zero_without_its_second_line, [5], {2, 3}),
    (bits_with_one_forgotten, [201], set()),
    (forgotten_before_a_comparison, [5, 25], {3}),
    (one_equation_twice, [9, 4], {3, 4}),
]


@pytest.mark.parametrize("gadget, inputs", SOUND)
def test_a_sound_gadget_passes(gadget, inputs):
    report = audit.audit(circuit_of(gadget, len(inputs)), [inputs])
    assert report.is_sound and report.movable == () and report.idle == () and report.undecided == ()


@pytest.mark.parametrize("gadget, inputs, wires", UNSOUND)
def test_wires_that_can_move_are_found(gadget, inputs, wires):
    circuit = circuit_of(gadget, len(inputs))
    report = audit.audit(circuit, [inputs])
    assert report.movable == audit.wire_names(circuit, wires)


def test_a_forgotten_bit_escapes_movement_but_not_propagation():
    """To first order the sum fixes that bit, but 2^7 choices of the others satisfy every constraint."""
    report = audit.audit(circuit_of(bits_with_one_forgotten, 1), [[201]])
    assert report.movable == () and len(report.undecided) == 8 and not report.is_sound


def test_movement_and_propagation_both_find_two_forgotten_bits():
    def gadget(b, x):
        first, second, third = b.hint_bits(x, 3)
        b.require(first, first - 1, 0, "bit 0")
        b.equal(x, first + 2 * second + 4 * third, "sum")

    circuit = circuit_of(gadget, 1)
    report = audit.audit(circuit, [[5]])
    assert report.movable == audit.wire_names(circuit, {3, 4})
    assert set(report.movable) <= set(report.undecided)
    assert not report.is_sound


def test_unknowns_determined_only_by_two_equations_together_cannot_move_but_stay_undecided():
    report = audit.audit(circuit_of(two_equations_for_two_hints, 2), [[9, 4]])
    assert report.movable == () and report.idle == () and len(report.undecided) == 2


def test_a_wire_that_is_free_at_only_one_witness_is_not_reported():
    circuit = circuit_of(is_zero, 1)
    assert audit.audit(circuit, [[0]]).movable != ()
    assert audit.audit(circuit, [[0], [5]]).movable == ()


def test_a_redundant_constraint_is_idle_and_makes_the_circuit_unsound():
    def gadget(b, x):
        bits(b, x)
        b.equal(3 * b.multiply(x, x, "square"), 3 * b.multiply(x, x, "square again"), "the same twice")

    report = audit.audit(circuit_of(gadget, 1), [[7]])
    assert [constraint.why for constraint in report.idle] == ["square", "square again", "the same twice"]
    assert report.undecided == report.movable == () and not report.is_sound


def test_a_constraint_that_only_forbids_a_jump_needs_a_lie_to_show_its_weight():
    def gadget(b, flag, x):
        b.require(flag, flag - 1, 0, "flag")
        sign = b.hint_bits(x, 2)
        for i, bit in enumerate(sign):
            b.require(bit, bit - 1, 0, f"bit {i}")
        b.equal(x, sign[0] + 2 * sign[1], "sum")
        b.require(flag, sign[1], 0, "not negative")

    circuit = circuit_of(gadget, 2)
    honest = [[0, 3], [1, 1]]
    assert [constraint.why for constraint in audit.audit(circuit, honest).idle] == ["not negative"]
    assert audit.audit(circuit, honest, lies=[[1, 3]]).idle == ()


def test_a_lie_that_violates_two_constraints_gives_neither_weight():
    def gadget(b, x):
        b.equal(x, 5, "five")
        b.equal(x, 5, "five again")

    report = audit.audit(circuit_of(gadget, 1), [[5]], lies=[[6]])
    assert [constraint.why for constraint in report.idle] == ["five", "five again"]


def test_rank_and_enumeration_agree_on_which_constraints_are_idle():
    """Over a toy field a constraint is idle exactly when deleting it admits no further witness."""
    modulus = 5

    def gadget(b, x, y):
        product = b.multiply(x, y, "product")
        b.equal(product + x, product + 2 * y, "x is 2y")
        b.equal(3 * x, 6 * y, "x is 2y again")

    circuit = circuit_of(gadget, 2, modulus)
    accepted = enumerate_witnesses(circuit)
    wasted = {i for i in range(3) if enumerate_witnesses(circuit, without=i) == accepted}
    honest = [list(witness[1:3]) for witness in accepted]
    idle = {circuit.constraints.index(constraint) for constraint in audit.audit(circuit, honest).idle}
    assert idle == wasted == {1, 2}


def enumerate_witnesses(circuit, without=None):
    system = circuit.r1cs
    rows = [[dict(row) for row in m.rows()] for m in (system.a, system.b, system.c)]

    def dot(row, wires):
        return sum(value * wires[wire] for wire, value in row.items())

    p = system.modulus
    every = ((1, x, y, z) for x in range(p) for y in range(p) for z in range(p))
    return {
        wires for wires in every
        if all((dot(a, wires) * dot(b, wires) - dot(c, wires)) % p == 0
               for i, (a, b, c) in enumerate(zip(*rows, strict=True)) if i != without)
    }  # fmt: skip


def test_a_dishonest_input_is_refused_without_printing_its_values():
    with pytest.raises(Unsatisfied, match="sum") as caught:
        audit.audit(circuit_of(bits, 1), [[77777]])
    assert "77777" not in str(caught.value)
    with pytest.raises(ValueError):
        audit.audit(circuit_of(bits, 1), [])


def flat(claims):
    return [statement.inputs(public) + statement.inputs(private) for public, private in claims]


@pytest.mark.parametrize("name", registry.names())
def test_the_audit_finds_no_flaw_in_a_statement(name):
    report = audit.audit(registry.compiled(name), flat(samples.honest(name)), flat(samples.lies(name)))
    assert (report.undecided, report.movable, report.idle) == ((), (), ())
    assert {constraint.why for constraint in report.divisions} <= {
        "x of the sum", "y of the sum",  # complete addition: no denominator is 0 on the curve
        # The hinted inverse of 0 is free, and the outcome of the zero test is the same whatever it is.
        "whether the old account is a cash account: times its inverse",
        "whether the new account is a cash account: times its inverse",
        "whether the account is a cash account: times its inverse",
        "what is left: whether it is nothing: times its inverse",
        # The constraints themselves say that their divisors are not 0.
        "the account is not a cash account", "what is left: there is something to divide by",
    }  # fmt: skip


def without(circuit, index):
    """The circuit with one constraint left out."""
    system = circuit.r1cs
    sides = ([row for i, row in enumerate(m.rows()) if i != index] for m in (system.a, system.b, system.c))
    constraints = (*circuit.constraints[:index], *circuit.constraints[index + 1 :])
    fewer = R1CS(R, system.num_wires, system.num_public, *map(r1cs.matrix, sides))
    return replace(circuit, r1cs=fewer, constraints=constraints)


def audit_without_the_last(path, why):
    """The leg's report without the last such constraint: in a hash, the one nearest to a comparison with an input."""
    leg = registry.compiled("leg")
    (*_, index) = (i for i, made in enumerate(leg.constraints) if (made.path, made.why) == (path, why))
    return audit.audit(without(leg, index), flat(samples.honest("leg"))[:1])


@pytest.mark.parametrize("path, why", [
    ("path/level 3", "choice of several"),
    ("path/level 15/poseidon", "fifth power"),
    ("nullifier/poseidon", "square"),
    ("value", "y of the sum"),
    ("re-randomised key", "x of the sum"),
])  # fmt: skip
def test_movement_and_propagation_both_find_a_missing_product_of_a_leg(path, why):
    report = audit_without_the_last(path, why)
    assert report.undecided and report.movable and not report.is_sound


@pytest.mark.parametrize("path, why", [
    ("position", "the position has 32 bits: bit 7"),
    ("claims", "balance 11 has 64 bits: bit 63"),
    ("claims", "balance 11 has 64 bits"),
])  # fmt: skip
def test_propagation_finds_a_missing_part_of_a_decomposition_in_a_leg(path, why):
    report = audit_without_the_last(path, why)
    assert report.undecided and not report.is_sound


@pytest.mark.parametrize("name", registry.names())
def test_honest_samples_are_true_and_lies_are_not(name):
    claim = registry.get(name)
    assert all(claim.relation(*inputs) is None for inputs in samples.honest(name))
    assert all(claim.relation(*inputs) is not None for inputs in samples.lies(name))
    assert registry.compiled(name).r1cs.modulus == R
