"""The soundness audit of a circuit: is every wire determined, and does every constraint carry weight?

It asks three questions, the first about all witnesses, the others about the witnesses of sample inputs:

    uniqueness   Which computed wires do the constraints determine, given the inputs?  (uniqueness.py)
    movement     At an honest witness, can computed wires move while the inputs stay and the constraints keep
                 holding?  To first order they can exactly when the Jacobian of the constraints with respect to the
                 computed wires has a null space.  Checks are left out: constraints, such as the comparison of a hash
                 with its public value, in which no wire is computed from all inputs that meet there.  A wire is
                 reported when it can move at every sample witness: a hinted inverse of 0 is free at one witness only,
                 which is harmless.
    weight       Does deleting a constraint let something move that could not, inputs included?  To first order it
                 does exactly when the constraint's row of the whole Jacobian is not a combination of the other rows,
                 that is, when the constraint is not in the support of the left null space.  A constraint that only
                 forbids a jump, such as flag·sign = 0 where both are boolean already, has weight when a lie
                 violates it and nothing else: without the constraint the lie would be accepted.

A clean report is evidence, not proof: `relation` and the table of lies test the claim itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from circuits.frontend import compiler, nullspace, program, uniqueness
from circuits.frontend.builder import Constraint
from circuits.frontend.compiler import Circuit
from zk.errors import Unsatisfied
from zk.fields import array
from zk.fields.prime import FR, R
from zk.r1cs import r1cs

Row = dict[int, int]


@dataclass(frozen=True)
class Report:
    """The findings of an audit; empty tuples are good.  Wires have names, constraints have their reason and line."""

    circuit: str
    constraints: int
    computed_wires: int
    witnesses: int
    lies: int
    undecided: tuple[str, ...]  # wires that propagation did not show to be determined
    divisions: tuple[Constraint, ...]  # constraints that determine a wire only where a divisor is not 0
    movable: tuple[str, ...]  # wires that can move at every witness while the inputs stay
    idle: tuple[Constraint, ...]  # constraints without visible weight: deleting them seems to change nothing

    @property
    def is_sound(self) -> bool:
        """Whether every wire is shown to be determined, none can move, and every constraint carries weight."""
        return not (self.undecided or self.movable or self.idle)


def audit(circuit: Circuit, honest: Sequence[Sequence[int]], lies: Sequence[Sequence[int]] = ()) -> Report:
    """The report on a circuit, from inputs of true claims and inputs of false ones.

    Raises Unsatisfied when an honest input violates a constraint, and ValueError when there are no honest inputs.
    """
    if not honest:
        raise ValueError("an audit needs at least one honest input")
    system, inputs = circuit.r1cs, circuit.program.num_inputs
    cones = program.cones(circuit.program)
    outcome = uniqueness.propagate(system, range(inputs + 1), cones)
    definitions = _definitions(system, inputs, cones)
    jacobians = [_jacobian(system, _honest_witness(circuit, values)) for values in honest]
    movable = frozenset.intersection(
        *(_movable([rows[i] for i in definitions], system.num_wires, inputs, system.modulus) for rows in jacobians)
    )
    idle = frozenset.intersection(*(_weightless(rows, system.num_wires, system.modulus) for rows in jacobians))
    for values in lies if idle else ():
        idle -= _only_violation(circuit, values)
    return Report(
        circuit.name,
        system.num_constraints,
        system.num_wires - 1 - inputs,
        len(honest),
        len(lies),
        wire_names(circuit, outcome.undecided),
        tuple(circuit.constraints[index] for index in outcome.divisions),
        wire_names(circuit, movable),
        tuple(circuit.constraints[index] for index in sorted(idle)),
    )


def wire_names(circuit: Circuit, wires: Iterable[int]) -> tuple[str, ...]:
    """The names of inputs; for a computed wire, its first constraint."""
    names = dict(enumerate(("one", *circuit.public_names, *circuit.private_names)))
    missing = set(wires) - names.keys()
    system = circuit.r1cs
    for index, sides in enumerate(zip(system.a.rows(), system.b.rows(), system.c.rows(), strict=True)):
        if not missing:
            break
        for wire in missing.intersection(wire for side in sides for wire, _ in side):
            missing.remove(wire)
            place = circuit.constraints[index]
            names[wire] = f"wire {wire}, first in {place.path}: {place.why} ({place.file}:{place.line})"
    return tuple(names.get(wire, f"wire {wire}, in no constraint") for wire in sorted(wires))


def _witness(circuit: Circuit, values: Sequence[int]) -> list[int]:
    """The witness as ints: over Fr by the kernel, which takes a hundredth of the time."""
    modulus = circuit.r1cs.modulus
    if modulus == R:
        return array.decode(FR, program.run(circuit.program, values))
    return program.run_ints(circuit.program, values, modulus)


def _honest_witness(circuit: Circuit, values: Sequence[int]) -> list[int]:
    witness = _witness(circuit, values)
    violation = compiler.explain(circuit, witness)
    if violation is not None:
        raise Unsatisfied(f"an honest input violates a constraint: {violation}")
    return witness


def _jacobian(system: r1cs.R1CS, witness: Sequence[int]) -> list[Row]:
    """For each constraint, its derivative {wire: ∂(a·b - c)/∂wire} at the witness, without the constant wire."""
    p = system.modulus
    jacobian = []
    for a, b, c in zip(system.a.rows(), system.b.rows(), system.c.rows(), strict=True):
        left, right = r1cs.evaluate(a, witness, p), r1cs.evaluate(b, witness, p)
        row: Row = {}
        for side, factor in ((a, right), (b, left), (c, -1)):
            for wire, value in side:
                row[wire] = row.get(wire, 0) + factor * value
        jacobian.append({wire: value % p for wire, value in row.items() if wire and value % p})
    return jacobian


def _definitions(system: r1cs.R1CS, inputs: int, cones: Sequence[int]) -> list[int]:
    """The constraints in which some computed wire is computed from all inputs that meet there: all but the checks."""
    totals = uniqueness.total_cones(system, cones)
    rows = zip(totals, system.a.rows(), system.b.rows(), system.c.rows(), strict=True)
    return [
        index for index, (total, *sides) in enumerate(rows)
        if any(wire > inputs and cones[wire] == total for side in sides for wire, _ in side)
    ]  # fmt: skip


def _movable(jacobian: Sequence[Row], wires: int, inputs: int, modulus: int) -> frozenset[int]:
    """The computed wires that can move, to first order, while the inputs stay."""
    first = inputs + 1
    rows = [{wire - first: value for wire, value in row.items() if wire >= first} for row in jacobian]
    return frozenset(first + column for column in nullspace.support(rows, wires - first, modulus))


def _weightless(jacobian: Sequence[Row], wires: int, modulus: int) -> frozenset[int]:
    """The constraints whose row is a combination of the other rows.

    They are the support of the left null space, so the matrix is transposed.  The last constraint comes first, because
    a wire's last use determines the multiplier of that constraint.
    """
    last = len(jacobian) - 1
    columns: list[Row] = [{} for _ in range(wires)]
    for index, row in enumerate(jacobian):
        for wire, value in row.items():
            columns[wire][last - index] = value
    return frozenset(last - column for column in nullspace.support(columns, len(jacobian), modulus))


def _only_violation(circuit: Circuit, values: Sequence[int]) -> frozenset[int]:
    """The constraint that a lie violates, when it violates exactly one."""
    wrong = r1cs.unsatisfied(circuit.r1cs, _witness(circuit, values))
    return frozenset(wrong) if len(wrong) == 1 else frozenset()
