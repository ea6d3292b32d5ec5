"""`zksettle r1cs info`, `print` and `export json`: circom's constraints, in snarkjs's order of arguments."""

from pathlib import Path

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

r1cs_argument = click.argument("r1cs", type=paths.Existing(), default="circuit.r1cs", metavar="[CIRCUIT.r1cs]")


@group()
def r1cs() -> None:
    """Inspect the constraints that circom compiled.

    Files that are not named are snarkjs's: circuit.r1cs, circuit.sym, circuit.json.
    """


@r1cs.command("info")
@r1cs_argument
@pass_app
def info(app: App, r1cs: Path) -> None:
    """Print the size of a circuit."""
    from prover.cli.circom import r1cs_run

    r1cs_run.info(app, r1cs)


@r1cs.command("print")
@r1cs_argument
@click.argument("sym", type=paths.Existing(), required=False, metavar="[CIRCUIT.sym]")
@pass_app
def print_(app: App, r1cs: Path, sym: Path | None) -> None:
    """Print every constraint with the names of its signals.

    The names are those in CIRCUIT.sym, by default the one beside CIRCUIT.r1cs; without one, wires are numbered.
    """
    from prover.cli.circom import r1cs_run

    r1cs_run.print_(app, r1cs, sym)


@r1cs.group("export")
def export() -> None:
    """Write a circuit in other formats."""


@export.command("json")
@r1cs_argument
@click.argument("output", type=paths.Output(), required=False, metavar="[OUT.json]")
@pass_app
def export_json(app: App, r1cs: Path, output: Path | None) -> None:
    """Write a circuit as JSON, as `snarkjs r1cs export json` does.

    Without OUT.json, it is written to CIRCUIT.json beside CIRCUIT.r1cs.
    """
    from prover.cli.circom import r1cs_run

    r1cs_run.export_json(app, r1cs, output)
