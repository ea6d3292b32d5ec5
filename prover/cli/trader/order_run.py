"""Runs `zksettle order …`."""

from pathlib import Path

import click

from prover.cli.frame import workspace
from prover.cli.frame.command import App
from prover.cli.trader import consent, show
from prover.desk import Order, Settlement
from prover.machine import clock
from prover.trader import orders
from settlement import board


def place(
    app: App, sell: tuple[str, ...], buy: tuple[str, ...], readers: tuple[str, ...], expires: str, wallet_name: str,
    passphrase_file: Path | None, position: int | None, is_agreed: bool,
) -> None:  # fmt: skip
    """Places an order and shows what the public sees of it."""
    if not sell and not buy:
        raise click.UsageError("an order needs --sell or --buy", click.get_current_context())
    is_public = _check_readers(readers)
    agree = consent.to_place(app, is_public=is_public, is_agreed=is_agreed)
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        order = desk.place(sell=sell, buy=buy, to=readers, expires=expires, position=position, agree=agree)
        assert order.terms is not None, "a maker knows the terms"
        app.screen.say(f"The order is on the board: it sells {order.sells} and buys {order.buys}.")
        app.screen.say("The public sees this:", "dim")
        app.screen.fields([
            ("order", order.order_id), *show.public_leg_fields(order.leg, desk.pool), _readers_field(order.is_public)
        ])  # fmt: skip
        app.screen.document({
            "order": order.order_id,
            "everybody": order.is_public,
            "public": show.public_leg_json(order.leg),
            "terms": show.terms_json(order.terms, desk.pool),
        })  # fmt: skip


def show_board(app: App) -> None:
    """Lists the board."""
    with workspace.ledger(app) as ledger:
        rows, documents = [], []
        for order in board.listed(ledger, clock.now_ms()):
            order_id, is_public = order.order_id.hex(), orders.is_public(order.leg, order.sealed_terms)
            kind = "cash" if order.leg.public.cash else "margined"
            rows.append((order_id, kind, "everybody" if is_public else "sealed", clock.text(order.leg.expiry_ms)))
            public = show.public_leg_json(order.leg)
            documents.append({"order": order_id, "everybody": is_public, "public": public})
        if rows:
            app.screen.table(("order", "kind", "terms", "expires"), rows)
        else:
            app.screen.say("There is no order on the board.")
        app.screen.document(documents)


def show_order(app: App, order_id: str, wallet_name: str | None, passphrase_file: Path | None) -> None:
    """Shows one order, with its terms where everybody can read them or the wallet can open them."""
    if wallet_name is None:
        with workspace.ledger(app) as ledger:
            posted = orders.posted(ledger, order_id, clock.now_ms())
            terms = orders.open_public_terms(posted.leg, posted.sealed_terms)
            _show_order(app, Order(posted.order_id.hex(), posted.leg, terms, ledger.pool, is_public=terms is not None))
        return
    with workspace.open_desk(app, wallet_name, passphrase_file) as desk:
        _show_order(app, desk.order(order_id))


def take(
    app: App, order_id: str, sell: tuple[str, ...], buy: tuple[str, ...], wallet_name: str,
    passphrase_file: Path | None, position: int | None, is_agreed: bool,
) -> None:  # fmt: skip
    """Takes an order, once its taker agreed to the terms, and reports the receipt."""
    orders.read_id(order_id)  # before anybody is asked for a passphrase
    agree = consent.to_take(app, sell, buy, is_agreed=is_agreed)
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        settlement = desk.take(order_id, position=position, agree=agree)
        _report(app, settlement, "The order is taken; both sides have settled.")


def cancel(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Cancels one of the wallet's orders and reports the receipt."""
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        _report(app, desk.cancel(order_id), "The order is void: its account has moved.")


def _report(app: App, settlement: Settlement, sentence: str) -> None:
    app.screen.say(sentence)
    app.screen.fields(show.receipt_fields(settlement.receipt))
    app.screen.document(show.receipt_json(settlement.receipt))


def _check_readers(readers: tuple[str, ...]) -> bool:
    """Whether everybody is to read the order.  Raises UsageError unless --to names addresses, or everybody alone."""
    if not readers:
        raise click.UsageError(
            "say who may read and take the order: --to ADDRESS seals its terms to that address, --to everybody lets "
            "everybody read them", click.get_current_context(),
        )  # fmt: skip
    if orders.EVERYBODY in readers and len(readers) > 1:
        raise click.UsageError("--to everybody stands alone, without addresses", click.get_current_context())
    orders.readers(readers)  # before anybody is asked for a passphrase
    return orders.EVERYBODY in readers


def _show_order(app: App, order: Order) -> None:
    sealed_to = "sealed to others"
    app.screen.fields([
        ("order", order.order_id), *show.public_leg_fields(order.leg, order.pool), _readers_field(order.is_public),
        ("maker sells", order.sells or sealed_to), ("maker buys", order.buys or sealed_to),
    ])  # fmt: skip
    app.screen.document({
        "order": order.order_id,
        "everybody": order.is_public,
        "public": show.public_leg_json(order.leg),
        "terms": show.terms_json(order.terms, order.pool) if order.terms else None,
    })  # fmt: skip


def _readers_field(is_public: bool) -> tuple[str, str]:
    return "terms", "everybody can read them" if is_public else "sealed to their readers"
