"""`zksettle zkey`: phase 2 of a ceremony, one circuit's key, with snarkjs's order of arguments and its files."""

from pathlib import Path

import click

from prover.cli.circom import setup, zkeyexport
from prover.cli.circom.contributions import entropy_option, name_option
from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

old_argument = click.argument("old", type=paths.Existing(), metavar="OLD.zkey")
new_argument = click.argument("new", type=paths.Output(), metavar="NEW.zkey")


@group()
def zkey() -> None:
    """Proving keys of circom circuits, and phase 2 of their ceremonies.

    Begin with `groth16 setup`; then run `contribute` many times and `beacon` once. Anybody can `verify` the result.
    """


zkey.add_command(setup.setup, "new")
zkey.add_command(zkeyexport.export)


@zkey.command("contribute")
@old_argument
@new_argument
@name_option
@entropy_option
@pass_app
def contribute(app: App, old: Path, new: Path, name: str | None, entropy: str) -> None:
    """Multiply a key by a fresh secret, which is drawn, used and deleted by this program.

    Nobody can forge proofs if at least one contributor was honest and deleted theirs.
    """
    from prover.cli.circom import zkey_run

    zkey_run.contribute(app, old, new, name, entropy)


@zkey.command("beacon")
@old_argument
@new_argument
@click.argument("beacon", metavar="HEX")
@click.argument("exponent", type=int, metavar="EXPONENT")
@name_option
@pass_app
def beacon(app: App, old: Path, new: Path, beacon: str, exponent: int, name: str | None) -> None:
    """End the ceremony with a random beacon: a public value, hashed 2^EXPONENT times, 2^10 to 2^26.

    Announce in advance which value it will be: the hash of a future block, the result of a future lottery.
    """
    from prover.cli.circom import zkey_run

    zkey_run.beacon(app, old, new, beacon, exponent, name)


@zkey.command("verify")
@click.argument("words", nargs=-1, metavar="[r1cs] [CIRCUIT.r1cs] [POWERS.ptau] [CIRCUIT.zkey]")
@pass_app
def verify(app: App, words: tuple[str, ...]) -> None:
    """Verify that a key is the circuit's, and every contribution to it.

    `zkey verify init FIRST.zkey POWERS.ptau CIRCUIT.zkey` starts from an earlier key instead of the circuit, and trusts
    that it is the circuit's.

    The powers of tau are trusted; `powersoftau verify` verifies them.
    """
    from prover.cli.circom import zkey_run

    zkey_run.verify(app, words)


@zkey.command("info")
@click.argument("key", type=paths.Existing(), default="circuit_final.zkey", metavar="[CIRCUIT.zkey]")
@pass_app
def info(app: App, key: Path) -> None:
    """Print a key's header and its claimed contributors, without verifying them."""
    from prover.cli.circom import zkey_run

    zkey_run.info(app, key)
