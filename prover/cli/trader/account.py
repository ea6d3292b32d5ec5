"""`zksettle account …`: divide an account into several."""

from typing import Any

import click

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader import once
from prover.cli.trader.move import position_option


@group()
def account() -> None:
    """Divide accounts; `wallet merge` is the opposite."""


@account.command()
@click.option("--accounts", type=click.IntRange(2, 32), metavar="N", help="Divide all that it has into N equal ones.")
@click.option("--part", "parts", multiple=True, metavar="AMOUNT",
              help='Move this into an account of its own, such as "2 ETH 100 USDC". Repeatable.')  # fmt: skip
@passphrase.wallet_option
@passphrase.option
@position_option
@once.option
@pass_app
def split(app: App, **options: Any) -> None:
    """Divide one account of a wallet into several, in one bundle.

    An order that can be taken in parts needs an account for each of its lots; `order place --lots` splits by itself.
    The parts of an account that owes something have their share of it, and each needs margin of its own.

    Example: zksettle account split --accounts 8 --wallet alice
    """
    from prover.cli.trader import lots_run

    lots_run.split(app, **options)
