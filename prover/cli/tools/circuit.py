"""`zksettle circuit …`: inspect statements: their claims, their sizes, and why an input does not satisfy one."""

from pathlib import Path

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.tools.names import statement_argument


@group()
def circuit() -> None:
    """Inspect the statements and their circuits."""


@circuit.command("list")
@pass_app
def list_(app: App) -> None:
    """List all statements with their claims and sizes."""
    from prover.cli.tools import circuit_run

    circuit_run.list_all(app)


@circuit.command()
@statement_argument
@pass_app
def info(app: App, statement: str) -> None:
    """Show a statement's size, public inputs and fingerprint."""
    from prover.cli.tools import circuit_run

    circuit_run.info(app, statement)


@circuit.command()
@statement_argument
@click.option(
    "--depth", type=click.IntRange(1, 8), default=2, show_default=True, help="How many levels of scopes to show."
)
@click.option(
    "--lines", type=click.IntRange(0, 1000), default=8, show_default=True, help="How many lines of code to show."
)
@pass_app
def profile(app: App, statement: str, depth: int, lines: int) -> None:
    """Show where the constraints come from, by scope and by line of code."""
    from prover.cli.tools import circuit_run

    circuit_run.profile(app, statement, depth, lines)


@circuit.command()
@statement_argument
@click.argument("input", type=paths.Existing())
@click.option(
    "--show-secrets", is_flag=True, help="Also print the values of the violated constraint, which may be secret."
)
@pass_app
def check(app: App, statement: str, input: Path, show_secrets: bool) -> None:
    """Find the first constraint that INPUT violates.

    INPUT is a JSON file with the public and the private inputs; `circuit sample` prints an example.
    """
    from prover.cli.tools import circuit_run

    circuit_run.check(app, statement, input, show_secrets)


@circuit.command()
@statement_argument
@pass_app
def sample(app: App, statement: str) -> None:
    """Print an input that satisfies the statement.

    It has the form that `prove` and `circuit check` read; nothing in it is secret.
    """
    from prover.cli.tools import circuit_run

    circuit_run.sample(app, statement)


@circuit.command()
@statement_argument
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT.r1cs")
@pass_app
def export(app: App, statement: str, output: Path) -> None:
    """Write the statement's circuit in circom's format.

    Then snarkjs and other programs can inspect the constraints and check keys against them.
    """
    from prover.cli.tools import circuit_run

    circuit_run.export(app, statement, output)


@circuit.command()
@statement_argument
@click.argument("inputs", type=paths.Existing(), nargs=-1)
@pass_app
def audit(app: App, statement: str, inputs: tuple[Path, ...]) -> None:
    """Search a statement's circuit for missing constraints.

    Checks that the constraints determine every wire, that no private wire can change while the inputs stay the same,
    and that every constraint is needed: around samples, and around satisfying INPUTS, JSON files, if any are given.
    """
    from prover.cli.tools import circuit_run

    circuit_run.audit(app, statement, inputs)
