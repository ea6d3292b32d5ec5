"""`zksettle order replace|oco|history`: what becomes of orders after they are placed."""

from typing import Any

import click

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, pass_app
from prover.cli.trader import once
from prover.cli.trader.move import position_option
from prover.cli.trader.order import Duration, order, order_argument, readers_option, until_option, yes_option


@order.command()
@order_argument
@click.option("--sell", multiple=True, metavar="AMOUNT", help="What to sell now. Repeatable. Default: as it is.")
@click.option("--buy", multiple=True, metavar="AMOUNT", help="What to buy now. Repeatable. Default: as it is.")
@readers_option
@click.option("--expires", type=Duration(), help="How long the new order stays open.  [default: 1h]")
@until_option
@click.option("--same-account", is_flag=True,
              help="Leave the account where it is: the old order is off the board then, and not void.")  # fmt: skip
@passphrase.wallet_option
@passphrase.option
@click.option("--no-funds", "shows_funds", is_flag=True, flag_value=False, default=True,
              help="Do not show that the account holds what the pool's board asks.")  # fmt: skip
@yes_option
@pass_app
def replace(app: App, **options: Any) -> None:
    """Replace one of the wallet's orders: at another price, of another size, for others, or for longer.

    Its account moves first, so that nobody can settle the old order any more; that costs a proof and the pool's fee. If
    the new order is refused then, nothing stands, and the same command, repeated, tries again.

    Of an order in lots, all that is left is replaced by as many lots, whose accounts move in one bundle.

    With --same-account both spend the same account: one of them settles at most, and until the old one expires whoever
    copied it may settle that one instead.

    Example: zksettle order replace 4c529e7c --buy "25000 USDC" --wallet alice
    """
    from prover.cli.trader import orderlife_run

    orderlife_run.replace(app, **options)


@order.command()
@click.argument("orders", nargs=-1, required=True, metavar='"AMOUNT for AMOUNT"...')
@readers_option
@click.option("--expires", type=Duration(), help="How long the orders stay open.  [default: 1h]")
@until_option
@passphrase.wallet_option
@passphrase.option
@position_option
@click.option("--no-funds", "shows_funds", is_flag=True, flag_value=False, default=True,
              help="Do not show that the account holds what the pool's board asks.")  # fmt: skip
@once.option
@yes_option
@pass_app
def oco(app: App, **options: Any) -> None:
    """One cancels the other: place 2 to 8 orders, of which one settles at most.

    Each sells what stands before "for" and buys what stands after it. All of them spend the same account, so the ledger
    refuses the others as soon as one has settled: nobody has to watch for that. `order cancel` of one voids all.

    Example: zksettle order oco "1 ETH for 3200 USDC" "1 ETH for 0.05 BTC" --to bob --wallet alice
    """
    from prover.cli.trader import orderlife_run

    orderlife_run.oco(app, **options)


@order.command()
@click.option("--open", "only_open", is_flag=True, help="Only those that are not over.")
@passphrase.wallet_option
@passphrase.option
@pass_app
def history(app: App, **options: Any) -> None:
    """List the wallet's orders, the newest first, with those who could read them, and what became of each.

    A wallet that was restored from its phrase does not know of orders that it placed before and that were not taken.

    Example: zksettle order history --wallet alice
    """
    from prover.cli.trader import orderlife_run

    orderlife_run.history(app, **options)
