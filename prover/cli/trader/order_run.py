"""Runs `zksettle order …`."""

from pathlib import Path
from typing import Any

import click

from prover.cli.frame import workspace
from prover.cli.frame.command import App, Done
from prover.cli.trader import consent, settled_run, show
from prover.desk import Order
from prover.machine import clock
from prover.trader import boardview, orders, outbox, withdrawing
from prover.trader import readers as trader_readers
from settlement import board, funds

STALE = (
    "Nobody can take an order with stale margin: its proof is of an epoch whose prices are not in force. Its maker "
    "proves it again with `zksettle order refresh`, or `order keep`, once prices are in force."
)


def place(
    app: App, sell: tuple[str, ...], buy: tuple[str, ...], readers: tuple[str, ...], expires: str, wallet_name: str,
    passphrase_file: Path | None, position: int | None, is_agreed: bool, shows_funds: bool,
    pays_fee: bool, once: str | None,
) -> None:  # fmt: skip
    """Places an order and shows what the public sees of it."""
    if not sell and not buy:
        raise click.UsageError("an order needs --sell or --buy", click.get_current_context())
    outbox.check(once)
    is_public = _check_readers(readers)
    agree = consent.to_place(app, is_public=is_public, is_agreed=is_agreed)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        order = desk.place(
            sell=sell, buy=buy, to=readers, expires=expires, position=position, agree=agree, funds=shows_funds,
            fee=pays_fee, once=once,
        )  # fmt: skip
        assert order.terms is not None and order.outcome is not None, "a maker knows the terms"
        with app.screen.delivering():
            app.screen.say(f"It sells {order.sells} and buys {order.buys}.")
            app.screen.say("The public sees this:", "dim")
            app.screen.fields([
                ("order", order.order_id), *show.public_leg_fields(order.leg, desk.pool), *_board_fields(order)
            ])  # fmt: skip
            app.screen.document({
                **_document(order), "repeated": order.outcome.is_repeated, "open": order.outcome.is_open,
                "terms": show.terms_json(order.terms, desk.pool),
            })  # fmt: skip
        settled_run.confirm(app, desk, order.outcome)


def show_board(app: App) -> None:
    """Lists the board."""
    with workspace.ledger(app) as ledger:
        now_ms = clock.now_ms()
        listed = board.listed(ledger, now_ms, stale=True)
        takable = {order.order_id for order in board.listed(ledger, now_ms)}
        rows = [
            (
                order.order_id.hex(),
                "cash" if order.grid_epoch is None else f"margined, epoch {order.grid_epoch}",
                "" if order.order_id in takable else "stale",
                "everybody" if trader_readers.is_public(order) else "sealed",
                boardview.backing(ledger.pool, funds.shown(order.funds)) or "",
                clock.text(order.expiry_ms),
            )
            for order in listed
        ]
        if rows:
            app.screen.table(("order", "kind", "margin", "terms", "funds", "expires"), rows)
        else:
            app.screen.say("There is no order on the board.")
        if len(takable) < len(listed):
            app.screen.paragraph(STALE)
        if app.screen.is_json:  # every leg is decoded for it, which takes milliseconds
            app.screen.document({
                "orders": [_document(boardview.seen(ledger, order, None, now_ms)) for order in listed]
            })


def show_order(app: App, order_id: str, wallet_name: str | None, passphrase_file: Path | None) -> None:
    """Shows one order, with its terms where everybody can read them or the wallet can open them."""
    if wallet_name is None:
        with workspace.ledger(app) as ledger:
            now_ms = clock.now_ms()
            posted = orders.posted(ledger, order_id, now_ms)
            _show_order(app, boardview.seen(ledger, posted, trader_readers.open_public_terms(posted), now_ms))
        return
    with workspace.open_desk(app, wallet_name, passphrase_file) as desk:
        _show_order(app, desk.order(order_id))


def take(
    app: App, order_id: str, sell: tuple[str, ...], buy: tuple[str, ...], wallet_name: str,
    passphrase_file: Path | None, position: int | None, is_agreed: bool, once: str | None,
) -> None:  # fmt: skip
    """Takes an order, once its taker agreed to the terms, and reports the receipt."""
    outbox.check(once)  # before anybody is asked for a passphrase
    orders.read_id(order_id)
    agree = consent.to_take(app, sell, buy, is_agreed=is_agreed)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.take(order_id, position=position, agree=agree, once=once)
        settled_run.report(app, desk, settlement, "The order is taken; both sides have settled.")


def cancel(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None, once: str | None) -> None:
    """Cancels one of the wallet's orders and reports the receipt."""
    outbox.check(once)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.cancel(order_id, once=once)
        settled_run.report(app, desk, settlement, "The order is void: its account has moved.")


def withdraw(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Takes one of the wallet's orders off the board, and says what that does not do."""
    with workspace.open_desk(app, wallet_name, passphrase_file) as desk:
        withdrawn = withdrawing.withdraw(desk.session, order_id, clock.now_ms())
        document = {
            "order": withdrawn.order_id, "expiry_ms": withdrawn.expiry_ms, "repeated": withdrawn.is_repeated,
        }  # fmt: skip
        app.done = Done(f"order {withdrawn.order_id} is off the board", document, "")
        earlier = " was withdrawn before." if withdrawn.is_repeated else " is off the board."
        app.screen.say(f"Order {withdrawn.order_id[:16]}{earlier}", "good")
        app.screen.paragraph(
            f"Whoever copied it can still settle it until {clock.text(withdrawn.expiry_ms)}: `zksettle order cancel "
            f"{withdrawn.order_id[:16]}` ends that, and so does anything else that moves its account."
        )
        app.screen.document(document)


def _check_readers(readers: tuple[str, ...]) -> bool:
    """Whether everybody is to read the order.  Raises UsageError unless --to names addresses, or everybody alone."""
    if not readers:
        raise click.UsageError(
            "say who may read and take the order: --to ADDRESS seals its terms to that address, --to everybody lets "
            "everybody read them", click.get_current_context(),
        )  # fmt: skip
    if trader_readers.EVERYBODY in readers and len(readers) > 1:
        raise click.UsageError("--to everybody stands alone, without addresses", click.get_current_context())
    trader_readers.addresses_of(readers)  # before anybody is asked for a passphrase
    return trader_readers.EVERYBODY in readers


def _show_order(app: App, order: Order) -> None:
    sealed_to = "sealed to others"
    app.screen.fields([
        ("order", order.order_id), *show.public_leg_fields(order.leg, order.pool), *_board_fields(order),
        ("maker sells", order.sells or sealed_to), ("maker buys", order.buys or sealed_to),
    ])  # fmt: skip
    if not order.is_takable:
        app.screen.paragraph(STALE)
    terms = show.terms_json(order.terms, order.pool) if order.terms else None
    app.screen.document({**_document(order), "terms": terms})


def _board_fields(order: Order) -> show.Fields:
    """What the board shows beside the leg."""
    return [
        ("terms", "everybody can read them" if order.is_public else "sealed to their readers"),
        ("funds", f"the account holds at least {order.backing}" if order.backing else "none shown"),
    ]


def _document(order: Order) -> dict[str, Any]:
    """Everything that everybody can see of an order."""
    shown = None
    if order.shown is not None:
        asset, least = order.shown
        shown = {"asset": order.pool.assets[asset].symbol, "at_least": str(least)}
    return {
        "order": order.order_id, "everybody": order.is_public, "funds": shown, "takable": order.is_takable,
        "public": show.public_leg_json(order.leg),
    }  # fmt: skip
