"""`zksettle wtns calculate`, `check` and `export json`: circom's witnesses, in snarkjs's order of arguments."""

from collections.abc import Callable
from pathlib import Path

import click

from prover.cli.circom.r1cs import r1cs_argument
from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

WITNESS = "witness.wtns"
MAX_TIMEOUT_S = 3600

wasm_argument = click.argument("wasm", type=paths.Existing(), default="circuit.wasm", metavar="[CIRCUIT.wasm]")
input_argument = click.argument("input", type=paths.Existing(), default="input.json", metavar="[INPUT.json]")
wtns_argument = click.argument("wtns", type=paths.Existing(), default=WITNESS, metavar="[WITNESS.wtns]")


def limit_option(help_text: str) -> Callable:
    """A decorator that adds --timeout: parameter `timeout`, seconds."""
    return click.option("--timeout", type=click.IntRange(1, MAX_TIMEOUT_S), default=60, show_default=True,
                        metavar="SECONDS", help=help_text)  # fmt: skip


@group()
def wtns() -> None:
    """Calculate, check and export witnesses.

    Files that are not named are snarkjs's: circuit.wasm, input.json, witness.wtns, circuit.r1cs, witness.json.
    """


@wtns.command("calculate")
@wasm_argument
@input_argument
@click.argument("output", type=paths.Output(), default=WITNESS, metavar="[OUT.wtns]")
@limit_option("How long circom's program may take.")
@pass_app
def calculate(app: App, wasm: Path, input: Path, output: Path, timeout: int) -> None:
    """Calculate a witness with the program that circom 2 compiled.

    INPUT.json has a key for each input signal: a whole number in a string, a JSON number below 2^53, or nested arrays
    of them.  The circuit's log is printed.  OUT.wtns contains secrets, so only you can read it.

    The program runs in a sandbox with 2 GiB of memory.  Needs wasmtime: pip install 'zksettle[circom]'.
    """
    from prover.cli.circom import wtns_run

    wtns_run.calculate(app, wasm, input, output, timeout)


@wtns.command("check")
@r1cs_argument
@wtns_argument
@click.option("--show-secrets", is_flag=True, help="Also print both sides' values, which may be secret.")
@pass_app
def check(app: App, r1cs: Path, wtns: Path, show_secrets: bool) -> None:
    """Check a witness against every constraint of a circuit.

    The first constraint that does not hold is shown with the names in CIRCUIT.sym beside CIRCUIT.r1cs.
    """
    from prover.cli.circom import wtns_run

    wtns_run.check(app, r1cs, wtns, show_secrets)


@wtns.group("export")
def export() -> None:
    """Write a witness in other formats."""


@export.command("json")
@wtns_argument
@click.argument("output", type=paths.Output(), default="witness.json", metavar="[OUT.json]")
@pass_app
def export_json(app: App, wtns: Path, output: Path) -> None:
    """Write a witness as JSON, as `snarkjs wtns export json` does.

    OUT.json contains secrets, so only you can read it.
    """
    from prover.cli.circom import wtns_run

    wtns_run.export_json(app, wtns, output)
