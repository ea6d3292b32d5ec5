"""`zksettle viewing …`: what shows somebody one account of a wallet in one period, and nothing else."""

from typing import Any

import click

from prover.cli.frame import passphrase, paths
from prover.cli.frame.command import App, group, pass_app

wallet_option = click.option(
    "--wallet", "name", default="main", envvar="ZKSETTLE_WALLET", show_default=True, metavar="NAME",
    help="The wallet.",
)  # fmt: skip


@group()
def viewing() -> None:
    """Show somebody one account of a wallet in one period, and nothing else.

    A viewing key that was given cannot be taken back.  To show less from now on, let the next address receive:
    `zksettle wallet address --number N`.  To show all of a wallet, now and later, give `zksettle wallet watch-key`.
    """


@viewing.command()
@wallet_option
@click.option("--account", "index", type=click.IntRange(0, 4095), default=0, show_default=True, metavar="N",
              help="The account of this address of the wallet's.")  # fmt: skip
@click.option("--from", "since", required=True, metavar="TIME", help="In UTC, such as 2026-10-01.")
@click.option("--to", "until", required=True, metavar="TIME", help="Not later than now.")
@click.option("--for", "reader", required=True, metavar="TEXT", help="Who gets it: a line, which the wallet records.")
@click.option("-o", "--output", type=paths.Output(), metavar="FILE", required=True, help="The file to write.")
@passphrase.option
@pass_app
def grant(app: App, **options: Any) -> None:
    """Write a viewing key of one account for a period that is over.

    Whoever gets FILE sees what the account held in the period and when it moved, checks all of it on the ledger, and
    sees when the states end that it ends the period with: of what follows them, nothing.  It has no key of the wallet.
    The wallet records for whom it was made.  It takes one proof for each state that owes nothing.

    Example: zksettle viewing grant --from 2026-07-01 --to 2026-10-01 --for "the auditor, third quarter" -o FILE
    """
    from prover.cli.trader import viewing_run

    viewing_run.grant(app, **options)


@viewing.command(name="list")
@wallet_option
@passphrase.option
@pass_app
def list_(app: App, **options: Any) -> None:
    """List the viewing keys that the wallet has given: to whom, of what, and when.

    Example: zksettle viewing list --wallet main
    """
    from prover.cli.trader import viewing_run

    viewing_run.show_grants(app, **options)


@viewing.command()
@click.argument("file", metavar="FILE", type=paths.Existing())
@pass_app
def read(app: App, **options: Any) -> None:
    """Check a viewing key against the ledger here, and show what it shows; it asks nobody.

    It says whether a state is missing between those in the file.  It cannot say whether the account had another
    beginning, such as a payment that the file leaves out.  Example: zksettle viewing read FILE
    """
    from prover.cli.trader import viewing_run

    viewing_run.read(app, **options)
