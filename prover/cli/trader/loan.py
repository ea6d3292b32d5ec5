"""`zksettle loan …`: lend and borrow the numeraire against the loan claim."""

from typing import Any

import click

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader import once
from prover.cli.trader.move import position_option
from prover.cli.trader.order import Duration, order_argument, yes_option

amount_argument = click.argument("amount", nargs=-1, metavar="[AMOUNT]")


@group()
def loan() -> None:
    """Lend and borrow: offer and take loans on the board, and pay them back through the pot.

    A loan is a claim of its own, dUSDC in the example pool, whose price grows with interest. The borrower owes it on
    margin; the lender holds it, and may sell it.
    """


@loan.command()
@click.argument("amount", nargs=-1, required=True, metavar="AMOUNT")
@click.option("--for", "claim", metavar="AMOUNT",
              help='The loan claim to get for it, such as "1010 dUSDC". Default: what it is worth now.')  # fmt: skip
@click.option("--to", "readers", multiple=True, metavar="ADDRESS|NAME|everybody",
              help="Who may read and take it: an address or a contact, repeatable, or the word everybody.")  # fmt: skip
@click.option("--expires", type=Duration(), default="1h", show_default=True, help="How long the offer stays open.")
@passphrase.wallet_option
@passphrase.option
@position_option
@once.option
@yes_option
@pass_app
def offer(app: App, **options: Any) -> None:
    """Offer to lend AMOUNT, such as 1000 USDC: an order on the board that sells it for the loan claim."""
    from prover.cli.trader import loan_run

    loan_run.offer(app, **options)


@loan.command()
@order_argument
@passphrase.wallet_option
@passphrase.option
@position_option
@once.option
@yes_option
@pass_app
def take(app: App, **options: Any) -> None:
    """Take an offered loan: the account gets the dollars, and owes the loan claim on margin.

    ORDER must be the whole id. An order that is no loan is refused.
    """
    from prover.cli.trader import loan_run

    loan_run.take(app, **options)


@loan.command()
@amount_argument
@passphrase.wallet_option
@passphrase.option
@position_option
@once.option
@pass_app
def repay(app: App, **options: Any) -> None:
    """Pay AMOUNT of a loan back into the pot, or all that the account owes.

    AMOUNT is of the loan claim or of the numeraire; the other follows from the newest prices. Everybody sees both.
    """
    from prover.cli.trader import loan_run

    loan_run.repay(app, **options)


@loan.command()
@amount_argument
@passphrase.wallet_option
@passphrase.option
@position_option
@once.option
@pass_app
def redeem(app: App, **options: Any) -> None:
    """Give AMOUNT of the loan claim to the pot for numeraire, or all, as far as the pot's numeraire goes.

    AMOUNT is of the loan claim or of the numeraire; the other follows from the newest prices. Everybody sees both.
    """
    from prover.cli.trader import loan_run

    loan_run.redeem(app, **options)
