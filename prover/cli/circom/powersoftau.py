"""`zksettle powersoftau`: phase 1 of a ceremony, with snarkjs's order of arguments and its files."""

from pathlib import Path

import click

from prover.cli.circom.contributions import entropy_option, name_option
from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

CURVES = ("bn128", "bn254", "altbn128")

input_argument = click.argument("old", type=paths.Existing(), metavar="POWERS.ptau")
output_argument = click.argument("new", type=paths.Output(), metavar="NEW.ptau")


@group()
def powersoftau() -> None:
    """Powers of tau: phase 1 of a ceremony, which serves every circuit.

    Begin with `new`; then run `contribute` many times, `beacon` once, and `prepare phase2`. Anybody can `verify` the
    result.
    """


@powersoftau.command("new")
@click.argument("curve", type=click.Choice(CURVES, case_sensitive=False))
@click.argument("power", type=click.IntRange(1, 28))
@output_argument
@pass_app
def new(app: App, curve: str, power: int, new: Path) -> None:
    """Begin a ceremony for circuits of up to 2^POWER constraints."""
    from prover.cli.circom import powersoftau_run

    powersoftau_run.new(app, power, new)


@powersoftau.command("contribute")
@input_argument
@output_argument
@name_option
@entropy_option
@pass_app
def contribute(app: App, old: Path, new: Path, name: str | None, entropy: str) -> None:
    """Multiply the powers by fresh secrets, which are drawn, used and deleted by this program.

    The result is safe for everybody if at least one contributor was honest and deleted theirs.
    """
    from prover.cli.circom import powersoftau_run

    powersoftau_run.contribute(app, old, new, name, entropy)


@powersoftau.command("beacon")
@input_argument
@output_argument
@click.argument("beacon", metavar="HEX")
@click.argument("exponent", type=int, metavar="EXPONENT")
@name_option
@pass_app
def beacon(app: App, old: Path, new: Path, beacon: str, exponent: int, name: str | None) -> None:
    """End the ceremony with a random beacon: a public value, hashed 2^EXPONENT times, 2^10 to 2^26.

    Announce in advance which value it will be: the hash of a future block, the result of a future lottery.
    """
    from prover.cli.circom import powersoftau_run

    powersoftau_run.beacon(app, old, new, beacon, exponent, name)


@powersoftau.group("prepare")
def prepare() -> None:
    """Prepare powers for circuits."""


@prepare.command("phase2")
@input_argument
@output_argument
@pass_app
def prepare_phase2(app: App, old: Path, new: Path) -> None:
    """Add the Lagrange points that `groth16 setup` needs."""
    from prover.cli.circom import powersoftau_run

    powersoftau_run.prepare_phase2(app, old, new)


@powersoftau.command("truncate")
@click.argument("old", type=paths.Existing(), metavar="POWERS.ptau")
@click.argument("prefix", required=False, metavar="[PREFIX]")
@pass_app
def truncate(app: App, old: Path, prefix: str | None) -> None:
    """Write a truncated copy for every smaller power: PREFIX01.ptau, PREFIX02.ptau, …

    The default PREFIX is the file's name without .ptau, followed by an underscore.
    """
    from prover.cli.circom import powersoftau_run

    powersoftau_run.truncate(app, old, prefix)


@powersoftau.command("verify")
@input_argument
@pass_app
def verify(app: App, old: Path) -> None:
    """Verify every contribution, power, hash and Lagrange point."""
    from prover.cli.circom import powersoftau_run

    powersoftau_run.verify(app, old)


@powersoftau.command("info")
@input_argument
@pass_app
def info(app: App, old: Path) -> None:
    """Print a file's header and its claimed contributors, without verifying them."""
    from prover.cli.circom import powersoftau_run

    powersoftau_run.info(app, old)
