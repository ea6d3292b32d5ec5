"""The statements by name, their compiled circuits, and the fingerprints they are pinned to.

`python -m circuits.registry` prints the content of pinned.json.  A pinned fingerprint changes only on purpose: keys are
made for one fingerprint, and a proof under other keys proves another claim.
"""

import json
from functools import cache
from typing import Any

from circuits import pins
from circuits.frontend import compiler
from circuits.frontend.compiler import Circuit
from circuits.statements import escrow, funds, leg, margin, seize
from circuits.statements.statement import Statement

_STATEMENTS = {module.STATEMENT.name: module.STATEMENT for module in (leg, margin, escrow, seize, funds)}


def names() -> tuple[str, ...]:
    """The names of all statements."""
    return tuple(_STATEMENTS)


def get(name: str) -> Statement:
    """The statement with this name.  Raises KeyError when there is none."""
    return _STATEMENTS[name]


@cache
def compiled(name: str) -> Circuit:
    """The statement's circuit over Fr, compiled once per process."""
    return compiler.compile_statement(get(name))


def pinned(name: str) -> str:
    """The statement's fingerprint, 64 hexadecimal digits, read without compiling anything."""
    return pins.fingerprint(name)


def describe(name: str) -> dict[str, Any]:
    """The entry of pinned.json for a statement, computed from its circuit."""
    circuit = compiled(name)
    return {
        "fingerprint": compiler.fingerprint(circuit),
        "constraints": circuit.r1cs.num_constraints,
        "wires": circuit.r1cs.num_wires,
        "public": list(get(name).public_fields),
    }


if __name__ == "__main__":
    print(json.dumps({name: describe(name) for name in names()}, indent=2))
