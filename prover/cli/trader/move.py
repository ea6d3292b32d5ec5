"""`zksettle deposit`, `withdraw` and `pay`: amounts come in, go out, and change hands."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.cli.frame import passphrase, workspace
from prover.cli.frame.command import App, command, pass_app
from prover.cli.trader import show

if TYPE_CHECKING:
    from prover.trader.sessions import Settlement

amount_argument = click.argument("amount", nargs=-1, required=True, metavar="AMOUNT")
position_option = click.option(
    "--position", type=click.IntRange(0, (1 << 32) - 1), metavar="N",
    help="The account to move, by its position. Default: the one that fits best.",
)  # fmt: skip


def party_option(default: str, text: str) -> Callable:
    """The option that names who pays or is paid outside."""
    return click.option("--party", default=default, show_default=True, metavar="TEXT", help=text)


@command()
@amount_argument
@passphrase.wallet_option
@passphrase.option
@position_option
@party_option("bank", "Who pays it in; public on the ledger.")
@pass_app
def deposit(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None,
    party: str,
) -> None:  # fmt: skip
    """Take AMOUNT, such as 1500.25 USDC, into a wallet's account."""
    from prover.trader import amounts, moves

    with workspace.session(app, wallet_name, passphrase_file, proves=True) as session:
        asset, count = amounts.parse(" ".join(amount), session.ledger.pool)
        settled = moves.deposit(session, asset, count, party, workspace.now_ms(), position)
        shown = amounts.show(count, session.ledger.pool.assets[asset])
        _report(app, settled, f"{shown} came into wallet {wallet_name}")


@command()
@amount_argument
@passphrase.wallet_option
@passphrase.option
@position_option
@party_option("bank", "Who is paid; public on the ledger.")
@pass_app
def withdraw(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None,
    party: str,
) -> None:  # fmt: skip
    """Pay AMOUNT out, to somebody outside the ledger."""
    from prover.trader import amounts, moves

    with workspace.session(app, wallet_name, passphrase_file, proves=True) as session:
        asset, count = amounts.parse(" ".join(amount), session.ledger.pool)
        settled = moves.withdraw(session, asset, count, party, workspace.now_ms(), position)
        shown = amounts.show(count, session.ledger.pool.assets[asset])
        _report(app, settled, f"{shown} went out of wallet {wallet_name} to {party}")


@command()
@amount_argument
@click.option("--to", "receiver", required=True, metavar="ADDRESS", help="The address of the receiver, zks1…")
@passphrase.wallet_option
@passphrase.option
@position_option
@pass_app
def pay(
    app: App, amount: tuple[str, ...], receiver: str, wallet_name: str, passphrase_file: Path | None,
    position: int | None,
) -> None:  # fmt: skip
    """Pay AMOUNT to an ADDRESS, whose owner need not be there."""
    from prover.trader import addresses, amounts, moves

    paid = addresses.decode(receiver)
    with workspace.session(app, wallet_name, passphrase_file, proves=True) as session:
        asset, count = amounts.parse(" ".join(amount), session.ledger.pool)
        settled = moves.pay(session, paid, asset, count, workspace.now_ms(), position)
        shown = amounts.show(count, session.ledger.pool.assets[asset])
        _report(app, settled, f"wallet {wallet_name} paid {shown}")


def _report(app: App, settled: "Settlement", sentence: str) -> None:
    app.screen.say(sentence)
    for order in settled.closed:
        app.screen.say(show.closed_text(order), "warn")
    app.screen.fields(show.receipt_fields(settled.receipt))
    app.screen.document({**show.receipt_json(settled.receipt), "closed_orders": show.closed_json(settled.closed)})
