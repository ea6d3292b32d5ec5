"""Runs `zksettle loan …`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import workspace
from prover.cli.frame.command import App
from prover.cli.trader import consent, order_run, settled_run
from prover.desk import Settlement
from prover.machine import clock, threadcount
from prover.trader import loans, orders, outbox
from settlement import amounts
from settlement.bundles.bundle import Account


def offer(app: App, amount: tuple[str, ...], claim: str | None, **options: Any) -> None:
    """Places an order that sells the numeraire for the loan claim, and shows what the public sees of it."""
    with workspace.ledger(app, read_only=True) as ledger:
        pool, loan = ledger.pool, loans.slot(ledger.pool)
        asset, lent = amounts.parse(" ".join(amount), pool)
        if asset != amounts.NUMERAIRE:
            raise click.UsageError(f"loans are of {pool.assets[amounts.NUMERAIRE].symbol}")
        if claim is None:
            claim = amounts.show(loans.par(ledger, lent), pool.assets[loan])
        elif amounts.parse(claim, pool)[0] != loan:
            raise click.UsageError(f"--for is an amount of {pool.assets[loan].symbol}")
        sold = amounts.show(lent, pool.assets[asset])
    order_run.place(app, sell=(sold,), buy=(claim,), shows_funds=True, pays_fee=False, **options)


def take(
    app: App, order_id: str, wallet_name: str, passphrase_file: Path | None, position: int | None, is_agreed: bool,
    once: str | None,
) -> None:  # fmt: skip
    """Takes an order that is a loan, once its taker agreed to the terms, and reports the receipt."""
    outbox.check(once)  # before anybody is asked for a passphrase
    orders.read_id(order_id)
    agree = loans.borrows(consent.to_take(app, (), (), is_agreed=is_agreed, remedy="--yes"))
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.take(order_id, position=position, agree=agree, once=once)
        settled_run.report(app, desk, settlement, "The loan is taken; both sides have settled.")


def repay(app: App, **options: Any) -> None:
    """Pays a loan back through the pot and reports the receipt."""
    _use_pot(app, loans.repay, "paid {dollars} into the pot, and {claims} of its debt are cancelled", **options)


def redeem(app: App, **options: Any) -> None:
    """Redeems loan claims at the pot and reports the receipt."""
    _use_pot(app, loans.redeem, "gave {claims} to the pot for {dollars}", **options)


def _use_pot(
    app: App, use: Callable[..., Settlement], happened: str, *, amount: tuple[str, ...], wallet_name: str,
    passphrase_file: Path | None, position: int | None, once: str | None,
) -> None:  # fmt: skip
    outbox.check(once)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        parsed = amounts.parse(" ".join(amount), desk.pool) if amount else None
        with threadcount.limited_to(desk.threads):
            settlement = use(desk.session, parsed, clock.now_ms(), position, once)
        (leg,) = settlement.bundle.legs
        dollars, claims = (
            amounts.show(abs(flow.amount), desk.pool.assets[flow.asset])
            for flow in leg.flows if flow.account is Account.POT
        )  # fmt: skip
        sentence = f"Wallet {wallet_name} {happened.format(dollars=dollars, claims=claims)}."
        settled_run.report(app, desk, settlement, sentence)
