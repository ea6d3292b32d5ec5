"""`zksettle ceremony`: the setup ceremony of the statements, passed on as a folder."""

from pathlib import Path

import click

from prover.cli.circom.contributions import entropy_option
from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.tools.names import StatementName, statement_argument

folder_argument = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
key_option = click.option("--key", type=paths.Existing(), metavar="FILE",
                          help="Your Ed25519 key, in PEM or OpenSSH format. Default: this home's own.")  # fmt: skip


@group()
def ceremony() -> None:
    """Create the statements' keys together with others.

    Nobody can forge proofs if at least one contributor was honest, and at least one contributor to the powers of tau.
    There is no coordinator: take the folder, add one file to it with `contribute`, pass it on.
    """


@ceremony.command()
@folder_argument
@click.option("--powers", type=paths.Existing(), required=True, metavar="FILE.ptau",
              help="Powers of tau of any ceremony, prepared for phase 2.")  # fmt: skip
@click.option("--statement", "chosen", type=StatementName(), multiple=True,
              help="A statement to include. Default: all that a pool needs.")  # fmt: skip
@pass_app
def start(app: App, folder: Path, powers: Path, chosen: tuple[str, ...]) -> None:
    """Begin a ceremony in a new FOLDER, from powers of tau."""
    from prover.cli.pool import ceremony_run

    ceremony_run.start(app, folder, powers, chosen)


@ceremony.command()
@folder_argument
@click.option("--name", required=True, metavar="TEXT", help="Your name, which is public.")
@entropy_option
@key_option
@pass_app
def contribute(app: App, folder: Path, name: str, entropy: str, key: Path | None) -> None:
    """Add your contribution to FOLDER, as one new file.

    All earlier contributions are verified first. Your secrets are drawn, used and deleted by this program. Publish the
    attestation it prints where people know you: with it, anybody can check that the transcript includes your file.
    """
    from prover.cli.pool import ceremony_run

    ceremony_run.contribute(app, folder, name, entropy, key)


@ceremony.command()
@folder_argument
@click.argument("value", metavar="HEX")
@click.argument("iterations_exp", type=click.IntRange(10, 26), metavar="EXP")
@key_option
@pass_app
def beacon(app: App, folder: Path, value: str, iterations_exp: int, key: Path | None) -> None:
    """End the ceremony with a random beacon: the public value HEX, hashed 2^EXP times.

    Use a value that nobody could predict when it was announced, such as the hash of a future block: it keeps the last
    contributor from choosing among possible keys. Nothing can be added after it.
    """
    from prover.cli.pool import ceremony_run

    ceremony_run.beacon(app, folder, value, iterations_exp, key)


@ceremony.command()
@folder_argument
@pass_app
def verify(app: App, folder: Path) -> None:
    """Verify a ceremony from FOLDER alone.

    Recomputes every statement's initial key from our own circuits, and verifies the powers of tau and every
    contribution's proofs, hash and signature. No program can tell whether the contributors are different people:
    compare their keys with what they published.
    """
    from prover.cli.pool import ceremony_run

    ceremony_run.verify(app, folder)


@ceremony.command()
@folder_argument
@pass_app
def status(app: App, folder: Path) -> None:
    """List the contributions in FOLDER, and what is missing.

    Only digests and signatures are checked; `verify` also verifies the points. The exit code is 1 if anything is wrong.
    """
    from prover.cli.pool import ceremony_run

    ceremony_run.status(app, folder)


@ceremony.command()
@folder_argument
@pass_app
def install(app: App, folder: Path) -> None:
    """Verify a ceremony and install its keys in this home.

    `zksettle pool new` and `zksettle prove` then use them. Contributions must be signed by at least two keys, and the
    powers of tau must have at least two contributors. No program can tell whether these are different people: check
    who they are with `status`.
    """
    from prover.cli.pool import ceremony_run

    ceremony_run.install(app, folder)


@ceremony.command()
@folder_argument
@statement_argument
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT.zkey")
@pass_app
def export(app: App, folder: Path, statement: str, output: Path) -> None:
    """Write a statement's key as a .zkey file.

    `snarkjs zkey verify` can check it with the output of `zksettle circuit export` and the powers of tau in FOLDER.
    """
    from prover.cli.pool import ceremony_run

    ceremony_run.export(app, folder, statement, output)
