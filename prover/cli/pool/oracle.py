"""`zksettle oracle publish`: publish prices and the risk grids that follow from them."""

from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app


@group()
def oracle() -> None:
    """Publish prices as the pool's oracles.

    Their keys are on the machine that created the pool.
    """


@oracle.command()
@click.option("--price", "prices", multiple=True, metavar="ASSET=PRICE", help="Such as ETH=3050.25. Repeatable.")
@click.option("--volatility", "volatilities", multiple=True, metavar="ASSET=PERCENT",
              help="A risk factor's over a day, an option's over a year: ETH=3.5%. Repeatable.")  # fmt: skip
@click.option("--prices", "prices_file", type=paths.Existing(), metavar="FILE",
              help='A JSON file such as {"ETH": "3050.25", "BTC": "94100"}.')  # fmt: skip
@pass_app
def publish(app: App, **options: Any) -> None:
    """Sign prices and publish the grids of the next epoch.

    An asset that is not named keeps its price and its volatility, and a perpetual moves with its underlying; before the
    first epoch these are examples, not the market's. An option's price follows from its underlying's and its
    volatility, a loan's from the interest.
    """
    from prover.cli.pool import oracle_run

    oracle_run.publish(app, **options)
