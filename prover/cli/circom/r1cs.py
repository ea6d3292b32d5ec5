"""`zksettle r1cs info`, `print` and `export json`: circom's constraints, in snarkjs's order of arguments."""

from pathlib import Path

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

R1CS = "circuit.r1cs"

r1cs_argument = click.argument("r1cs", type=paths.Existing(), default=R1CS, metavar="[CIRCUIT.r1cs]")


@group()
def r1cs() -> None:
    """Look into the constraints that circom has compiled.

    Files that are not named are snarkjs's: circuit.r1cs, circuit.sym, circuit.json.
    """


@r1cs.command("info")
@r1cs_argument
@pass_app
def info(app: App, r1cs: Path) -> None:
    """Print how large a circuit is."""
    from prover.circom import circuit

    found = circuit.read_header(r1cs)
    app.screen.fields([
        ("curve", "bn-128"),
        ("wires", f"{found.num_wires:,}"),
        ("constraints", f"{found.num_constraints:,}"),
        ("private inputs", f"{found.num_private_inputs:,}"),
        ("public inputs", f"{found.num_public_inputs:,}"),
        ("labels", f"{found.num_labels:,}"),
        ("outputs", f"{found.num_outputs:,}"),
    ])  # fmt: skip
    app.screen.document({
        "curve": "bn128",
        "wires": found.num_wires,
        "constraints": found.num_constraints,
        "private_inputs": found.num_private_inputs,
        "public_inputs": found.num_public_inputs,
        "labels": found.num_labels,
        "outputs": found.num_outputs,
    })


@r1cs.command("print")
@r1cs_argument
@click.argument("sym", type=paths.Existing(), required=False, metavar="[CIRCUIT.sym]")
@pass_app
def print_(app: App, r1cs: Path, sym: Path | None) -> None:
    """Print every constraint with the names of its signals.

    The names are those of CIRCUIT.sym, by default the one beside CIRCUIT.r1cs; without one wires have their numbers.
    """
    from prover.circom import circuit
    from prover.cli.frame import watching
    from zk.formats import equations

    with watching.long_step(app, f"Reading {r1cs.name}", circuit.memory_bytes(r1cs)):
        found = circuit.read(r1cs)
        names, note = circuit.names_beside(found) if sym is None else (circuit.names(found, sym), "")
    if note:
        click.echo(note, err=True)
    lines = equations.constraints(found.system, names)
    if app.screen.is_json:
        app.screen.document(list(lines))
    for line in lines:
        app.screen.say(line)


@r1cs.group("export")
def export() -> None:
    """Write a circuit in other formats."""


@export.command("json")
@r1cs_argument
@click.argument("output", type=paths.Output(), required=False, metavar="[OUT.json]")
@pass_app
def export_json(app: App, r1cs: Path, output: Path | None) -> None:
    """Write a circuit as JSON, as `snarkjs r1cs export json` does.

    Without OUT.json that is CIRCUIT.json, beside CIRCUIT.r1cs.
    """
    from prover.circom import circuit
    from prover.cli.frame import watching
    from prover.machine import files
    from zk.errors import FormatError
    from zk.formats import exported

    output = output or r1cs.with_suffix(".json")
    paths.check_different({"CIRCUIT.r1cs": r1cs, "OUT.json": output})
    paths.check_folder(output)
    with watching.long_step(app, f"Exporting {r1cs.name}", circuit.memory_bytes(r1cs)) as report:
        found = circuit.read(r1cs)
        if found.labels is None:
            raise FormatError(f"{r1cs} has no label for its last wire, as circom wrote before version 2")
        with files.writing(output) as file:
            for index, text in enumerate(exported.circuit(found.header, found.system, found.labels)):
                file.write(text.encode())
                if index % 4096 == 0:
                    report(min(index, found.header.num_constraints), found.header.num_constraints)
    app.screen.say(f"The circuit is in {output}.")
    app.screen.document({"output": str(output), "constraints": found.header.num_constraints})
