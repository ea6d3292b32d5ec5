"""`zksettle governance …`: change the pool's parameters, as k of its n governors."""

from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app


@group()
def governance() -> None:
    """Change the pool's parameters: propose, sign, submit, show.

    A change is a file that passes from governor to governor, or of which each signs a copy.  Once enough have signed,
    anybody submits it; it is in force after the pool's delay, so that whoever does not like it can leave before.
    """


@governance.command()
@click.option("--new", is_flag=True, help="Make the key, when there is none.")
@pass_app
def key(app: App, **options: Any) -> None:
    """Show your own public key, for `zksettle pool new --governor KEY`.

    Its secret stays on this machine.
    """
    from prover.cli.pool import ownkey_run

    ownkey_run.governor(app, **options)


@governance.command()
@click.argument("file", type=paths.Output())
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE",
              help="A parameter and its new value in JSON, such as penalty_bps=800 or fees.leg=10000; repeatable.")
@click.option("--from", "record_file", type=paths.Existing(), metavar="FILE",
              help="The whole record, as `governance show --json` prints it under parameters.")  # fmt: skip
@click.option("--submit-within", "within_minutes", type=click.IntRange(1, 10**7), default=60, show_default=True,
              metavar="MINUTES", help="How long the governors have; then the pool's delay begins.")
@pass_app
def propose(app: App, file: Path, **options: Any) -> None:
    """Write a change of the parameters to FILE, for the governors to sign.

    A NAME is a path into the record that `governance show --json` prints: `risk.2.own_move_bps`, `guardians`.
    """
    from prover.cli.pool import governance_run

    governance_run.propose(app, file, **options)


@governance.command()
@click.argument("file", type=paths.Existing())
@click.option("--member", "members", type=click.IntRange(1, 16), multiple=True, metavar="N",
              help="Sign as this governor; repeatable.  Default: every governor whose key is here.")  # fmt: skip
@click.option("--yes", "is_agreed", is_flag=True, help="Sign without being asked.")
@pass_app
def sign(app: App, file: Path, **options: Any) -> None:
    """Show the change in FILE, ask, and add this machine's signatures to it."""
    from prover.cli.pool import governance_run

    governance_run.sign(app, file, **options)


@governance.command()
@click.argument("file", type=paths.Existing())
@click.argument("copies", metavar="COPY...", nargs=-1, required=True, type=paths.Existing())
@pass_app
def collect(app: App, file: Path, copies: tuple[Path, ...]) -> None:
    """Put the signatures of the COPIES of a change, which other governors signed, into FILE."""
    from prover.cli.pool import governance_run

    governance_run.collect(app, file, copies)


@governance.command()
@click.argument("file", type=paths.Existing())
@pass_app
def submit(app: App, file: Path) -> None:
    """Announce the change in FILE on the ledger.  Whoever submits it needs no key."""
    from prover.cli.pool import governance_run

    governance_run.submit(app, file)


@governance.command()
@pass_app
def show(app: App) -> None:
    """Show the governors, the parameters in force, and what is announced."""
    from prover.cli.pool import governance_run

    governance_run.show(app)
