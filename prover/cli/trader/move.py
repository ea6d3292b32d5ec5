"""`zksettle deposit`, `withdraw` and `pay`."""

from collections.abc import Callable
from typing import Any

import click

from prover.cli.frame import passphrase, paths
from prover.cli.frame.command import App, command, pass_app
from prover.cli.trader import once

position_option = click.option(
    "--position", type=click.IntRange(0, (1 << 32) - 1), metavar="N",
    help="The position of the account to move. Default: the one that fits best.",
)  # fmt: skip


def moves_amount(function: Callable) -> Callable:
    """Adds the parameters of every command that moves an amount."""
    for decorate in (once.option, position_option, passphrase.option, passphrase.wallet_option):
        function = decorate(function)
    return click.argument("amount", nargs=-1, required=True, metavar="AMOUNT")(function)


def party_option(text: str) -> Callable:
    """Adds --party, the payer or the receiver outside the ledger."""
    return click.option("--party", default="bank", show_default=True, metavar="TEXT", help=text)


def passes_custody(function: Callable) -> Callable:
    """Adds the parameters of what the custodian of the asset must sign."""
    for decorate in (
        click.option("--expires", metavar="TIME", help="With --request: how long it holds, such as 12h. Default: 7d."),
        click.option("--request", "request_file", type=paths.Output(), metavar="FILE",
                     help="Write a request for the custodian to sign, instead of settling."),
        click.option("--reference", metavar="TEXT",
                     help="The payment's reference outside, which counts once. Public. Default: a random one."),
    ):  # fmt: skip
        function = decorate(function)
    return function


@command()
@moves_amount
@party_option("Who pays it in. Public on the ledger.")
@passes_custody
@click.option("--top-up", is_flag=True, help="Add it to the margined account, whatever its margin.")
@pass_app
def deposit(app: App, **options: Any) -> None:
    """Take AMOUNT, such as 1500.25 USDC, into an account of a wallet.

    The asset's custodian must sign it. Where its key is on this machine, it signs by itself; elsewhere write a request.

    With --top-up it goes into the margined account, which needs no margin for that: it works when the margin does not
    suffice any more, and while the pool takes nothing else. An address is topped up four times at most before the next
    prices are published.
    """
    from prover.cli.trader import move_run

    move_run.deposit(app, **options)


@command()
@moves_amount
@party_option("Who is paid. Public on the ledger.")
@passes_custody
@pass_app
def withdraw(app: App, **options: Any) -> None:
    """Pay AMOUNT out to a party outside the ledger.

    The asset's custodian must sign it, as for a deposit.
    """
    from prover.cli.trader import move_run

    move_run.withdraw(app, **options)


@command(name="top-up")
@moves_amount
@click.option("--from", "from_position", type=click.IntRange(0, (1 << 32) - 1), metavar="N",
              help="The position of the cash account to take it from. Default: the one that fits best.")  # fmt: skip
@pass_app
def top_up(app: App, **options: Any) -> None:
    """Move AMOUNT from a cash account of the wallet into its margined account.

    It needs no margin, so that it cures a breach; --position names the margined account where there are several. An
    address is topped up four times at most before the next prices are published.
    """
    from prover.cli.trader import move_run

    move_run.top_up(app, **options)


@command()
@moves_amount
@click.option("--to", "receiver", required=True, metavar="ADDRESS",
              help="The receiver's address, zks1…, or a contact.")  # fmt: skip
@pass_app
def pay(app: App, **options: Any) -> None:
    """Pay AMOUNT to an ADDRESS or a contact, whose owner may be offline.

    Example: zksettle pay "100 USDC" --to bob --wallet alice
    """
    from prover.cli.trader import move_run

    move_run.pay(app, **options)
