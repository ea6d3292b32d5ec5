"""A lie is told twice: to the claim in plain Python, and to the constraints."""

from circuits import registry
from circuits.frontend import compiler, program
from circuits.statements import statement


def violation(name, public, private):
    """The first constraint that these inputs violate, or None."""
    circuit = registry.compiled(name)
    inputs = statement.inputs(public) + statement.inputs(private)
    return compiler.explain(circuit, program.run_ints(circuit.program, inputs, circuit.r1cs.modulus))


def told(name, public, private):
    """(what the claim says is false, the first scope whose constraints are violated); None where all is well."""
    found = violation(name, public, private)
    return registry.get(name).relation(public, private), found and found.path.split("/")[0]
