"""Runs `zksettle deposit`, `withdraw` and `pay`."""

from pathlib import Path

from prover.cli.frame import workspace
from prover.cli.frame.command import App
from prover.cli.trader import show
from prover.desk import Desk, Settlement
from prover.trader import addresses
from settlement import amounts


def deposit(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None, party: str
) -> None:
    """Takes an amount in and reports the receipt."""
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        settlement = desk.deposit(" ".join(amount), party=party, position=position)
        _report(app, settlement, f"{_show(desk, amount)} came into wallet {wallet_name}.")


def withdraw(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None, party: str
) -> None:
    """Pays an amount out and reports the receipt."""
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        settlement = desk.withdraw(" ".join(amount), party=party, position=position)
        _report(app, settlement, f"{_show(desk, amount)} went out of wallet {wallet_name} to {party}.")


def pay(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None,
    receiver: str,
) -> None:  # fmt: skip
    """Pays an address and reports the receipt."""
    addresses.decode(receiver)  # before anybody is asked for a passphrase
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        settlement = desk.pay(" ".join(amount), receiver, position=position)
        _report(app, settlement, f"Wallet {wallet_name} paid {_show(desk, amount)}.")


def _show(desk: Desk, amount: tuple[str, ...]) -> str:
    asset, count = amounts.parse(" ".join(amount), desk.pool)
    return amounts.show(count, desk.pool.assets[asset])


def _report(app: App, settlement: Settlement, sentence: str) -> None:
    app.screen.say(sentence)
    for order in settlement.closed:
        app.screen.say(show.closed_text(order), "warn")
    app.screen.fields(show.receipt_fields(settlement.receipt))
    app.screen.document({
        **show.receipt_json(settlement.receipt), "closed_orders": show.closed_json(settlement.closed)
    })  # fmt: skip
