"""Compiles a builder or a statement to a circuit: constraints with their reasons, and a witness program.

The order of wires is: one, public inputs, private inputs, computed wires, each group in the order of creation.

The fingerprint of a circuit is SHA-256 over, all integers little-endian:

    "zksettle circuit 1"
    modulus (32 bytes), wires, public inputs, constraints (8 bytes each)
    for each public input: length of its name in bytes (8), its name in UTF-8
    for each of A, B, C: row starts (8 bytes each), wires (4 bytes each), values (32 bytes each), rows sorted by wire

Reasons, scopes and lines are not part of it, so rewording them does not change the fingerprint.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Protocol

import numpy as np

from circuits.frontend.builder import Builder, Constraint
from circuits.frontend.program import MULTIPLY, QUOTIENT, Program
from zk import domains
from zk.fields import array
from zk.fields.prime import R
from zk.r1cs import r1cs
from zk.r1cs.r1cs import R1CS


class Compilable(Protocol):
    """A name, the shape of the inputs, and constraints on signals in that shape."""

    @property
    def name(self) -> str: ...

    @property
    def constrain(self) -> Callable[[Builder, Any, Any], None]: ...

    def blank(self) -> tuple[Any, Any]: ...


@dataclass(frozen=True)
class Circuit:
    """A compiled statement.  The inputs of `program` are the public inputs, then the private ones."""

    name: str
    r1cs: R1CS
    program: Program
    constraints: tuple[Constraint, ...]
    public_names: tuple[str, ...]
    private_names: tuple[str, ...]


@dataclass(frozen=True)
class Violation:
    """A violated constraint.  The three sides may be secret, so the repr omits them."""

    index: int
    why: str
    path: str
    file: str
    line: int
    left: int = field(repr=False)
    right: int = field(repr=False)
    product: int = field(repr=False)


def compile(builder: Builder, name: str) -> Circuit:
    """The circuit of everything the builder has collected."""
    rows = [sorted(terms.items()) for terms in builder.combinations]
    a, b, c = (r1cs.matrix([rows[constraint[side]] for constraint in builder.rows]) for side in range(3))
    system = R1CS(builder.modulus, builder.num_wires, len(builder.public_names), a, b, c)
    return Circuit(
        name,
        system,
        _program(builder, rows),
        tuple(builder.constraints),
        tuple(builder.public_names),
        tuple(builder.private_names),
    )


def compile_statement(statement: Compilable, modulus: int = R) -> Circuit:
    """The circuit of a statement: runs its `constrain` once, on signals in the shape of its blank inputs."""
    builder = Builder(modulus)
    public, private = statement.blank()
    public = _signals(public, "", builder.public)
    private = _signals(private, "", builder.private)
    statement.constrain(builder, public, private)
    return compile(builder, statement.name)


def fingerprint(circuit: Circuit) -> str:
    """64 hexadecimal digits that depend on every constraint, the order of the wires, and the public inputs' names."""
    system = circuit.r1cs
    digest = hashlib.sha256(domains.CIRCUIT + system.modulus.to_bytes(32, "little"))
    for count in (system.num_wires, system.num_public, system.num_constraints):
        digest.update(count.to_bytes(8, "little"))
    for name in circuit.public_names:
        name_bytes = name.encode()
        digest.update(len(name_bytes).to_bytes(8, "little") + name_bytes)
    for matrix in (system.a, system.b, system.c):
        digest.update(matrix.starts.astype("<i8").tobytes())
        digest.update(matrix.columns.astype("<i4").tobytes())
        digest.update(b"".join(value.to_bytes(32, "little") for value in matrix.values))
    return digest.hexdigest()


def explain(circuit: Circuit, witness: Sequence[int]) -> Violation | None:
    """The first constraint the witness violates, with its reason and its three sides, or None."""
    system = circuit.r1cs
    index = r1cs.first_unsatisfied(system, witness)
    if index is None:
        return None
    sides = (r1cs.evaluate(m.row(index), witness, system.modulus) for m in (system.a, system.b, system.c))
    return Violation(index, *circuit.constraints[index], *sides)


def _program(builder: Builder, rows: list[r1cs.Row]) -> Program:
    """The builder's steps, over only the combinations that some step reads."""
    index_of: dict[int, int] = {}
    code = []
    for operation, out, a, b in builder.steps:
        a = index_of.setdefault(a, len(index_of))
        if operation in (MULTIPLY, QUOTIENT):
            b = index_of.setdefault(b, len(index_of))
        code.append((operation, out, a, b))
    coefficients = {1: 0, builder.modulus - 1: 1}
    terms = []
    starts = [0]
    for index in index_of:
        for wire, value in rows[index]:
            terms.append((wire, coefficients.setdefault(value, len(coefficients))))
        starts.append(len(terms))
    return Program(
        modulus=builder.modulus,
        num_wires=builder.num_wires,
        num_inputs=len(builder.public_names) + len(builder.private_names),
        code=np.array(code, dtype=np.int64).reshape(-1, 4),
        starts=np.array(starts, dtype=np.int64),
        terms=np.array(terms, dtype=np.int32).reshape(-1, 2),
        coefficients=array.plain(coefficients),
    )


def _signals(value: Any, path: str, make: Callable[[str], Any]) -> Any:
    """`value` with every number replaced by a fresh input, in the order of fields and elements."""
    if is_dataclass(value) and not isinstance(value, type):
        prefix = f"{path}." if path else ""
        parts = {f.name: _signals(getattr(value, f.name), prefix + f.name, make) for f in fields(value)}
        return type(value)(**parts)
    if isinstance(value, tuple):
        return tuple(_signals(element, f"{path}[{i}]", make) for i, element in enumerate(value))
    return make(path)
