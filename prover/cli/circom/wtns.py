"""`zksettle wtns calculate`, `check` and `export json`: circom's witnesses, in snarkjs's order of arguments."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.cli.circom.r1cs import r1cs_argument
from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from zk.errors import Unsatisfied

if TYPE_CHECKING:
    from prover.circom.calculator import Calculated

WITNESS = "witness.wtns"
MAX_LIMIT_S = 3600

wasm_argument = click.argument("wasm", type=paths.Existing(), default="circuit.wasm", metavar="[CIRCUIT.wasm]")
input_argument = click.argument("input", type=paths.Existing(), default="input.json", metavar="[INPUT.json]")
wtns_argument = click.argument("wtns", type=paths.Existing(), default=WITNESS, metavar="[WITNESS.wtns]")
limit_option = click.option("--timeout", type=click.IntRange(1, MAX_LIMIT_S), default=60, show_default=True,
                            metavar="SECONDS", help="How long circom's program may take.")  # fmt: skip


@group()
def wtns() -> None:
    """Calculate witnesses, check them, look into them.

    Files that are not named are snarkjs's: circuit.wasm, input.json, witness.wtns, circuit.r1cs, witness.json.
    """


@wtns.command("calculate")
@wasm_argument
@input_argument
@click.argument("output", type=paths.Output(), default=WITNESS, metavar="[OUT.wtns]")
@limit_option
@pass_app
def calculate(app: App, wasm: Path, input: Path, output: Path, timeout: int) -> None:
    """Calculate a witness with the program that circom 2 has compiled.

    INPUT.json has a key for each input signal: a whole number in a string, a JSON number below 2^53, or nested arrays
    of them.  What the circuit logs is printed.  OUT.wtns holds secrets, so only you can read it.

    The program runs in a sandbox with 2 GiB of memory.  Needs wasmtime: pip install 'zksettle[circom]'.
    """
    from prover.machine import files
    from zk.formats import wtns

    paths.check_different({"CIRCUIT.wasm": wasm, "INPUT.json": input, "OUT.wtns": output})
    paths.check_folder(output)
    found = calculated(app, wasm, input, timeout)
    files.replace(output, wtns.encode(found.witness))
    for line in found.log:
        app.screen.say(line)
    app.screen.say(f"The witness of {len(found.witness):,} wires is in {output}.")
    app.screen.document({"witness": str(output), "wires": len(found.witness), "log": found.log})


def calculated(app: App, wasm: Path, input: Path, limit_s: int) -> "Calculated":
    """The witness for the inputs in a file, from the program in another.  Raises as the calculator does."""
    from prover.circom import calculator, inputs, sandbox, siblings
    from prover.cli.frame import watching
    from prover.machine import files

    sandbox.library()
    data = files.read(wasm, sandbox.MAX_PROGRAM_BYTES)
    given = inputs.decode(files.read(input, inputs.MAX_BYTES), str(input))
    with watching.long_step(app, f"Compiling {wasm.name}", calculator.COMPILING_PER_BYTE * len(data)):
        program = calculator.load(data, str(wasm), limit_s)
    with watching.long_step(app, f"Calculating with {wasm.name}", program.memory_bytes):
        names = siblings.signal_names(wasm)
        return calculator.calculate(program, given, limit_s=limit_s, names=names, given=str(input))


@wtns.command("check")
@r1cs_argument
@wtns_argument
@click.option("--show-secrets", is_flag=True, help="Also print both sides' values, which may be secret.")
@pass_app
def check(app: App, r1cs: Path, wtns: Path, show_secrets: bool) -> None:
    """Check a witness against every constraint of a circuit.

    The first constraint that does not hold is shown with the names of CIRCUIT.sym beside CIRCUIT.r1cs.
    """
    from prover.circom import checking, circuit, proofs
    from prover.cli.frame import watching

    values = proofs.read_witness(wtns)
    memory = circuit.memory_bytes(r1cs) + checking.MEMORY_PER_WIRE * len(values)
    with watching.long_step(app, f"Checking {wtns.name}", memory) as report:
        found = circuit.read(r1cs)
        violation = checking.first_violation(found, values, str(wtns), report)
    constraints = found.header.num_constraints
    if violation is None:
        app.screen.say(f"{wtns} satisfies all {constraints:,} constraints of {r1cs}.", "good")
        app.screen.document({"satisfied": True, "constraints": constraints})
        return
    shown, note = checking.written(found, violation)
    values_shown = violation.sides() if show_secrets else "not shown; --show-secrets prints them"
    app.screen.fields([
        ("constraint", f"{violation.index} of {constraints:,} (counted from 0)"),
        ("", shown),
        *([("names", note)] if note else []),
        ("values", values_shown),
    ])  # fmt: skip
    if app.screen.is_json:
        sides = {"left": violation.left, "right": violation.right, "product": violation.product}
        secrets = {name: str(value) for name, value in sides.items()} if show_secrets else {}
        where = {"index": violation.index, "text": shown, **secrets}
        app.screen.document({"satisfied": False, "constraints": constraints, "violation": where})
        raise click.exceptions.Exit(1)
    raise Unsatisfied(f"{wtns} does not satisfy {r1cs}: constraint {violation.index} does not hold")


@wtns.group("export")
def export() -> None:
    """Write a witness in other formats."""


@export.command("json")
@wtns_argument
@click.argument("output", type=paths.Output(), default="witness.json", metavar="[OUT.json]")
@pass_app
def export_json(app: App, wtns: Path, output: Path) -> None:
    """Write a witness as JSON, as `snarkjs wtns export json` does.

    OUT.json holds secrets, so only you can read it.
    """
    from prover.circom import proofs
    from prover.machine import files
    from zk.formats import exported

    paths.check_different({"WITNESS.wtns": wtns, "OUT.json": output})
    paths.check_folder(output)
    values = proofs.read_witness(wtns)
    with files.writing(output, files.PRIVATE_FILE) as file:
        for text in exported.witness(values):
            file.write(text.encode())
    app.screen.say(f"The witness of {len(values):,} wires is in {output}.")
    app.screen.document({"output": str(output), "wires": len(values)})
