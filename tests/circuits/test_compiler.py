"""The compiler: the order of wires, the fingerprint, and the explanation of a violated constraint."""

import hashlib
from dataclasses import dataclass, replace

import pytest

from circuits.frontend import compiler, program
from circuits.frontend.builder import Builder
from zk.r1cs.r1cs import SparseMatrix

P = 31


@dataclass(frozen=True)
class Public:
    total: object


@dataclass(frozen=True)
class Point:
    x: object
    y: object


@dataclass(frozen=True)
class Private:
    point: Point
    more: tuple


class Total:
    """I know x, y and two more numbers, x·y plus their sum is `total`, and the second is twice the first."""

    name = "total"

    @staticmethod
    def blank():
        return Public(0), Private(Point(0, 0), (0, 0))

    @staticmethod
    def constrain(b, public, private):
        with b.scope("area"):
            area = b.multiply(private.point.x, private.point.y)
        b.equal(area + private.more[0] + private.more[1], public.total, "total")
        b.equal(private.more[1], 2 * private.more[0], "twice")


@pytest.fixture
def circuit():
    return compiler.compile_statement(Total, P)


def test_wires_are_one_then_public_then_private_then_computed(circuit):
    assert circuit.public_names == ("total",)
    assert circuit.private_names == ("point.x", "point.y", "more[0]", "more[1]")
    assert program.run_ints(circuit.program, [18, 3, 4, 2, 4], P) == [1, 18, 3, 4, 2, 4, 12]
    assert (circuit.r1cs.num_wires, circuit.r1cs.num_public, circuit.r1cs.num_constraints) == (7, 1, 3)


def test_rows_are_sorted_by_wire_and_canonical(circuit):
    assert list(circuit.r1cs.a.rows()) == [[(2, 1)], [(1, 30), (4, 1), (5, 1), (6, 1)], [(4, 29), (5, 1)]]
    assert list(circuit.r1cs.b.rows()) == [[(3, 1)], [(0, 1)], [(0, 1)]]
    assert list(circuit.r1cs.c.rows()) == [[(6, 1)], [], []]


def test_a_true_statement_needs_no_explanation(circuit):
    assert compiler.explain(circuit, program.run_ints(circuit.program, [18, 3, 4, 2, 4], P)) is None


@pytest.mark.parametrize("inputs, why", [([19, 3, 4, 2, 4], "total"), ([17, 3, 4, 2, 3], "twice")])
def test_a_violation_is_explained_by_reason_and_line(circuit, inputs, why):
    violation = compiler.explain(circuit, program.run_ints(circuit.program, inputs, P))
    assert (violation.why, violation.file) == (why, "tests/circuits/test_compiler.py")
    assert violation.line > 0


def test_the_repr_of_a_violation_omits_its_values(circuit):
    violation = compiler.explain(circuit, [1, 18, 3, 4, 2, 4, 29])
    assert (violation.left, violation.right, violation.product) == (3, 4, 29)
    assert violation.path == "area" and violation.index == 0
    assert "29" not in repr(violation) and "left" not in repr(violation)


def test_the_fingerprint_is_the_documented_digest(circuit):
    system = circuit.r1cs
    data = b"zksettle circuit 1" + P.to_bytes(32, "little")
    data += b"".join(n.to_bytes(8, "little") for n in (7, 1, 3, len("total"))) + b"total"
    for rows in (system.a.rows(), system.b.rows(), system.c.rows()):
        rows, start = list(rows), 0
        data += start.to_bytes(8, "little")
        for row in rows:
            start += len(row)
            data += start.to_bytes(8, "little")
        data += b"".join(wire.to_bytes(4, "little") for row in rows for wire, _ in row)
        data += b"".join(value.to_bytes(32, "little") for row in rows for _, value in row)
    assert compiler.fingerprint(circuit) == hashlib.sha256(data).hexdigest()


def one_more(matrix):
    return SparseMatrix(matrix.starts, matrix.columns, [matrix.values[0] % (P - 1) + 1, *matrix.values[1:]])


CHANGES = [
    lambda c: replace(c, public_names=("sum",)),
    lambda c: replace(c, r1cs=replace(c.r1cs, a=one_more(c.r1cs.a))),
    lambda c: replace(c, r1cs=replace(c.r1cs, b=one_more(c.r1cs.b))),
    lambda c: replace(c, r1cs=replace(c.r1cs, c=one_more(c.r1cs.c))),
    lambda c: replace(c, r1cs=replace(c.r1cs, a=c.r1cs.b, b=c.r1cs.a)),
    lambda c: replace(c, r1cs=replace(c.r1cs, modulus=37)),
    lambda c: replace(c, r1cs=replace(c.r1cs, num_wires=8)),
    lambda c: replace(c, r1cs=replace(c.r1cs, num_public=2)),
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_fingerprint_changes_with_what_is_proved(circuit, change):
    assert compiler.fingerprint(change(circuit)) != compiler.fingerprint(circuit)


def test_the_fingerprint_ignores_reasons_and_scopes():
    def build(scope, why):
        b = Builder(P)
        x = b.public("x")
        with b.scope(scope):
            b.require(x, x, 4, why)
        return compiler.fingerprint(compiler.compile(b, "name"))

    assert build("one", "x is 2 or -2") == build("another", "a square")
