"""`zksettle order stop …`: what a desk does once a published price is at or beyond a trigger."""

from typing import Any

import click

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, pass_app
from prover.cli.trader.order import Duration, order


@order.group()
def stop() -> None:
    """Stop orders: trade once a published price is at or beyond a trigger.

    A stop needs somebody who watches: it acts while `zksettle desk run` runs with this wallet, and sleeps while not. No
    ledger, board or counterparty knows of it. It watches what the pool's oracles publish, acts once, and never beyond
    its limit; stops may be added and removed while the desk runs.
    """


@stop.command()
@click.argument("watched", metavar="ASSET")
@click.option("--above", metavar="PRICE", help="Act when ASSET is published at this price or above.")
@click.option("--below", metavar="PRICE", help="Act when ASSET is published at this price or below.")
@click.option("--sell", metavar="AMOUNT", help='What to sell then, such as "4 ETH".')
@click.option("--buy", metavar="AMOUNT", help='What to buy then, such as "4 ETH".')
@click.option("--for", "unit", required=True, metavar="ASSET", help="The asset to pay in, or to be paid in.")
@click.option("--limit", required=True, metavar="PRICE", help="The worst price of a whole unit, such as 2850.")
@click.option("--minimum", metavar="AMOUNT", help="Take at least this much, or wait. Default: what there is.")
@click.option("--to", "readers", multiple=True, metavar="ADDRESS|NAME|everybody",
              help="Place an order at the limit, for these, instead of taking from the board. Repeatable.")  # fmt: skip
@click.option("--expires", type=Duration(), default="1h", show_default=True, help="With --to: the life of the order.")
@click.option("--until", metavar="TIME", help="Do nothing from this time on: in UTC, or a length of time.")
@click.option("--may-owe", is_flag=True, help="Agree that the account may owe more by it.")
@passphrase.wallet_option
@passphrase.option
@pass_app
def add(app: App, **options: Any) -> None:
    """Add a stop: when ASSET is published at or beyond a price, sell or buy, at a limit.

    It takes from the board what the limit allows, once, as `order sweep` does; if there is nothing yet, it waits.
    With --to it places an order at the limit instead.

    Example: zksettle order stop add ETH --below 2900 --sell "4 ETH" --for USDC --limit 2850 --wallet alice
    """
    from prover.cli.trader import stop_run

    stop_run.add(app, **options)


@stop.command("list")
@passphrase.wallet_option
@passphrase.option
@pass_app
def list_(app: App, **options: Any) -> None:
    """List the wallet's stops, with what they did, or what keeps them from acting.

    Example: zksettle order stop list --wallet alice
    """
    from prover.cli.trader import stop_run

    stop_run.show(app, **options)


@stop.command()
@click.argument("stop_id", metavar="STOP")
@passphrase.wallet_option
@passphrase.option
@pass_app
def remove(app: App, **options: Any) -> None:
    """Remove a stop. What it did before, or is doing at this moment, stays done.

    Example: zksettle order stop remove 0a1b2c3d --wallet alice
    """
    from prover.cli.trader import stop_run

    stop_run.remove(app, **options)
