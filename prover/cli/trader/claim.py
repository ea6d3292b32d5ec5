"""`zksettle claim …`: what becomes of claims that have expired."""

from typing import Any

import click

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader import once
from prover.cli.trader.move import position_option


@group()
def claim() -> None:
    """Convert claims that have expired."""


@claim.command()
@click.argument("symbol", metavar="CLAIM")
@passphrase.wallet_option
@passphrase.option
@position_option
@once.option
@pass_app
def convert(app: App, **options: Any) -> None:
    """Convert all that an account holds or owes of CLAIM, such as ETH-CALL, into the pool's loan claim.

    The rate was published when CLAIM expired and never changes. Everybody sees that an account converts, and neither
    how much nor in which direction.
    """
    from prover.cli.trader import claim_run

    claim_run.convert(app, **options)
