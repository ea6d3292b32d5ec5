"""Runs `zksettle order …`."""

from pathlib import Path
from typing import Any, TypedDict

import click

from prover.cli.frame import workspace
from prover.cli.frame.command import App, Done
from prover.cli.trader import consent, contact_run, lots_run, sent_run, settled_run, show
from prover.desk import Order, OrderSet
from prover.machine import clock
from prover.trader import boardview, contacts, lifetimes, orders, outbox, withdrawing
from prover.trader import readers as trader_readers
from settlement.orders import board, funds


class Good(TypedDict, total=False):
    """How long an order is good, as arguments of a desk."""

    expires: str
    until: str


STALE = (
    "Nobody can take an order with stale margin: its proof is of an epoch whose prices are not in force. Its maker "
    "proves it again with `zksettle order refresh`, or `order keep`, once prices are in force."
)


def place(
    app: App, sell: tuple[str, ...], buy: tuple[str, ...], readers: tuple[str, ...], expires: str | None,
    wallet_name: str, passphrase_file: Path | None, position: int | None, is_agreed: bool, shows_funds: bool,
    pays_fee: bool, once: str | None, lots: int | None = None, minimum: str | None = None, until: str | None = None,
) -> None:  # fmt: skip
    """Places an order and shows what the public sees of it."""
    if not sell and not buy:
        raise click.UsageError("an order needs --sell or --buy", click.get_current_context())
    outbox.check(once)
    is_public, good = check_readers(readers), life(expires, until)
    agree = consent.to_place(app, is_public=is_public, is_agreed=is_agreed)
    if lots is not None or minimum is not None:
        if pays_fee:
            raise click.UsageError("the board's fee is paid for one order: leave --lots out, or --fee")
        lots_run.place(
            app, agree, sell, buy, readers, good.get("expires", "1h"), good.get("until"), wallet_name, passphrase_file,
            position, shows_funds, lots, minimum, once,
        )  # fmt: skip
        return
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        note = contact_run.uncompared(desk, readers)
        order = desk.place(
            sell=sell, buy=buy, to=readers, **good, position=position, agree=agree, funds=shows_funds,
            fee=pays_fee, once=once,
        )  # fmt: skip
        assert order.terms is not None and order.outcome is not None, "a maker knows the terms"
        with app.screen.delivering():
            app.screen.say(f"It sells {order.sells} and buys {order.buys}.")
            if note:
                app.screen.say(note, "dim")
            app.screen.say("The public sees this:", "dim")
            app.screen.fields([
                ("order", order.order_id), *show.public_leg_fields(order.leg, desk.pool), *_board_fields(order)
            ])  # fmt: skip
            sent = sent_run.tell(app, desk)
            app.screen.document({
                **_document(order), **sent, "repeated": order.outcome.is_repeated, "open": order.outcome.is_open,
                "terms": show.terms_json(order.terms, desk.pool),
            })  # fmt: skip
        settled_run.confirm(app, desk, order.outcome)


def show_board(app: App, wallet_name: str | None, passphrase_file: Path | None) -> None:
    """Lists the board, or what a wallet can take of it."""
    if wallet_name is not None:
        with workspace.open_desk(app, wallet_name, passphrase_file) as desk:
            found = desk.sets()
            if found:
                columns = ("order", "lots", "it sells", "it buys", "expires")
                app.screen.table(columns, lots_run.set_rows(found, desk.pool))
            else:
                app.screen.say(f"There is no order on the board that wallet {wallet_name} could take.")
            app.screen.document({"orders": [lots_run.set_json(each, desk.pool) for each in found]})
        return
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
        order = desk.order(order_id)
        same = [each for each in desk.sets() if any(lot.order_id == order.order_id for lot in each.lots)]
        _show_order(app, order, same[0] if same and same[0].group else None)


def take(
    app: App, order_id: str, sell: tuple[str, ...], buy: tuple[str, ...], wallet_name: str,
    passphrase_file: Path | None, position: int | None, is_agreed: bool, once: str | None,
    amount: str | None = None, minimum: str | None = None,
) -> None:  # fmt: skip
    """Takes an order, or lots of it, once its taker agreed to the terms, and reports the receipt."""
    outbox.check(once)  # before anybody is asked for a passphrase
    orders.read_id(order_id)
    agree = consent.to_take(app, sell, buy, is_agreed=is_agreed)
    if amount is not None:
        lots_run.take(app, order_id, agree, amount, minimum, wallet_name, passphrase_file, position, once)
        return
    if minimum is not None:
        raise click.UsageError("--minimum goes with --amount")
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.take(order_id, position=position, agree=agree, once=once)
        settled_run.report(app, desk, settlement, "The order is taken; both sides have settled.")


def cancel(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None, once: str | None) -> None:
    """Cancels one of the wallet's orders, or all lots of one, and reports the receipt."""
    outbox.check(once)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        if lots_run.is_set(desk, order_id):
            settlement = desk.cancel_lots(order_id, once=once)
            settled_run.report(app, desk, settlement, "The order is void: the accounts of its lots have moved.")
            return
        settlement = desk.cancel(order_id, once=once)
        settled_run.report(app, desk, settlement, "The order is void: its account has moved.")


def withdraw(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Takes one of the wallet's orders off the board, and says what that does not do."""
    with workspace.open_desk(app, wallet_name, passphrase_file) as desk:
        if lots_run.is_set(desk, order_id):
            lots_run.withdraw(app, desk, order_id)
            return
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


def life(expires: str | None, until: str | None) -> Good:
    """How long an order is good, as arguments of a desk.  Raises UsageError when it is said twice, else FormatError."""
    if until is None:
        return {} if expires is None else {"expires": expires}
    if expires is not None:
        raise click.UsageError("say how long the order is good with --expires or with --until, and not with both")
    lifetimes.read("", until, clock.now_ms())  # before anybody is asked for a passphrase
    return {"until": until}


def check_readers(readers: tuple[str, ...]) -> bool:
    """Whether everybody is to read the order.  Raises UsageError unless --to names addresses, or everybody alone."""
    if not readers:
        raise click.UsageError(
            "say who may read and take the order: --to ADDRESS seals its terms to that address, --to everybody lets "
            "everybody read them", click.get_current_context(),
        )  # fmt: skip
    if trader_readers.EVERYBODY in readers and len(readers) > 1:
        raise click.UsageError("--to everybody stands alone, without addresses", click.get_current_context())
    is_public = trader_readers.EVERYBODY in readers
    for text in () if is_public else readers:
        contacts.check_text(text)  # before anybody is asked for a passphrase
    return is_public


def _show_order(app: App, order: Order, left: OrderSet | None = None) -> None:
    sealed_to = "sealed to others"
    app.screen.fields([
        ("order", order.order_id), *show.public_leg_fields(order.leg, order.pool), *_board_fields(order),
        ("maker sells", order.sells or sealed_to), ("maker buys", order.buys or sealed_to),
        *(lots_run.set_fields(left, order.pool) if left else []),
    ])  # fmt: skip
    if not order.is_takable:
        app.screen.paragraph(STALE)
    terms = show.terms_json(order.terms, order.pool) if order.terms else None
    lots = {"lots": lots_run.set_json(left, order.pool)} if left else {}
    app.screen.document({**_document(order), "terms": terms, **lots})


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
