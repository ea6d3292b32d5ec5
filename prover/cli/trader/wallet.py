"""`zksettle wallet …`: create, restore, show and sync wallets."""

from typing import Any

import click

from prover.cli.frame import passphrase, paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader import once, walletkeep

name_argument = click.argument("name", default="main", envvar="ZKSETTLE_WALLET")


@group()
def wallet() -> None:
    """Create, restore, show and move wallets.  NAME defaults to `main`."""


@wallet.command()
@name_argument
@passphrase.option
@pass_app
def new(app: App, **options: Any) -> None:
    """Create a wallet and show its seed phrase: write it down."""
    from prover.cli.trader import wallet_run

    wallet_run.new(app, **options)


@wallet.command()
@name_argument
@passphrase.option
@click.option(
    "--phrase-file", type=paths.Existing(), metavar="FILE", help="A file whose first line is the seed phrase."
)
@pass_app
def restore(app: App, **options: Any) -> None:
    """Restore a wallet from its seed phrase.

    `wallet sync` then finds on the ledger what it owns.
    """
    from prover.cli.trader import wallet_run

    wallet_run.restore(app, **options)


@wallet.command()
@name_argument
@passphrase.option
@pass_app
def phrase(app: App, **options: Any) -> None:
    """Show the wallet's seed phrase again.  Anybody who sees it owns everything in the wallet."""
    from prover.cli.trader import wallet_run

    wallet_run.show_phrase(app, **options)


@wallet.command()
@name_argument
@passphrase.option
@click.option("--number", type=click.IntRange(min=0), default=0, show_default=True, metavar="N",
              help="Which of the wallet's addresses. Two of them have nothing in common.")  # fmt: skip
@pass_app
def address(app: App, **options: Any) -> None:
    """Show an address at which the wallet is paid.

    Whoever has one of its addresses cannot tell that another is of the same wallet: give each payer one of its own.
    """
    from prover.cli.trader import wallet_run

    wallet_run.show_address(app, **options)


@wallet.command()
@name_argument
@passphrase.option
@pass_app
def show(app: App, **options: Any) -> None:
    """Show what the wallet holds, and its own orders, as of its last sync."""
    from prover.cli.trader import accounts_run

    accounts_run.show_wallet(app, **options)


@wallet.command()
@name_argument
@passphrase.option
@click.option("--rescan", is_flag=True, help="Start over, which finds small accounts again that were only counted.")
@click.option(
    "--accept-older-ledger", is_flag=True,
    help="Keep the wallet file as evidence and start over, although the ledger lost events that the wallet saw.",
)  # fmt: skip
@pass_app
def sync(app: App, **options: Any) -> None:
    """Find what the wallet has received and spent.

    The wallet's key is tried on every new leaf of the ledger.
    """
    from prover.cli.trader import accounts_run

    accounts_run.sync(app, **options)


@wallet.command()
@name_argument
@passphrase.option
@click.option("--accounts", type=click.IntRange(2, 32), default=32, show_default=True, metavar="N",
              help="How many accounts to merge: one proof each.")  # fmt: skip
@once.option
@pass_app
def merge(app: App, **options: Any) -> None:
    """Merge the wallet's smallest accounts into one.

    Accounts that owe something stay apart, and so do those that an open order needs.
    """
    from prover.cli.trader import accounts_run

    accounts_run.merge(app, **options)


@wallet.command()
@name_argument
@passphrase.option
@click.option("--newest", type=click.IntRange(1, 1_000_000), default=20, show_default=True, metavar="N",
              help="How many accounts to show.")  # fmt: skip
@pass_app
def history(app: App, **options: Any) -> None:
    """Show the accounts that the wallet has spent, the newest last."""
    from prover.cli.trader import accounts_run

    accounts_run.show_history(app, **options)


@wallet.command()
@name_argument
@passphrase.option
@click.option("--shock", multiple=True, metavar="ASSET=PERCENT",
              help="Show also what a move would do, such as ETH=-20%. Repeatable.")  # fmt: skip
@click.option("--position", type=click.IntRange(0, (1 << 32) - 1), metavar="N", help="Show this account only.")
@pass_app
def health(app: App, **options: Any) -> None:
    """Show what the wallet's margined accounts are worth, in the worst scenarios too.

    Below the initial margin an account can trade nothing until it is topped up; below maintenance the guardians may
    seize it. Interest and funding are what holding claims has cost the wallet or brought it, moved accounts included.
    """
    from prover.cli.trader import health_run

    health_run.show_health(app, **options)


for moved in (walletkeep.change_passphrase, walletkeep.export, walletkeep.watch_key, walletkeep.import_):
    wallet.add_command(moved)
