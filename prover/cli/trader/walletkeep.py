"""`zksettle wallet passphrase|export|watch-key|import`: wallets under other passphrases and in other places."""

from pathlib import Path
from typing import Any

import click

from prover.cli.frame import passphrase, paths
from prover.cli.frame.command import App, command, pass_app

RESERVE = 64
MAX_RESERVE = 4096

name_argument = click.argument("name")


@command(name="passphrase")
@click.argument("name", default="main", envvar="ZKSETTLE_WALLET")
@passphrase.option
@passphrase.new_option
@pass_app
def change_passphrase(app: App, **options: Any) -> None:
    """Change the wallet's passphrase.

    The old one is asked first.  Backups, exported files and other copies keep the passphrase they were made under.
    """
    from prover.cli.trader import walletkeep_run

    walletkeep_run.change_passphrase(app, **options)


@command()
@name_argument
@click.argument("file", type=paths.Output())
@passphrase.option
@passphrase.new_option
@pass_app
def export(app: App, file: Path, **options: Any) -> None:
    """Write the wallet NAME to FILE for cold storage, under a passphrase of its own.

    FILE must be new.  It has the seed phrase: who opens it owns everything in the wallet.  `wallet import` reads it.
    """
    from prover.cli.trader import walletkeep_run

    walletkeep_run.export(app, file=file, **options)


@command(name="watch-key")
@name_argument
@click.argument("file", type=paths.Output())
@passphrase.option
@passphrase.new_option
@click.option("--reserve", type=click.IntRange(20, MAX_RESERVE), default=RESERVE, show_default=True, metavar="N",
              help="How many addresses above those in use it sees.")  # fmt: skip
@pass_app
def watch_key(app: App, file: Path, **options: Any) -> None:
    """Write a viewing key of the wallet NAME to FILE, under a passphrase of its own.

    `wallet import` makes a watch-only wallet of it: it sees what the wallet receives, holds and spends, now and later,
    and opens terms that are sealed to it.  It can move nothing, and no spending key follows from it.  It cannot be
    taken back.
    """
    from prover.cli.trader import walletkeep_run

    walletkeep_run.watch_key(app, file=file, **options)


@command(name="import")
@name_argument
@click.argument("file", type=paths.Existing())
@passphrase.option
@passphrase.new_option
@pass_app
def import_(app: App, file: Path, **options: Any) -> None:
    """Make the wallet NAME of FILE, which `wallet export` or `wallet watch-key` wrote.

    The passphrase is FILE's; the new one is for the wallet in this home, which must not have one of that name.
    """
    from prover.cli.trader import walletkeep_run

    walletkeep_run.import_(app, file=file, **options)
