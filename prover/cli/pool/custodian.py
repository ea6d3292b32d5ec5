"""`zksettle custodian …`: attest what is paid in and out."""

from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app


@group()
def custodian() -> None:
    """Attest what is paid in and out, as who holds assets outside for a pool.

    The key in this home must be the one that the pool names: `zksettle pool show` lists the custodians.
    """


@custodian.command()
@click.option("--new", is_flag=True, help="Make the key, when there is none.")
@pass_app
def key(app: App, **options: Any) -> None:
    """Show the public key, for `zksettle pool new --custodian ASSET=KEY`."""
    from prover.cli.pool import ownkey_run

    ownkey_run.custodian(app, **options)


@custodian.command()
@click.argument("request_file", metavar="REQUEST", type=paths.Existing())
@click.option("-o", "--output", type=paths.Output(), metavar="FILE", help="Where to write it. Default: REQUEST itself.")
@click.option("--submit", "is_submitted", is_flag=True, help="Settle it too, when it has all its signatures.")
@click.option("--yes", "is_agreed", is_flag=True, help="Do not ask.")
@pass_app
def sign(app: App, request_file: Path, **options: Any) -> None:
    """Sign the request of a deposit or withdrawal.

    Shows what would be signed, and asks.  A request that could not settle now is refused with exit code 1.  Sign a
    deposit when the money has arrived; pay a withdrawal when `zksettle custodian status` lists it.
    """
    from prover.cli.pool import custodian_run

    custodian_run.sign(app, request_file, **options)


@custodian.command()
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True,
              help="How many payments, newest last.")  # fmt: skip
@pass_app
def status(app: App, **options: Any) -> None:
    """Show what is held for the ledger, and the payments in and out that have settled."""
    from prover.cli.pool import custodian_run

    custodian_run.status(app, **options)
