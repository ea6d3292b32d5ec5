"""Tells a lie twice: to the claim in plain Python, and to the constraints."""

from functools import cache

from circuits import registry
from circuits.frontend import program
from circuits.frontend.builder import Constraint
from circuits.statements import statement
from zk.fields import array
from zk.fields.prime import FR, R


@cache
def _constraints(name):
    """The three sides of every constraint, kept because a table of lies asks for them a hundred times."""
    system = registry.compiled(name).r1cs
    return list(zip(system.a.rows(), system.b.rows(), system.c.rows(), strict=True))


def violation(name, public, private) -> Constraint | None:
    """The first constraint that these inputs violate, or None."""
    circuit = registry.compiled(name)
    inputs = statement.inputs(public) + statement.inputs(private)
    witness = array.decode(FR, program.run(circuit.program, inputs))

    def value(side):
        return sum(coefficient * witness[wire] for wire, coefficient in side)

    for (a, b, c), constraint in zip(_constraints(name), circuit.constraints, strict=True):
        if (value(a) * value(b) - value(c)) % R:
            return constraint
    return None


def verdicts(name, public, private):
    """(the phrase with which the claim refuses, the first scope with a violated constraint); None for no objection."""
    violated = violation(name, public, private)
    return registry.get(name).relation(public, private), violated and violated.path.split("/")[0]
