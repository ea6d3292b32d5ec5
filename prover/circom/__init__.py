"""Witnesses of circom circuits in Python; keys and proofs are in prover/groth16.py.

    from prover import circom, groth16

    witness = circom.witness("circuit_js/circuit.wasm", "input.json")

Calculating a witness needs wasmtime (the extra "circom") and the sandbox in this package, so these functions are in
`prover`, not in `zk`, which must not import it.  The modules behind them:

    inputs, sandbox, messages, wasm_memory, calculator, witnesses   calculates a witness with circom's own program
    siblings, circuit, checking                                     checks a witness against the constraints
    keycache, proofs                                                opens a .zkey quickly, and proves under it
"""

import os
from collections.abc import Mapping
from pathlib import Path

from prover.circom import calculator, inputs, sandbox, siblings, witnesses
from prover.circom.calculator import Program
from prover.circom.witnesses import Witness
from prover.machine import files

__all__ = ["Program", "Witness", "load_program", "load_witness", "witness"]

Source = str | os.PathLike[str] | bytes  # a file, by its path or by its content


def witness(
    program: Source | Program, values: Source | Mapping[str, object], *, timeout_s: float = calculator.DEFAULT_LIMIT_S
) -> Witness:
    """The witness that a circuit's program calculates from its inputs.

    `program` is the CIRCUIT.wasm that circom 2 writes, or what `load_program` returned for it.  `values` is an
    INPUT.json, or a mapping from the names of the input signals to integers, decimal strings and nested lists of them.

    Raises FormatError when a file is malformed or an input is unknown, missing or has another number of values;
    Unsatisfied, with circom's own words, when an assertion of the circuit fails; sandbox.Overdue after `timeout_s`
    seconds; and sandbox.Unavailable without wasmtime.
    """
    if isinstance(values, Mapping):
        signals, what = inputs.from_values(values), "the inputs"
    else:
        what = _name(values, "the inputs")
        signals = inputs.decode(_content(values, inputs.MAX_BYTES), what)
    names = [] if isinstance(program, bytes | Program) else siblings.signal_names(Path(program))
    circom_program = program if isinstance(program, Program) else load_program(program, timeout_s=timeout_s)
    return calculator.calculate(circom_program, signals, limit_s=timeout_s, names=names, what=what)


def load_program(program: Source, *, timeout_s: float = calculator.DEFAULT_LIMIT_S) -> Program:
    """A circuit's program, compiled for this machine: one for any number of witnesses.  Raises as `witness`."""
    sandbox.library()
    return calculator.load(_content(program, sandbox.MAX_PROGRAM_BYTES), _name(program, "the program"), timeout_s)


def load_witness(source: Source) -> Witness:
    """The witness in a .wtns file.  Raises FormatError when it cannot be read or is malformed."""
    return witnesses.decode(source) if isinstance(source, bytes) else witnesses.read(Path(source))


def _content(source: Source, limit: int) -> bytes:
    return source if isinstance(source, bytes) else files.read(Path(source), limit)


def _name(source: Source, otherwise: str) -> str:
    return otherwise if isinstance(source, bytes) else os.fspath(source)
