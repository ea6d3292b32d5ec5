"""Looking into circuits: what a statement costs, part by part, and which of its constraints an input violates."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from circuits import registry, samples
from circuits.frontend import compiler, program
from circuits.frontend.compiler import Circuit, Violation
from circuits.statements import statement

if TYPE_CHECKING:
    from circuits.frontend.audit import Report

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
    """`constraints` of one scope, those of its `parts` included.

    Scopes that differ by a number at their end are one: "level 0" to "level 15" are `name` "level", `repeats` 16.
    """

    name: str
    repeats: int
    constraints: int
    parts: tuple["Scope", ...]


@dataclass(frozen=True)
class Check:
    """What an input is found to be: the claim's own word for what is false, and the first constraint it violates."""

    false: str | None
    violation: Violation | None = field(repr=False)


def facts(name: str) -> Facts:
    """The size of a statement's circuit, compiled here and now."""
    circuit = registry.compiled(name)
    system, fingerprint = circuit.r1cs, compiler.fingerprint(circuit)
    return Facts(
        name=name,
        claim=registry.get(name).claim,
        constraints=system.num_constraints,
        wires=system.num_wires,
        nonzeros=sum(len(matrix.columns) for matrix in (system.a, system.b, system.c)),
        # snarkjs's convention: one row more for wire one and for each public input.
        domain=1 << (system.num_constraints + system.num_public).bit_length(),
        public=circuit.public_names,
        private=len(circuit.private_names),
        fingerprint=fingerprint,
        is_pinned=fingerprint == registry.pinned(name),
    )


def scopes(circuit: Circuit) -> tuple[Scope, ...]:
    """The constraints of every scope, in the order in which the statement makes them."""
    return _scopes([tuple(constraint.path.split("/")) for constraint in circuit.constraints])


def lines(circuit: Circuit) -> list[tuple[str, int, int]]:
    """(file, line, constraints) of every line that makes constraints, the most first."""
    counts = Counter((constraint.file, constraint.line) for constraint in circuit.constraints)
    return [(file, line, count) for (file, line), count in counts.most_common()]


def check(name: str, public: Any, private: Any) -> Check:
    """Whether the inputs make the statement true, told by its relation and by its constraints."""
    circuit = registry.compiled(name)
    false = registry.get(name).relation(public, private)
    modulus = circuit.r1cs.modulus
    inputs = [*statement.inputs(public, modulus), *statement.inputs(private, modulus)]
    witness = program.run_ints(circuit.program, inputs, modulus)
    return Check(false, compiler.explain(circuit, witness))


def audit(name: str, given: Sequence[tuple[Any, Any]] = ()) -> "Report":
    """The soundness audit around sample inputs and around given true ones.  Raises Unsatisfied when those are false."""
    from circuits.frontend import audit as auditing

    def flat(samples: Iterable[tuple[Any, Any]]) -> list[list[int]]:
        return [statement.inputs(public) + statement.inputs(private) for public, private in samples]

    return auditing.audit(registry.compiled(name), flat([*samples.honest(name), *given]), flat(samples.lies(name)))


def report_json(report: "Report") -> dict[str, Any]:
    """The audit's report as JSON values."""
    return asdict(report) | {name: [c._asdict() for c in getattr(report, name)] for name in ("divisions", "idle")}


def _scopes(paths: list[tuple[str, ...]]) -> tuple[Scope, ...]:
    groups: dict[str, list[tuple[str, ...]]] = {}
    for path in paths:
        groups.setdefault(_NUMBERED.sub("", path[0]), []).append(path)
    found = []
    for name, inside in groups.items():
        parts = _scopes([path[1:] for path in inside if len(path) > 1])
        found.append(Scope(name, len({path[0] for path in inside}), len(inside), parts))
    return tuple(found)
