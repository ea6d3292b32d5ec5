"""Runs `zksettle order refresh` and `zksettle order keep`: the margin of own orders, proved again at newer prices."""

from pathlib import Path
from typing import Any

from prover.cli.frame import workspace
from prover.cli.frame.command import App, Done
from prover.machine import clock
from prover.trader import keepfresh, orders, refreshing, sessions
from prover.trader.refreshing import Refreshed
from settlement import board


def refresh(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Refreshes one of the wallet's orders, or says that it is fresh."""
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        session, now_ms = desk.session, clock.now_ms()
        known = [order.order_id.hex() for order in board.listed(session.ledger, now_ms, stale=True)]
        wanted = orders.read_id(orders.full_id(order_id, known, "on the board"))
        setting = sessions.setting(session, now_ms)
        order, account = refreshing.find(session.ledger, session.wallet.view, wanted, now_ms)
        outcome = refreshing.refresh(session.ledger, session.keystore, setting, order, account, now_ms)
        app.done = Done(f"order {wanted.hex()} has margin for epoch {outcome.epoch}", _json(outcome), "")
        if order.grid_epoch == outcome.epoch:
            app.screen.say(f"Order {wanted.hex()[:16]} has margin for the newest epoch, {outcome.epoch}, already.")
        else:
            app.screen.say(_text(outcome), "good")
        app.screen.document(_json(outcome))


def keep(app: App, wallet_name: str, passphrase_file: Path | None) -> None:
    """Keeps the wallet's orders fresh until it is interrupted."""
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        view, keystore = desk.session.wallet.view, desk.session.keystore
    running = clock.running(clock.now_ms())
    told: list[dict[str, Any]] = []

    def tell(outcome: Refreshed) -> None:
        told.append(_json(outcome))
        app.screen.say(_text(outcome), "good" if outcome.why_not is None else "warn")

    with workspace.ledger(app) as ledger:
        app.screen.say(f"The orders of wallet {wallet_name} are kept fresh. Ctrl-C ends it.")
        try:
            keepfresh.run(ledger, view, keystore, running, tell, lambda text: app.screen.say(text, "warn"))
        except KeyboardInterrupt:
            num_fresh = sum(each["why_not"] is None for each in told)
            app.screen.say(f"It refreshed {num_fresh:,} margin{'' if num_fresh == 1 else 's'}.")
            app.screen.document({"wallet": wallet_name, "refreshed": told})


def _text(outcome: Refreshed) -> str:
    name = f"Order {outcome.order_id.hex()[:16]}"
    if outcome.why_not is None:
        return f"{name} has margin for epoch {outcome.epoch} now."
    return f"{name} keeps its margin of epoch {outcome.epoch}, with which nobody can take it: {outcome.why_not}"


def _json(outcome: Refreshed) -> dict[str, Any]:
    return {"order": outcome.order_id.hex(), "epoch": outcome.epoch, "why_not": outcome.why_not}
