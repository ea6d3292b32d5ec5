"""Runs `zksettle order replace|oco|history`."""

from pathlib import Path
from typing import Any

from prover.cli.frame import workspace
from prover.cli.frame.command import App, Done
from prover.cli.trader import consent, contact_run, lots_run, order_run, sent_run, settled_run, show
from prover.desk import Desk
from prover.machine import clock
from prover.orderdesk import Told
from prover.trader import outbox
from prover.trader import readers as trader_readers
from prover.trader.boardview import GONE, OPEN, STALE
from prover.trader.lots.exchanging import Exchanged
from settlement import amounts
from settlement.pool.pool import Pool
from zk.errors import FormatError


def replace(
    app: App, order_id: str, sell: tuple[str, ...], buy: tuple[str, ...], readers: tuple[str, ...],
    expires: str | None, until: str | None, same_account: bool, wallet_name: str, passphrase_file: Path | None,
    shows_funds: bool, is_agreed: bool,
) -> None:  # fmt: skip
    """Replaces an order and shows what the public sees of the new one."""
    life = order_run.life(expires, until)
    is_public = order_run.check_readers(readers) if readers else False
    agree = consent.to_place(app, is_public=is_public, is_agreed=is_agreed)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        sells, buys, to = sell or None, buy or None, readers or None
        if lots_run.is_set(desk, order_id):
            if same_account:
                raise FormatError("the accounts of a set in lots always move: leave out --same-account")
            exchanged = desk.replace_lots(
                order_id, sell=sells, buy=buys, to=to, **life, agree=agree, funds=shows_funds
            )  # fmt: skip
            _replace_set(app, desk, exchanged)
            return
        replaced = desk.replace(
            order_id, sell=sells, buy=buys, to=to, **life, agree=agree, same_account=same_account, funds=shows_funds
        )  # fmt: skip
        placed, old = replaced.placed, replaced.old[:16]
        with app.screen.delivering():
            sold, bought = amounts.show_trade(placed.terms.changes, desk.pool)
            app.screen.say(f"It sells {sold} and buys {bought}, in place of order {old}.")
            if replaced.old_until_ms:
                app.screen.paragraph(
                    f"Order {old} is off the board. One of the two settles at most, and until "
                    f"{clock.text(replaced.old_until_ms)} whoever copied the old one can settle that one instead: "
                    f"`zksettle order cancel {old}` ends both."
                )
            else:
                app.screen.say(f"Order {old} is void: its account has moved.")
            app.screen.say("The public sees this:", "dim")
            app.screen.fields([("order", placed.order_id), *show.public_leg_fields(placed.leg, desk.pool)])
            app.screen.document({
                "order": placed.order_id, "replaces": replaced.old, "old_until_ms": replaced.old_until_ms or None,
                "repeated": placed.is_repeated, "open": placed.is_open, "public": show.public_leg_json(placed.leg),
                "terms": show.terms_json(placed.terms, desk.pool), **sent_run.tell(app, desk),
            })  # fmt: skip
        settled_run.confirm(app, desk, placed)


def _replace_set(app: App, desk: Desk, exchanged: Exchanged) -> None:
    placed, old = exchanged.placed, exchanged.old
    with app.screen.delivering():
        sells, buys = amounts.show_trade(placed.changes, desk.pool)
        app.screen.say(f"Order {placed.group} in {len(placed.order_ids)} lots is in place of {old}.", "good")
        app.screen.say(f"It sells {sells} and buys {buys}. What was left of the old one is void.")
        app.screen.document({
            **lots_run.placed_document(placed, desk.pool), "replaces": old, **sent_run.tell(app, desk),
        })  # fmt: skip
    desk.confirm_set(placed)


def oco(
    app: App, orders: tuple[str, ...], readers: tuple[str, ...], expires: str | None, until: str | None,
    wallet_name: str, passphrase_file: Path | None, position: int | None, shows_funds: bool, once: str | None,
    is_agreed: bool,
) -> None:  # fmt: skip
    """Places alternatives and shows their ids."""
    outbox.check(once)
    life = order_run.life(expires, until)
    agree = consent.to_place(app, is_public=order_run.check_readers(readers), is_agreed=is_agreed)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        note = contact_run.uncompared(desk, readers)
        placed = desk.place_either(
            orders, to=readers, **life, position=position, agree=agree, funds=shows_funds, once=once
        )
        document = {"alternatives": placed.name, "orders": list(placed.order_ids), "repeated": placed.is_repeated}
        count = len(placed.order_ids)
        app.done = Done(f"{count} orders are on the board, of which one settles at most", document)
        with app.screen.delivering():
            if placed.is_repeated:
                app.screen.say("They were placed by an earlier run with the same --once. Nothing was done now.", "warn")
            else:
                app.screen.say(f"{count} orders are on the board, of which one settles at most.", "good")
            if note:
                app.screen.say(note, "dim")
            app.screen.table(("order", "it sells and buys"), list(zip(placed.order_ids, orders, strict=False)))
            app.screen.document(document)
        desk.confirm_either(placed)


def history(app: App, only_open: bool, wallet_name: str, passphrase_file: Path | None) -> None:
    """Lists a wallet's orders."""
    with workspace.open_desk(app, wallet_name, passphrase_file) as desk:
        found = [told for told in desk.order_history() if not only_open or told.state in (OPEN, STALE, GONE)]
        rows = [_row(desk, told) for told in found]
        if rows:
            app.screen.table(("order", "placed", "it sells", "it buys", "to", "state", "until"), rows)
        else:
            app.screen.say(f"Wallet {wallet_name} has no order to show.")
        app.screen.document({"wallet": wallet_name, "orders": [_json(told, desk.pool) for told in found]})


def _row(desk: Desk, told: Told) -> tuple[str, ...]:
    own, mark = told.own, told.own.mark
    sells, buys = amounts.show_trade(own.terms.changes, desk.pool)
    readers = ", ".join(name if len(name) <= 32 else f"{name[:12]}…" for name in told.readers)
    state = told.state if told.taken_height is None else f"taken at height {told.taken_height}"
    more = [f"by {told.replaced_by[:8]}"] if told.replaced_by else []
    more += [f"or another of {mark.alternatives[:8]}"] if mark.alternatives else []
    more += [f"a lot of {own.terms.group.hex()[:8]}"] if own.terms.is_lot else []
    until = "cancelled" if mark.is_kept else clock.text(own.terms.expiry_ms)
    placed = clock.text(mark.placed_ms) if mark.placed_ms else ""
    return own.order_id[:16], placed, sells, buys, readers, ", ".join([state, *more]), until


def _json(told: Told, pool: Pool) -> dict[str, Any]:
    own, mark = told.own, told.own.mark
    return {
        "order": own.order_id, "state": told.state, "taken_height": told.taken_height,
        "placed_ms": mark.placed_ms or None, "expiry_ms": own.terms.expiry_ms, "until_cancelled": mark.is_kept,
        "to": list(told.readers), "everybody": told.readers == (trader_readers.EVERYBODY,),
        "replaces": mark.replaces or None, "replaced_by": told.replaced_by,
        "alternatives": mark.alternatives or None, "group": own.terms.group.hex() if own.terms.is_lot else None,
        "terms": show.terms_json(own.terms, pool),
    }  # fmt: skip
