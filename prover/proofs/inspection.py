"""Inspects circuits: the size of a statement, part by part, and the constraints that an input violates."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from circuits import registry, samples
from circuits.frontend import audit, compiler, program
from circuits.frontend.audit import Report
from circuits.frontend.compiler import Circuit, Violation
from circuits.statements import statement

_NUMBERED = re.compile(r" [0-9]+$")


@dataclass(frozen=True)
class Facts:
    """The size of a compiled statement.  `domain` is the number of points of its QAP, a power of two."""

    name: str
    claim: str
    constraints: int
    wires: int
    nonzeros: int
    domain: int
    public: tuple[str, ...]
    private: int
    fingerprint: str
    is_pinned: bool


@dataclass(frozen=True)
class Scope:
    """The number of constraints of one scope, including those of its parts.

    Scopes that differ only in a trailing number are merged: "level 0" to "level 15" are `name` "level", `repeats` 16.
    """

    name: str
    repeats: int
    constraints: int
    parts: tuple["Scope", ...]


@dataclass(frozen=True)
class Check:
    """The verdict on an input: the false line of the relation, and the first constraint that the input violates."""

    false: str | None
    violation: Violation | None = field(repr=False)


def facts(name: str) -> Facts:
    """Compiles a statement's circuit and returns its size."""
    circuit = registry.compiled(name)
    system, fingerprint = circuit.r1cs, compiler.fingerprint(circuit)
    return Facts(
        name=name,
        claim=registry.get(name).claim,
        constraints=system.num_constraints,
        wires=system.num_wires,
        nonzeros=sum(len(matrix.columns) for matrix in (system.a, system.b, system.c)),
        # snarkjs's convention: one more row for wire one and for each public input.
        domain=1 << (system.num_constraints + system.num_public).bit_length(),
        public=circuit.public_names,
        private=len(circuit.private_names),
        fingerprint=fingerprint,
        is_pinned=fingerprint == registry.pinned(name),
    )


def scopes(circuit: Circuit) -> tuple[Scope, ...]:
    """The constraints of every scope, in the order of the statement."""
    return _scopes([tuple(constraint.path.split("/")) for constraint in circuit.constraints])


def lines(circuit: Circuit) -> list[tuple[str, int, int]]:
    """(file, line, constraints) of every line that adds constraints, the largest first."""
    counts = Counter((constraint.file, constraint.line) for constraint in circuit.constraints)
    return [(file, line, count) for (file, line), count in counts.most_common()]


def check(name: str, public: Any, private: Any) -> Check:
    """Evaluates a statement on inputs, by its relation and by its constraints."""
    circuit = registry.compiled(name)
    false = registry.get(name).relation(public, private)
    modulus = circuit.r1cs.modulus
    inputs = [*statement.inputs(public, modulus), *statement.inputs(private, modulus)]
    witness = program.run_ints(circuit.program, inputs, modulus)
    return Check(false, compiler.explain(circuit, witness))


def audit_statement(name: str, given: Sequence[tuple[Any, Any]] = ()) -> Report:
    """Audits soundness around the samples and the `given` inputs.  Raises Unsatisfied when a `given` one is false."""
    def flat(samples: Iterable[tuple[Any, Any]]) -> list[list[int]]:
        return [statement.inputs(public) + statement.inputs(private) for public, private in samples]

    return audit.audit(registry.compiled(name), flat([*samples.honest(name), *given]), flat(samples.lies(name)))


def report_json(report: Report) -> dict[str, Any]:
    """The audit's report as JSON values."""
    return asdict(report) | {name: [c._asdict() for c in getattr(report, name)] for name in ("divisions", "idle")}


def _scopes(paths: list[tuple[str, ...]]) -> tuple[Scope, ...]:
    groups: dict[str, list[tuple[str, ...]]] = {}
    for path in paths:
        groups.setdefault(_NUMBERED.sub("", path[0]), []).append(path)
    result = []
    for name, inside in groups.items():
        parts = _scopes([path[1:] for path in inside if len(path) > 1])
        result.append(Scope(name, len({path[0] for path in inside}), len(inside), parts))
    return tuple(result)
