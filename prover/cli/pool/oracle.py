"""`zksettle oracle …`: sign prices, and publish them with the risk grids that follow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app


@group()
def oracle() -> None:
    """Publish prices as the pool's oracles.

    Their keys are on the machine that created the pool, or each is on its own: then every oracle signs quotes, and
    anybody publishes those of enough of them, all of one minute.
    """


_observed = (
    click.option("--price", "prices", multiple=True, metavar="ASSET=PRICE",
                 help="Such as ETH=3050.25; none for a claim without a price, which is then suspended. Repeatable."),
    click.option("--volatility", "volatilities", multiple=True, metavar="ASSET=PERCENT",
                 help="A risk factor's over a day, an option's over a year: ETH=3.5%. Repeatable."),
    click.option("--prices", "prices_file", type=paths.Existing(), metavar="FILE",
                 help='A JSON file such as {"ETH": "3050.25", "BTC": "94100"}.'),
)  # fmt: skip


def _observed_options(function: Callable) -> Callable:
    for option in reversed(_observed):
        function = option(function)
    return function


@oracle.command()
@click.option("--new", is_flag=True, help="Make the key, when there is none.")
@pass_app
def key(app: App, **options: Any) -> None:
    """Show your own public key, for `zksettle pool new --oracle KEY`.

    Its secret stays on this machine.
    """
    from prover.cli.pool import ownkey_run

    ownkey_run.oracle(app, **options)


@oracle.command()
@click.argument("file", type=paths.Output())
@_observed_options
@pass_app
def quote(app: App, file: Path, **options: Any) -> None:
    """Sign prices for the next epoch, and write these quotes to FILE.

    An asset that is not named keeps its price and its volatility.  The quotes are good for a minute.
    """
    from prover.cli.pool import oracle_run

    oracle_run.quote(app, file, **options)


@oracle.command()
@_observed_options
@click.option("--quotes", "quote_files", multiple=True, type=paths.Existing(), metavar="FILE",
              help="What an oracle signed with `oracle quote`. Repeatable; then nothing is signed here.")  # fmt: skip
@pass_app
def publish(app: App, **options: Any) -> None:
    """Sign prices and publish the grids of the next epoch.

    An asset that is not named keeps its price and its volatility, and a perpetual moves with its underlying; before the
    first epoch these are examples, not the market's. An option's price follows from its underlying's and its
    volatility, a loan's from the interest.
    """
    from prover.cli.pool import oracle_run

    oracle_run.publish(app, **options)
