"""Runs `zksettle wtns calculate`, `check` and `export json`."""

from pathlib import Path

import click

from prover.circom import calculator, checking, circuit, inputs, sandbox, siblings, witnesses
from prover.circom.witnesses import Witness
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.machine import files
from zk.errors import Unsatisfied
from zk.formats import jsonexport


def calculate(app: App, wasm: Path, input: Path, output: Path, timeout_s: int) -> None:
    """Calculates a witness and writes it."""
    paths.check_different({"CIRCUIT.wasm": wasm, "INPUT.json": input, "OUT.wtns": output})
    paths.check_folder(output)
    witness = calculate_witness(app, wasm, input, timeout_s)
    files.replace(output, witness.to_wtns())
    for line in witness.log:
        app.screen.say(line)
    app.screen.say(f"The witness of {witness.num_wires:,} wires is in {output}.")
    app.screen.document({"witness": str(output), "wires": witness.num_wires, "log": list(witness.log)})


def calculate_witness(app: App, wasm: Path, input: Path, timeout_s: int) -> Witness:
    """The witness that a program in a file calculates from the inputs in another.  Raises as the calculator does."""
    sandbox.library()
    data = files.read(wasm, sandbox.MAX_PROGRAM_BYTES)
    values = inputs.decode(files.read(input, inputs.MAX_BYTES), str(input))
    with watching.long_step(app, f"Compiling {wasm.name}", sandbox.compiling_bytes(len(data))):
        program = calculator.load(data, str(wasm), timeout_s)
    with watching.long_step(app, f"Calculating with {wasm.name}", program.memory_bytes):
        names = siblings.signal_names(wasm)
        return calculator.calculate(program, values, limit_s=timeout_s, names=names, what=str(input))


def check(app: App, r1cs: Path, wtns: Path, shows_secrets: bool) -> None:
    """Checks a witness against every constraint.  Raises Unsatisfied, or click's Exit with code 1 for --json."""
    witness = witnesses.read(wtns)
    memory = circuit.memory_bytes(r1cs) + checking.MEMORY_PER_WIRE * witness.num_wires
    with watching.long_step(app, f"Checking {wtns.name}", memory) as report:
        constraints = circuit.read(r1cs)
        violation = checking.first_violation(constraints, witness.values, str(wtns), report)
    count = constraints.header.num_constraints
    if violation is None:
        app.screen.say(f"{wtns} satisfies all {count:,} constraints of {r1cs}.", "good")
        app.screen.document({"satisfied": True, "constraints": count})
        return
    text, note = checking.describe(constraints, violation)
    app.screen.fields([
        ("constraint", f"{violation.index} of {count:,} (counted from 0)"),
        ("", text),
        *([("names", note)] if note else []),
        ("values", violation.sides() if shows_secrets else "not shown; --show-secrets prints them"),
    ])  # fmt: skip
    if app.screen.is_json:
        sides = {"left": violation.left, "right": violation.right, "product": violation.product}
        secrets = {name: str(value) for name, value in sides.items()} if shows_secrets else {}
        place = {"index": violation.index, "text": text, **secrets}
        app.screen.document({"satisfied": False, "constraints": count, "violation": place})
        raise click.exceptions.Exit(1)
    raise Unsatisfied(f"{wtns} does not satisfy {r1cs}: constraint {violation.index} does not hold")


def export_json(app: App, wtns: Path, output: Path) -> None:
    """Writes a witness as snarkjs's JSON."""
    paths.check_different({"WITNESS.wtns": wtns, "OUT.json": output})
    paths.check_folder(output)
    witness = witnesses.read(wtns)
    with files.writing(output, files.PRIVATE_FILE) as file:
        for text in jsonexport.witness(witness.values):
            file.write(text.encode())
    app.screen.say(f"The witness of {witness.num_wires:,} wires is in {output}.")
    app.screen.document({"output": str(output), "wires": witness.num_wires})
