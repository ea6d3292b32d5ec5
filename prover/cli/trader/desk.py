"""`zksettle desk …`: a desk that quotes by itself, as its DESK.toml says."""

from typing import Any

import click

from prover.cli.frame import passphrase, paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader.rfq import mailbox_option

_config = click.argument("config", type=paths.Existing(), metavar="DESK.toml")


@group()
def desk() -> None:
    """Run a desk that quotes by itself, see what it does, and stop it."""


@desk.command()
@click.argument("config", type=paths.Output(), metavar="[DESK.toml]", default="DESK.toml")
@pass_app
def init(app: App, **options: Any) -> None:
    """Write a DESK.toml to begin with, which says what each setting means, as in: desk init DESK.toml

    It is for the assets and the prices of the home's pool. A file that is there is left alone.
    """
    from prover.cli.trader import desk_init_run

    desk_init_run.init(app, **options)


@desk.command()
@_config
@passphrase.wallet_option
@passphrase.option
@mailbox_option
@pass_app
def run(app: App, **options: Any) -> None:
    """Run a desk until a signal ends it, as in: desk run DESK.toml --passphrase-file FILE

    It answers requests for quote, keeps the quotes of its strategies on the board, proves their margins again when
    prices are published, and stays within its limits. The journal says why it did what. SIGTERM and Ctrl-C end it after
    the round that it is in; its quotes stay on the board until they expire: `desk stop --cancel-all` voids them. Killed
    at any moment, it goes on where it was when it is started again.
    """
    from prover.cli.trader import desk_run

    desk_run.run(app, **options)


@desk.command()
@_config
@passphrase.wallet_option
@passphrase.option
@pass_app
def check(app: App, **options: Any) -> None:
    """Say what a desk would do now, and change nothing, as in: desk check DESK.toml

    It works on a copy of the wallet, so it may be asked while the desk runs.
    """
    from prover.cli.trader import desk_check_run

    desk_check_run.check(app, **options)


@desk.command()
@passphrase.wallet_option
@pass_app
def status(app: App, **options: Any) -> None:
    """Show whether the wallet's desk runs, how it is, and what it has on the board, as in: desk status --wallet maker

    Needs no passphrase. Ends with 1 when no desk runs.
    """
    from prover.cli.trader import desk_show_run

    desk_show_run.status(app, **options)


@desk.command()
@click.option("--cancel-all", "cancels_all", is_flag=True,
              help="Then move every account, so that nothing that the wallet ever offered can be taken.")  # fmt: skip
@click.option("--patience", type=click.IntRange(1, 600), default=20, show_default=True, metavar="SECONDS",
              help="How long the desk may take for its last round. With --cancel-all it is killed then.")  # fmt: skip
@passphrase.wallet_option
@passphrase.option
@pass_app
def stop(app: App, **options: Any) -> None:
    """Stop the wallet's desk, as in: desk stop --cancel-all

    With --cancel-all it is a kill switch: every account moves, up to 32 in one bundle, and whatever they had offered is
    void. It needs the wallet alone, and so works when the desk hangs or is dead. Without it, the quotes of the desk
    stay on the board until they expire.
    """
    from prover.cli.trader import desk_run

    desk_run.stop(app, **options)


@desk.command()
@click.option("--since", metavar="TIME", help="From this time on, in UTC, or so long ago: 2026-11-22 14:30, or 2h.")
@click.option("--event", "events", multiple=True, metavar="EVENT", help="These events only, such as taken. Repeatable.")
@passphrase.wallet_option
@pass_app
def journal(app: App, **options: Any) -> None:
    """Show what the wallet's desk decided, and why, as in: desk journal --since 2h --event taken"""
    from prover.cli.trader import desk_show_run

    desk_show_run.journal(app, **options)
