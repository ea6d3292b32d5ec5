"""Runs `zksettle order …`."""

from pathlib import Path

import click

from prover.cli.frame import workspace
from prover.cli.frame.command import App
from prover.cli.trader import show
from prover.desk import Settlement
from prover.machine import clock
from prover.trader import addresses, orders
from settlement import board


def place(
    app: App, sell: tuple[str, ...], buy: tuple[str, ...], readers: tuple[str, ...], expires: str, wallet_name: str,
    passphrase_file: Path | None, position: int | None,
) -> None:  # fmt: skip
    """Places an order and shows what the public sees of it."""
    if not sell and not buy:
        raise click.UsageError("an order needs --sell or --buy", click.get_current_context())
    for reader in readers:
        addresses.decode(reader)  # before anybody is asked for a passphrase
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        order = desk.place(sell=sell, buy=buy, to=readers, expires=expires, position=position)
        assert order.terms is not None, "a maker knows the terms"
        app.screen.say(f"The order is on the board: it sells {order.sells} and buys {order.buys}.")
        app.screen.say("The public sees this:", "dim")
        app.screen.fields([("order", order.order_id), *show.public_leg_fields(order.leg, desk.pool)])
        app.screen.document({
            "order": order.order_id,
            "public": show.public_leg_json(order.leg),
            "terms": show.terms_json(order.terms, desk.pool),
        })  # fmt: skip


def show_board(app: App) -> None:
    """Lists the board."""
    with workspace.ledger(app) as ledger:
        board_orders = board.listed(ledger, clock.now_ms())
        rows = [
            (o.order_id.hex(), "cash" if o.leg.public.cash else "margined", clock.text(o.leg.expiry_ms))
            for o in board_orders
        ]
        if rows:
            app.screen.table(("order", "kind", "expires"), rows)
        else:
            app.screen.say("There is no order on the board.")
        app.screen.document([{"order": o.order_id.hex(), "public": show.public_leg_json(o.leg)} for o in board_orders])


def show_order(app: App, order_id: str, wallet_name: str | None, passphrase_file: Path | None) -> None:
    """Shows one order, with a wallet also its terms."""
    if wallet_name is None:
        with workspace.ledger(app) as ledger:
            board_order = orders.posted(ledger, order_id, clock.now_ms())
            full_id, leg = board_order.order_id.hex(), board_order.leg
            app.screen.fields([("order", full_id), *show.public_leg_fields(leg, ledger.pool)])
            app.screen.document({"order": full_id, "public": show.public_leg_json(leg)})
        return
    with workspace.open_desk(app, wallet_name, passphrase_file) as desk:
        order = desk.order(order_id)
        app.screen.fields([("order", order.order_id), *show.public_leg_fields(order.leg, desk.pool)])
        app.screen.fields([
            ("maker sells", order.sells or "sealed to others"), ("maker buys", order.buys or "sealed to others")
        ])  # fmt: skip
        app.screen.document({
            "order": order.order_id,
            "public": show.public_leg_json(order.leg),
            "terms": show.terms_json(order.terms, desk.pool) if order.terms else None,
        })  # fmt: skip


def take(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None, position: int | None) -> None:
    """Takes an order and reports the receipt."""
    orders.read_id(order_id)  # before anybody is asked for a passphrase
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        _report(app, desk.take(order_id, position=position), "The order is taken; both sides have settled.")


def cancel(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Cancels one of the wallet's orders and reports the receipt."""
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        _report(app, desk.cancel(order_id), "The order is void: its account has moved.")


def _report(app: App, settlement: Settlement, sentence: str) -> None:
    app.screen.say(sentence)
    app.screen.fields(show.receipt_fields(settlement.receipt))
    app.screen.document(show.receipt_json(settlement.receipt))
