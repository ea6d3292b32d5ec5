"""Runs `zksettle deposit`, `withdraw` and `pay`."""

from pathlib import Path

from prover.cli.frame.command import App
from prover.cli.trader import settled_run
from prover.desk import Desk
from prover.trader import addresses, outbox
from settlement import amounts


def deposit(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None,
    party: str, once: str | None,
) -> None:  # fmt: skip
    """Takes an amount in and reports the receipt."""
    outbox.check(once)  # before anybody is asked for a passphrase
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.deposit(" ".join(amount), party=party, position=position, once=once)
        sentence = f"{_show(desk, amount)} came into wallet {wallet_name}."
        settled_run.report(app, desk, settlement, sentence)


def withdraw(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None,
    party: str, once: str | None,
) -> None:  # fmt: skip
    """Pays an amount out and reports the receipt."""
    outbox.check(once)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.withdraw(" ".join(amount), party=party, position=position, once=once)
        sentence = f"{_show(desk, amount)} went out of wallet {wallet_name} to {party}."
        settled_run.report(app, desk, settlement, sentence)


def pay(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None,
    receiver: str, once: str | None,
) -> None:  # fmt: skip
    """Pays an address and reports the receipt."""
    outbox.check(once)
    addresses.decode(receiver)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.pay(" ".join(amount), receiver, position=position, once=once)
        settled_run.report(app, desk, settlement, f"Wallet {wallet_name} paid {_show(desk, amount)}.")


def _show(desk: Desk, amount: tuple[str, ...]) -> str:
    asset, count = amounts.parse(" ".join(amount), desk.pool)
    return amounts.show(count, desk.pool.assets[asset])
