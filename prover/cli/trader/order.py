"""`zksettle order …`: place, list, show, take, refresh, withdraw and cancel shielded orders."""

from typing import Any

import click

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader import once
from prover.cli.trader.move import position_option
from prover.trader import durations
from zk.errors import FormatError


class Duration(click.ParamType):
    """A length of time such as 90s, 30m, 12h or 7d."""

    name = "duration"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            durations.parse_ms(str(value))
        except FormatError as error:
            self.fail(str(error), param, ctx)
        return value


order_argument = click.argument("order_id", metavar="ORDER")
"""An order's id or its first digits."""

yes_option = click.option("--yes", "is_agreed", is_flag=True, help="Agree without being asked.")


@group()
def order() -> None:
    """Place, list, show, take, refresh, withdraw and cancel shielded orders."""


@order.command()
@click.option("--sell", multiple=True, metavar="AMOUNT", help='What to sell, such as "3000 USDC". Repeatable.')
@click.option("--buy", multiple=True, metavar="AMOUNT", help='What to buy, such as "1 ETH". Repeatable.')
@click.option("--to", "readers", multiple=True, metavar="ADDRESS|everybody",
              help="Who may read and take it: an address, repeatable, or the word everybody.")  # fmt: skip
@click.option("--expires", type=Duration(), default="1h", show_default=True, help="How long the order stays open.")
@passphrase.wallet_option
@passphrase.option
@position_option
@click.option("--no-funds", "shows_funds", is_flag=True, flag_value=False, default=True,
              help="Do not show that the account holds what the pool's board asks.")  # fmt: skip
@click.option("--fee", "pays_fee", is_flag=True,
              help="Pay the board's fee instead of showing funds, out of another account.")  # fmt: skip
@once.option
@yes_option
@pass_app
def place(app: App, **options: Any) -> None:
    """Prove an order and put it on the board.

    --to says who can read what it sells and buys. An order to everybody, and one that makes the account owe something,
    which needs margin, must be agreed to. An account that owes nothing and holds what the pool's board asks shows that,
    and no more about it: a full board keeps such orders.
    """
    from prover.cli.trader import order_run

    order_run.place(app, **options)


@order.command("list")
@pass_app
def list_(app: App) -> None:
    """List the board as the public sees it."""
    from prover.cli.trader import order_run

    order_run.show_board(app)


@order.command()
@order_argument
@click.option(
    "--wallet", "wallet_name", metavar="NAME", envvar="ZKSETTLE_WALLET", help="Open the terms with this wallet."
)
@passphrase.option
@pass_app
def show(app: App, **options: Any) -> None:
    """Show one order as the public sees it.

    With --wallet, also show its terms if that wallet placed the order or can open them.
    """
    from prover.cli.trader import order_run

    order_run.show_order(app, **options)


@order.command()
@order_argument
@click.option("--sell", multiple=True, metavar="AMOUNT", help="What you give. Repeatable.")
@click.option("--buy", multiple=True, metavar="AMOUNT", help="What you receive. Repeatable.")
@passphrase.wallet_option
@passphrase.option
@position_option
@once.option
@yes_option
@pass_app
def take(app: App, **options: Any) -> None:
    """Take an order whole: prove the other side and settle both at once.

    Shows your side of the trade and asks. With --sell and --buy the order must have exactly these terms, and you are
    asked only if your account would owe something.

    ORDER must be the whole id: the id of another order, with other terms, may begin with the same digits.
    """
    from prover.cli.trader import order_run

    order_run.take(app, **options)


@order.command()
@order_argument
@passphrase.wallet_option
@passphrase.option
@once.option
@pass_app
def cancel(app: App, **options: Any) -> None:
    """Void one of the wallet's orders by moving its account.

    It cannot settle any more then, whoever has a copy. It costs a proof, and the pool's fee if there is one; `order
    withdraw` costs neither, and takes the order off the board only.
    """
    from prover.cli.trader import order_run

    order_run.cancel(app, **options)


@order.command()
@order_argument
@passphrase.wallet_option
@passphrase.option
@pass_app
def withdraw(app: App, **options: Any) -> None:
    """Take one of the wallet's orders off the board, at once and without a proof.

    Nobody finds it there any more, and whoever asks for it is told why. But whoever copied it before can still settle
    it, until it expires: only `order cancel`, or anything else that moves its account, ends it.
    """
    from prover.cli.trader import order_run

    order_run.withdraw(app, **options)


@order.command()
@order_argument
@passphrase.wallet_option
@passphrase.option
@pass_app
def refresh(app: App, **options: Any) -> None:
    """Prove the margin of one of the wallet's orders again, at the newest prices.

    Nothing else of the order changes. An order of a cash account needs no margin and stays as it is.
    """
    from prover.cli.trader import refresh_run

    refresh_run.refresh(app, **options)


@order.command()
@passphrase.wallet_option
@passphrase.option
@pass_app
def keep(app: App, **options: Any) -> None:
    """Keep the wallet's orders fresh, epoch after epoch, until you interrupt it.

    The wallet may be used meanwhile: orders that it places are kept fresh too.
    """
    from prover.cli.trader import refresh_run

    refresh_run.keep(app, **options)
