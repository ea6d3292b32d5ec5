"""`zksettle rfq …`: ask makers for firm quotes, answer requests, and take quotes."""

from typing import Any

import click

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader.move import position_option
from prover.cli.trader.order import Duration, yes_option

mailbox_option = click.option(
    "--mailbox", "mailboxes", multiple=True, metavar="URL",
    help="A service of the ledger that carries the letters. Repeatable. Default: the carriers of the home.",
)  # fmt: skip


@group()
def rfq() -> None:
    """Ask chosen makers for firm quotes, answer requests, and take quotes."""


@rfq.command()
@click.argument("sizes", nargs=-1, metavar="[AMOUNT]...")
@click.option("--against", multiple=True, metavar="AMOUNT", help="What goes the other way, as in a spread. Repeatable.")
@click.option("--for", "paid_in", metavar="ASSET", help="The asset that it is paid in.")
@click.option("--line", "lines", multiple=True, metavar="LINE",
              help='A part of a structure with a price of its own: "10 ETH, -2 BTC for USDC". Up to 20.')  # fmt: skip
@click.option("--to", "makers", multiple=True, required=True, metavar="[N,N=]ADDRESS",
              help="An address or a contact to ask, about all lines or those numbered. Repeatable.")  # fmt: skip
@click.option("--expires", type=Duration(), default="30s", show_default=True, help="How long answers are wanted.")
@click.option("--wait/--no-wait", "waits", default=True, help="Wait for the answers and show them, or end at once.")
@passphrase.wallet_option
@passphrase.option
@mailbox_option
@pass_app
def ask(app: App, **options: Any) -> None:
    """Ask makers for two-way quotes on AMOUNT, as in: rfq ask "10 ETH" --for USDC --to ADDRESS

    No maker learns whether you mean to buy or to sell, who you are, or who else is asked. Their quotes are firm: each
    is proved, and what you take settles at once.
    """
    from prover.cli.trader import rfq_run

    rfq_run.ask(app, **options)


@rfq.command("list")
@click.argument("request", required=False)
@passphrase.wallet_option
@passphrase.option
@mailbox_option
@pass_app
def list_(app: App, **options: Any) -> None:
    """List requests: those to answer, and your own; or the quotes for one of your own, the best first.

    Of what you quoted it shows what was taken.
    """
    from prover.cli.trader import rfq_run

    rfq_run.show(app, **options)


@rfq.command()
@click.argument("request")
@click.option("--bid", multiple=True, metavar="AMOUNT", help="What you pay for all of it. Repeatable, one per asset.")
@click.option("--offer", multiple=True, metavar="AMOUNT", help="What you ask for all of it. Repeatable, one per asset.")
@click.option("--lines", metavar="N,N", help="Quote these lines only, by number. Default: all together.")
@click.option("--firm", type=Duration(), help="How long the quote is good. Default: about a minute.")
@passphrase.wallet_option
@passphrase.option
@position_option
@click.option("--again", is_flag=True, help="Answer although you did before: both quotes stay good.")
@yes_option
@mailbox_option
@pass_app
def answer(app: App, **options: Any) -> None:
    """Answer REQUEST with a firm quote, as in: rfq answer 4c52 --bid "29900 USDC" --offer "30100 USDC"

    Both sides are proved on one account, and the asker alone can settle one of them, without asking you again. Amounts
    are for all that was asked about; with a minus sign you are paid for a bid, or pay for an offer. Other quotes and
    orders may use the same account: the first that settles voids the others.
    """
    from prover.cli.trader import rfq_run

    rfq_run.answer(app, **options)


@rfq.command()
@click.argument("request")
@click.option("--buy", "side", flag_value="buy", help="Buy what you asked about, at the best offers.")
@click.option("--sell", "side", flag_value="sell", help="Sell what you asked about, at the best bids.")
@click.option("--limit", metavar="AMOUNT", help="Pay at most this, or sell for at least this.")
@passphrase.wallet_option
@passphrase.option
@position_option
@yes_option
@mailbox_option
@pass_app
def take(app: App, **options: Any) -> None:
    """Take the best quotes for REQUEST, all or nothing, as in: rfq take 4c52 --buy --limit "30200 USDC"

    What was asked about as several lines may be put together from several makers: they settle in one bundle. With
    --limit you are asked only if your account would owe something. A request is taken once: repeated, the command
    reports the same settlement.
    """
    from prover.cli.trader import rfq_run

    rfq_run.take(app, **options)
