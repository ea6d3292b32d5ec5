"""Runs `zksettle order refresh` and `zksettle order keep`: the margin of own orders, proved again at newer prices."""

import time
from pathlib import Path
from typing import Any

from prover import desk as desks
from prover.cli.frame import passphrase, workspace
from prover.cli.frame.command import App, Done
from prover.cli.trader import lots_run
from prover.desk import Desk
from prover.machine import clock, files
from prover.trader import keepfresh, orders, readiness, refreshing, renewing, sessions
from prover.trader.lots import ending
from prover.trader.refreshing import Refreshed
from prover.trader.renewing import Renewed
from prover.upkeep import warmup
from settlement.errors import Unavailable
from settlement.orders import board

RENEW_EVERY_MS = 600_000
RETRY_MS = 5_000


def refresh(app: App, order_id: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Refreshes one of the wallet's orders, or says that it is fresh."""
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        session, now_ms = desk.session, clock.now_ms()
        if lots_run.is_set(desk, order_id):
            _refresh_lots(app, desk, desk.group_of(order_id), now_ms)
            return
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


def _refresh_lots(app: App, desk: Desk, group: str, now_ms: int) -> None:
    """Refreshes every lot of an order, or says that it is fresh."""
    told: list[Refreshed] = []

    def tell(outcome: Refreshed, is_fresh: bool) -> None:
        told.append(outcome)
        name, already = outcome.order_id.hex()[:16], " already" if is_fresh else " now"
        app.screen.say(f"Lot {name} has margin for epoch {outcome.epoch}{already}.", "good")

    ending.refresh(desk.session, group, now_ms, tell)
    app.screen.document({"group": group, "lots": [_json(outcome) for outcome in told]})


def keep(app: App, wallet_name: str, passphrase_file: Path | None) -> None:
    """Keeps the wallet's orders fresh until it is interrupted."""
    sessions.open_ledger(app.home).close()
    sessions.check_wallet(app.home, wallet_name)
    secret = passphrase.ask(passphrase_file, wallet_name)
    warmup.compile_kernels()
    with desks.open(app.home, wallet_name, secret) as desk:
        view, keystore = desk.session.wallet.view, desk.session.keystore
    readiness.rehearse(keystore)  # so that a new epoch's first margins do not wait for kernels and keys
    running = clock.running(clock.now_ms())
    told: list[dict[str, Any]] = []

    def tell(outcome: Refreshed) -> None:
        told.append(_json(outcome))
        app.screen.say(_text(outcome), "good" if outcome.why_not is None else "warn")

    next_ms, renewed = 0, list[Renewed]()

    def pause(seconds: float) -> None:
        nonlocal next_ms
        time.sleep(seconds)
        if running() >= next_ms:
            next_ms = running() + (RENEW_EVERY_MS if _renew(app, wallet_name, secret, renewed) else RETRY_MS)

    with workspace.ledger(app) as ledger:
        app.screen.say(f"The orders of wallet {wallet_name} are kept fresh. Ctrl-C ends it.")
        try:
            keepfresh.run(ledger, view, keystore, running, tell, lambda text: app.screen.say(text, "warn"),
                          sleep=pause)
        except KeyboardInterrupt:
            num_fresh = sum(each["why_not"] is None for each in told)
            app.screen.say(f"It refreshed {num_fresh:,} margin{'' if num_fresh == 1 else 's'}.")
            app.screen.document({
                "wallet": wallet_name, "refreshed": told,
                "renewed": [{"order": each.old, "new": each.new, "why_not": each.why_not} for each in renewed],
            })  # fmt: skip


def _renew(app: App, wallet_name: str, secret: str, renewed: list[Renewed]) -> bool:
    """Places anew what is good until cancelled and expires soon.  Whether the wallet was free."""
    try:
        with desks.open(app.home, wallet_name, secret) as desk:
            if desk.session.wallet.is_watch_only:
                return True
            desk.sync()
            for each in renewing.step(desk.session, clock.now_ms()):
                renewed.append(each)
                text = f"as {each.new[:16]}." if each.new else f"not: {each.why_not}"
                app.screen.say(f"Order {each.old[:16]} is placed anew {text}", "good" if each.new else "warn")
    except (files.Busy, Unavailable):
        return False
    return True


def _text(outcome: Refreshed) -> str:
    name = f"Order {outcome.order_id.hex()[:16]}"
    if outcome.why_not is None:
        return f"{name} has margin for epoch {outcome.epoch} now."
    return f"{name} keeps its margin of epoch {outcome.epoch}, with which nobody can take it: {outcome.why_not}"


def _json(outcome: Refreshed) -> dict[str, Any]:
    return {"order": outcome.order_id.hex(), "epoch": outcome.epoch, "why_not": outcome.why_not}
