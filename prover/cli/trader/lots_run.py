"""Runs what deals with lots: `zksettle account split`, `order sweep`, and `order place|list|take|cancel` of lots."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from prover.cli.frame.command import App, Done
from prover.cli.trader import consent, contact_run, settled_run, show
from prover.desk import Desk, OrderSet, PlacedSet
from prover.machine import clock
from prover.trader import orders, outbox
from prover.trader.lots import ending
from prover.trader.lots.sweeping import Chosen
from prover.trader.trade import Agree
from settlement import amounts
from settlement.pool.pool import Pool
from zk.errors import Unsatisfied


def split(
    app: App, accounts: int | None, parts: tuple[str, ...], wallet_name: str, passphrase_file: Path | None,
    position: int | None, once: str | None,
) -> None:  # fmt: skip
    """Divides an account and reports the receipt."""
    outbox.check(once)
    if (accounts is None) == (not parts):
        raise click.UsageError("say --accounts N, or what to move with --part, and not both")
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.split(accounts, parts=parts, position=position, once=once)
        new = [each for each in desk.session.wallet.live if each.position in settlement.receipt.positions]
        app.screen.table(("position", ">balances"), [
            (str(each.position), show.balances_text(each.account.balances, desk.pool)) for each in new
        ])  # fmt: skip
        settled_run.report(app, desk, settlement, f"The account is divided into {len(new)}.")


def place(
    app: App, agree: Agree, sell: tuple[str, ...], buy: tuple[str, ...], readers: tuple[str, ...], expires: str,
    until: str | None, wallet_name: str, passphrase_file: Path | None, position: int | None, shows_funds: bool,
    lots: int | None, minimum: str | None, once: str | None,
) -> None:  # fmt: skip
    """Places an order in lots and shows what its readers, and what everybody, sees of it."""
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        note = contact_run.uncompared(desk, readers)
        placed = desk.place_lots(
            lots, sell=sell, buy=buy, to=readers, minimum=minimum, expires=expires, until=until, position=position,
            agree=agree, funds=shows_funds, once=once,
        )  # fmt: skip
        document = placed_document(placed, desk.pool)
        app.done = Done(f"order {placed.group} is on the board in {len(placed.order_ids)} lots", document)
        with app.screen.delivering():
            sells, buys = amounts.show_trade(placed.changes, desk.pool)
            if placed.is_repeated:
                app.screen.say(
                    f"Order {placed.group} was placed by an earlier run of this command, with the same --once; "
                    f"{len(placed.order_ids)} of its lots are open. Nothing was done now.", "warn"
                )  # fmt: skip
            else:
                app.screen.say(f"Order {placed.group} is on the board in {len(placed.order_ids)} lots.", "good")
            app.screen.say(f"It sells {sells} and buys {buys}. Everybody sees unrelated orders:")
            if note:
                app.screen.say(note, "dim")
            app.screen.table(("lot",), [(order_id,) for order_id in placed.order_ids])
            app.screen.document(document)
        desk.confirm_set(placed)


def placed_document(placed: PlacedSet, pool: Pool) -> dict[str, Any]:
    """A placed set as JSON values."""
    sells, buys = amounts.show_trade(placed.changes, pool)
    return {
        "group": placed.group, "lots": list(placed.order_ids), "sells": sells, "buys": buys,
        "repeated": placed.is_repeated,
    }  # fmt: skip


def take(
    app: App, order_id: str, agree: Agree, amount: str, minimum: str | None, wallet_name: str,
    passphrase_file: Path | None, position: int | None, once: str | None,
) -> None:  # fmt: skip
    """Takes lots of an order and reports the receipt."""
    orders.read_id(order_id)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.take_part(
            order_id, amount, minimum=minimum, position=position, agree=agree, once=once,
            tell=_teller(app, desk, amount),
        )  # fmt: skip
        settled_run.report(app, desk, settlement, "The lots are taken; all sides have settled.")


def sweep(
    app: App, buy: str | None, sell: str | None, unit: str, limit: str, minimum: str | None, wallet_name: str,
    passphrase_file: Path | None, position: int | None, once: str | None, is_agreed: bool,
) -> None:  # fmt: skip
    """Takes what the limit allows of all readable orders and reports the receipt."""
    outbox.check(once)
    if (buy is None) == (sell is None):
        raise click.UsageError("say what to --buy or what to --sell, and not both")
    agree = consent.to_sweep(app, is_agreed=is_agreed)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.sweep(
            buy=buy, sell=sell, unit=unit, limit=limit, minimum=minimum, position=position, agree=agree, once=once,
            tell=_teller(app, desk, buy or sell or ""),
        )  # fmt: skip
        settled_run.report(app, desk, settlement, "The orders are taken; all sides have settled.")


def set_rows(found: list[OrderSet], pool: Pool) -> list[tuple[str, str, str, str, str]]:
    """(order, lots, sells, buys, expires) of each order that can be taken: what is left of it, and its oldest lot."""
    return [
        (
            each.lots[0].order_id,
            f"{len(each.lots)} of {each.placed}" if each.group else "",
            *amounts.show_trade(each.changes, pool),
            clock.text(min(lot.leg.expiry_ms for lot in each.lots)),
        )
        for each in found
    ]


def set_json(each: OrderSet, pool: Pool) -> dict[str, Any]:
    """What is left of an order, as JSON values."""
    sells, buys = amounts.show_trade(each.changes, pool)
    return {
        "group": each.group, "lots": [lot.order_id for lot in each.lots], "placed": each.placed, "sells": sells,
        "buys": buys,
    }  # fmt: skip


def set_fields(left: OrderSet, pool: Pool) -> show.Fields:
    """What is left of the order that an order is a lot of."""
    sells, buys = amounts.show_trade(left.changes, pool)
    return [
        ("a lot of", f"order {left.group}"), ("lots left", f"{len(left.lots)} of {left.placed}"),
        ("they sell", sells), ("they buy", buys),
    ]  # fmt: skip


def is_set(desk: Desk, text: str) -> bool:
    """Whether a text names an order in lots, and not one order."""
    return len(text) == ending.GROUP_DIGITS or ending.group_named(desk.session.wallet, text) is not None


def withdraw(app: App, desk: Desk, text: str) -> None:
    """Takes all lots of an order off the board, and says what that does not do."""
    group = desk.group_of(text)
    withdrawn = ending.withdraw(desk.session, group, clock.now_ms())
    if not withdrawn:
        raise Unsatisfied(f"this wallet has no open lot of order {group}")
    document = {"group": group, "lots": [each.order_id for each in withdrawn], "expiry_ms": withdrawn[0].expiry_ms}
    app.done = Done(f"order {group} is off the board", document, "")
    app.screen.say(f"Order {group} is off the board, with {len(withdrawn)} lots.", "good")
    app.screen.paragraph(
        f"Whoever copied a lot can still settle it until {clock.text(withdrawn[0].expiry_ms)}: `zksettle order cancel "
        f"{group}` ends that, and so does anything else that moves its account."
    )
    app.screen.document(document)


def _teller(app: App, desk: Desk, wanted: str) -> Callable[[Chosen], None]:
    def tell(chosen: Chosen) -> None:
        asset, amount = amounts.parse(wanted, desk.pool)
        lots, least = len(chosen.lots), desk.pool.assets[asset]
        rest = "" if chosen.amount == amount else f"; {amounts.show(amount - chosen.amount, least)} cannot be had"
        text = f"{amounts.show(chosen.amount, least)} in {lots} lot{'' if lots == 1 else 's'}{rest}."
        app.screen.say(text)

    return tell
