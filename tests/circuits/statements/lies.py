"""Tells a lie twice: to the claim in plain Python, and to the constraints."""

from circuits import registry
from circuits.frontend import compiler, program
from circuits.statements import statement


def violation(name, public, private):
    """The first constraint that these inputs violate, or None."""
    circuit = registry.compiled(name)
    inputs = statement.inputs(public) + statement.inputs(private)
    return compiler.explain(circuit, program.run_ints(circuit.program, inputs, circuit.r1cs.modulus))


def verdicts(name, public, private):
    """(the phrase with which the claim refuses, the first scope with a violated constraint); None for no objection."""
    violated = violation(name, public, private)
    return registry.get(name).relation(public, private), violated and violated.path.split("/")[0]
