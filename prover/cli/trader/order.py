"""`zksettle order …`: place, list, show, take, sweep, refresh, withdraw and cancel shielded orders."""

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
"""An order's id or its first digits; where it says so, also those of an order in lots."""

readers_option = click.option(
    "--to", "readers", multiple=True, metavar="ADDRESS|NAME|everybody",
    help="Who may read and take it: an address or a contact, repeatable, or the word everybody.",
)  # fmt: skip

until_option = click.option(
    "--until", metavar="TIME|cancelled",
    help='Instead of --expires: a time in UTC, such as "2026-11-22 17:30", or until it is cancelled.',
)  # fmt: skip

yes_option = click.option("--yes", "is_agreed", is_flag=True, help="Agree without being asked.")


@group()
def order() -> None:
    """Place, list, show, take, sweep, replace, keep, withdraw and cancel shielded orders."""


@order.command()
@click.option("--sell", multiple=True, metavar="AMOUNT", help='What to sell, such as "3000 USDC". Repeatable.')
@click.option("--buy", multiple=True, metavar="AMOUNT", help='What to buy, such as "1 ETH". Repeatable.')
@readers_option
@click.option("--expires", type=Duration(), help="How long the order stays open.  [default: 1h]")
@until_option
@passphrase.wallet_option
@passphrase.option
@position_option
@click.option("--no-funds", "shows_funds", is_flag=True, flag_value=False, default=True,
              help="Do not show that the account holds what the pool's board asks.")  # fmt: skip
@click.option("--fee", "pays_fee", is_flag=True,
              help="Pay the board's fee instead of showing funds, out of another account.")  # fmt: skip
@click.option("--lots", type=click.IntRange(2, 31), metavar="N",
              help="Divide it into N lots, which can be taken apart from each other.")  # fmt: skip
@click.option("--minimum", metavar="AMOUNT",
              help="Divide it into lots, none smaller than this: the least that can be taken.")  # fmt: skip
@once.option
@yes_option
@pass_app
def place(app: App, **options: Any) -> None:
    """Prove an order and put it on the board.

    --to says who can read what it sells and buys. An order to everybody, and one that makes the account owe something,
    which needs margin, must be agreed to. An account that owes nothing and holds what the pool's board asks shows that,
    and no more about it: a full board keeps such orders.

    With --lots or --minimum it is a set of orders, each on an account of its own, which is split off if there is none.
    Each lot is taken whole or not at all. Only who can read them sees that they belong together: `order list --wallet`.

    With --until cancelled it is good until then as long as `zksettle order keep`, or a desk, runs at least once a day:
    no order is good for longer than 30 days, so it is placed anew on the same account before it expires.

    Example: zksettle order place --sell "8 ETH" --buy "24000 USDC" --lots 8 --to bob --wallet alice
    """
    from prover.cli.trader import order_run

    order_run.place(app, **options)


@order.command("list")
@click.option("--wallet", "wallet_name", metavar="NAME", help="List what this wallet can take, with its terms.")
@passphrase.option
@pass_app
def list_(app: App, **options: Any) -> None:
    """List the board as the public sees it.

    With --wallet, the orders that the wallet can read: what is left of each, and its lots as one order.
    """
    from prover.cli.trader import order_run

    order_run.show_board(app, **options)


@order.command()
@click.option("--again", is_flag=True, help="Send again now what some carrier lacks, without waiting until it is due.")
@passphrase.wallet_option
@passphrase.option
@pass_app
def sent(app: App, **options: Any) -> None:
    """Show what the wallet has sent over carriers, and what became of it.

    Sent: nobody has taken it yet. Carried: by so many carriers, of which each relay counts. What is not carried is sent
    again by every command that opens the wallet, until it expires.

    Such as: zksettle order sent --wallet alice --again
    """
    from prover.cli.trader import sent_run

    sent_run.show(app, **options)


@order.command()
@order_argument
@click.option(
    "--wallet", "wallet_name", metavar="NAME", envvar="ZKSETTLE_WALLET", help="Open the terms with this wallet."
)
@passphrase.option
@pass_app
def show(app: App, **options: Any) -> None:
    """Show one order as the public sees it.

    With --wallet, also show its terms if that wallet placed the order or can open them, and what is left of the order
    that it is a lot of.
    """
    from prover.cli.trader import order_run

    order_run.show_order(app, **options)


@order.command()
@order_argument
@click.option("--sell", multiple=True, metavar="AMOUNT", help="What you give. Repeatable.")
@click.option("--buy", multiple=True, metavar="AMOUNT", help="What you receive. Repeatable.")
@click.option("--amount", metavar="AMOUNT", help="Take lots of it, at most this much, such as \"4 ETH\".")
@click.option("--minimum", metavar="AMOUNT", help="With --amount: take at least this much, or nothing.")
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

    With --amount it takes the lots that come nearest to that, of the order that ORDER is a lot of, at its price. If
    somebody else takes one of them meanwhile, it is done again with those that are left.

    ORDER must be the whole id: the id of another order, with other terms, may begin with the same digits.
    """
    from prover.cli.trader import order_run

    order_run.take(app, **options)


@order.command()
@click.option("--buy", metavar="AMOUNT", help='What to buy, such as "4 ETH".')
@click.option("--sell", metavar="AMOUNT", help='What to sell, such as "4 ETH".')
@click.option("--for", "unit", required=True, metavar="ASSET", help="The asset to pay in, or to be paid in.")
@click.option("--limit", required=True, metavar="PRICE", help="The worst price of a whole unit, such as 3010.5.")
@click.option("--minimum", metavar="AMOUNT", help="Trade at least this much, or nothing.")
@passphrase.wallet_option
@passphrase.option
@position_option
@once.option
@yes_option
@pass_app
def sweep(app: App, **options: Any) -> None:
    """Take orders and lots of several makers in one bundle, the best price first and none beyond the limit.

    Of orders at the same price the oldest comes first. At most 31 lots are taken; what is left over is said. You are
    asked only if your account would owe something, because the limit says what you agree to.

    Example: zksettle order sweep --buy "4 ETH" --for USDC --limit 3010 --wallet bob
    """
    from prover.cli.trader import lots_run

    lots_run.sweep(app, **options)


@order.command()
@order_argument
@passphrase.wallet_option
@passphrase.option
@once.option
@pass_app
def cancel(app: App, **options: Any) -> None:
    """Void one of the wallet's orders by moving its account, or all lots of one in one bundle.

    It cannot settle any more then, whoever has a copy. It costs a proof, and the pool's fee if there is one; `order
    withdraw` costs neither, and takes the order off the board only. ORDER may be the id of an order in lots.
    """
    from prover.cli.trader import order_run

    order_run.cancel(app, **options)


@order.command()
@order_argument
@passphrase.wallet_option
@passphrase.option
@pass_app
def withdraw(app: App, **options: Any) -> None:
    """Take one of the wallet's orders, or all lots of one, off the board, at once and without a proof.

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
    """Prove the margin of one of the wallet's orders, or of all lots of one, again, at the newest prices.

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

    Those that were placed --until cancelled are placed anew before they expire.

    The wallet may be used meanwhile: orders that it places are kept fresh too.
    """
    from prover.cli.trader import refresh_run

    refresh_run.keep(app, **options)
