"""Runs `zksettle order sent`, and says over which carriers an order went."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from prover.carriers import dispatch
from prover.carriers.carriedorders import CarriedOrders
from prover.carriers.dispatch import Dispatcher, Message
from prover.cli.frame import passphrase, workspace
from prover.cli.frame.command import App
from prover.dealer import status as statuses
from prover.desk import Desk
from prover.machine import clock
from prover.trader import walletfile
from prover.trader.wallets import Wallet


def show(app: App, wallet_name: str, passphrase_file: Path | None, again: bool) -> None:
    """Lists what the wallet has sent, the oldest first; with `again`, tries what some carrier lacks."""
    path = app.home.wallet(wallet_name)
    if not again and statuses.is_running(path):  # the desk has the wallet open, and sends again by itself
        wallet = walletfile.saved(path, passphrase.ask(passphrase_file, wallet_name))
        messages, now_ms = Dispatcher([], clock.now_ms, (path, wallet.view)).messages(), clock.now_ms()
        _show(app, [replace(each, answered_ms=now_ms) if _is_over(each, wallet) else each for each in messages])
    else:
        _show(app, _settled(app, wallet_name, passphrase_file, again))


def _settled(app: App, wallet_name: str, passphrase_file: Path | None, again: bool) -> list[Message]:
    """The messages, once it is noted which orders are over; with `again`, after another try."""
    with workspace.open_desk(app, wallet_name, passphrase_file) as desk:
        orders = desk.session.ledger.orders
        wallet = app.home.wallet(wallet_name), desk.session.wallet.view
        dispatcher = orders.dispatcher if isinstance(orders, CarriedOrders) else Dispatcher([], clock.now_ms, wallet)
        desk.sync()
        dispatcher.answered(*(
            each.message_id for each in dispatcher.messages() if _is_over(each, desk.session.wallet)
        ))  # fmt: skip
        if again:
            dispatcher.retry(is_asked=True)
        return dispatcher.messages()


def _is_over(message: Message, wallet: Wallet) -> bool:
    """Whether it is an order that was taken, is void, or has expired."""
    return message.kind == dispatch.ORDER and all(own.order_id != message.message_id for own in wallet.orders)


def _show(app: App, messages: list[Message]) -> None:
    now_ms = clock.now_ms()
    rows = [
        (
            each.about, each.state(now_ms), str(each.places) if each.carried else "", str(each.tries),
            clock.text(each.expires_ms), each.why if not each.carried else "",
        )
        for each in messages
    ]  # fmt: skip
    if rows:
        app.screen.table(("what", "state", "places", "tries", "expires", "why not"), rows)
    else:
        app.screen.say("This wallet has sent nothing over carriers.")
    app.screen.document({"sent": [document(each, now_ms) for each in messages]})


def tell(app: App, desk: Desk) -> dict[str, Any]:
    """Says who has taken what this command sent, and returns that as fields of a document."""
    orders = desk.session.ledger.orders
    if not isinstance(orders, CarriedOrders) or not orders.sent:
        return {}
    now_ms = clock.now_ms()
    for each in orders.sent:
        where = f"carried at {each.places} places" if each.places > 1 else "carried at one place"
        if each.carried:
            app.screen.say(f"The {each.kind} is {where}: {', '.join(by.name for by in each.carried)}.")
        if each.why:
            app.screen.say(f"Not everybody took the {each.kind}: {each.why}. See `zksettle order sent`.", "warn")
    return {"sent": [document(each, now_ms) for each in orders.sent]}


def document(message: Message, now_ms: int) -> dict[str, Any]:
    """A message and what became of it, for --json."""
    return {
        "id": message.message_id, "kind": message.kind, "about": message.about, "state": message.state(now_ms),
        "carried": [{"carrier": each.name, "places": each.places} for each in message.carried],
        "refused_by": list(message.refused), "why": message.why or None, "tries": message.tries,
        "made_ms": message.made_ms, "expires_ms": message.expires_ms,
    }  # fmt: skip
