"""`zksettle pool …`: create and show a pool."""

from typing import Any

import click

from prover.cli.frame.command import App, group, pass_app


@group()
def pool() -> None:
    """Create a pool with its empty ledger, and show it."""


@pool.command()
@click.option("--name", default="zksettle example pool", show_default=True, metavar="TEXT", help="The pool's name.")
@click.option("--insecure-dev", is_flag=True,
              help="Use development keys, made here by one party, who could forge. The pool says so.")  # fmt: skip
@click.option("--custodian", "custodians", multiple=True, metavar="ASSET=KEY",
              help="Who holds an asset outside, by its `zksettle custodian key`. Default: this machine. Repeatable.")
@click.option("--require-funds", "funds_required", is_flag=True,
              help="Let the board take only orders of accounts that show funds. Default: a full board keeps those.")
@pass_app
def new(app: App, **options: Any) -> None:
    """Create a pool of ten example assets: six that are held, and four claims.

    Its five oracles, three guardians and three governors are created on this machine, which is also the custodian of
    every held asset for which --custodian names no other.  Its keys come from the ceremony that was installed last.
    """
    from prover.cli.pool import pool_run

    pool_run.new(app, **options)


@pool.command()
@pass_app
def show(app: App) -> None:
    """Show the pool: assets and their risk, oracles, limits, keys."""
    from prover.cli.pool import pool_run

    pool_run.show_pool(app)
