"""Runs `zksettle wallet show`, `sync`, `merge` and `history`: what a wallet holds, finds and held."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import workspace
from prover.cli.frame.command import App
from prover.cli.trader import final, health_run, seizures, settled_run, show
from prover.machine import clock
from prover.trader import archive, boardview, health, keys, outbox, seized, sessions, walletsync
from prover.trader.seized import Seized
from prover.trader.wallets import Holding, Wallet
from settlement import amounts
from settlement.ledger import Ledger
from settlement.pool.pool import Pool

ROWS = 100  # accounts that are shown as text; --json shows all


def show_wallet(app: App, name: str, passphrase_file: Path | None) -> None:
    """Shows a wallet as of its last sync."""
    with workspace.open_desk(app, name, passphrase_file) as desk:
        wallet, pool = desk.session.wallet, desk.pool
        newest = wallet.live[-ROWS:]
        app.screen.table(("position", "kind", ">balances", ">orders"), show.holding_rows(wallet, newest, pool))
        if len(newest) < len(wallet.live):
            app.screen.say(f"These are the newest {ROWS:,} of {len(wallet.live):,} accounts; --json shows all.", "dim")
        ledger = desk.session.ledger
        app.screen.fields(
            [*show.total_fields(wallet, pool), *final.wallet_fields(ledger, wallet), *_untried(ledger, wallet)]
        )
        app.screen.fields(show.keys_fields(pool, app.home.keys))
        states = boardview.states(desk.session.ledger, wallet.orders, clock.now_ms())
        if wallet.orders:
            rows = [(o.order_id[:16], *amounts.show_trade(o.terms.changes, pool), clock.text(o.terms.expiry_ms), state,
                     o.terms.group.hex() if o.terms.is_lot else "")
                    for o, state in zip(wallet.orders, states, strict=True)]  # fmt: skip
            columns = ("own order", "sells", "buys", "expires", "board", "a lot of")
            has_lots = any(row[-1] for row in rows)
            app.screen.table(columns if has_lots else columns[:-1], rows if has_lots else [row[:-1] for row in rows])
        health_run.warn(app, desk.session.ledger, health.warnings(desk.session.ledger, wallet), name)
        _tell(app, lambda: {**_document(name, wallet, pool, app.home.keys), **final.wallet_json(ledger, wallet)})


def sync(app: App, name: str, passphrase_file: Path | None, rescan: bool, accept_older_ledger: bool) -> None:
    """Syncs a wallet and reports what changed."""
    if rescan and accept_older_ledger:
        raise click.UsageError("--accept-older-ledger starts over anyway: leave --rescan out")
    with workspace.open_desk(app, name, passphrase_file, accept_older_ledger=accept_older_ledger) as desk:
        evidence, pool = None, desk.pool
        if accept_older_ledger:
            synced, evidence = sessions.accept_older_ledger(desk.session)
        else:
            synced = sessions.rescan(desk.session) if rescan else desk.sync()
        app.screen.say(
            f"Wallet {name}: tried {synced.tried:,} new leaves, received {synced.received:,}, spent {synced.spent:,}."
        )
        if evidence is not None:
            kept = f"It started over: the ledger had lost events that it saw.  What it knew is kept in {evidence}."
            app.screen.say(kept, "warn")
        for order in synced.closed:
            app.screen.say(show.closed_text(order))
        for each in synced.seized:
            app.screen.say(seizures.text(each, pool), "warn")
        ledger = desk.session.ledger
        states = boardview.states(ledger, synced.wallet.orders, clock.now_ms())
        for own, state in zip(synced.wallet.orders, states, strict=True):
            if state != boardview.OPEN:
                app.screen.say(_order_state(own.order_id, state), "warn")
        at_risk = health.warnings(ledger, synced.wallet)
        health_run.warn(app, ledger, at_risk, name)
        totals = [*show.total_fields(synced.wallet, pool), *final.wallet_fields(ledger, synced.wallet)]
        app.screen.fields([*totals, *show.keys_fields(pool, app.home.keys)])
        _tell(app, lambda: {
            **_document(name, synced.wallet, pool, app.home.keys), **final.wallet_json(ledger, synced.wallet),
            "tried": synced.tried, "found": synced.received, "spent": synced.spent,
            "closed_orders": show.closed_json(synced.closed),
            "seized": [seizures.document(each, pool) for each in synced.seized],
            "orders_not_takable": [
                {"order": own.order_id, "state": state}
                for own, state in zip(synced.wallet.orders, states, strict=True) if state != boardview.OPEN
            ],
            "at_risk": [
                {"position": each.holding.position, **health_run.health_json(each)} for each in at_risk
            ],
            "evidence": None if evidence is None else str(evidence),
        })  # fmt: skip


def merge(app: App, name: str, passphrase_file: Path | None, accounts: int, once: str | None) -> None:
    """Merges accounts and reports the receipt."""
    outbox.check(once)  # before anybody is asked for a passphrase
    with settled_run.open_desk(app, name, passphrase_file) as desk:
        settlement = desk.merge(accounts, once=once)
        wallet = desk.session.wallet
        sentence = f"Wallet {name} merged {len(settlement.bundle.legs)} accounts into one and has {len(wallet.live):,}."
        if wallet.dust.count:
            again = f"`zksettle wallet sync {name} --rescan` finds small accounts that it only counts."
            sentence = f"{sentence}  {again}"
        settled_run.report(app, desk, settlement, sentence)


def show_history(app: App, name: str, passphrase_file: Path | None, newest: int) -> None:
    """Shows the accounts in a wallet's archive."""
    with workspace.open_desk(app, name, passphrase_file) as desk:
        session, pool = desk.session, desk.pool
        key = keys.archive_key(keys.viewing_key(session.wallet.view))
        spent = deque(archive.read(archive.beside(session.file.path), key), maxlen=newest)
        heights = [_spent_height(session.ledger, session.wallet, holding) for holding in spent]
        states = [None if height is None else final.state(session.ledger, height) for height in heights]
        ended = [_seized(session.ledger, holding, height) for holding, height in zip(spent, heights, strict=True)]
        if spent:
            rows = [
                (str(holding.position), show.kind(holding), show.balances_text(holding.account.balances, pool),
                 "" if height is None else str(height), "moved" if seizure is None else "seized", state or "")
                for holding, height, seizure, state in zip(spent, heights, ended, states, strict=True)
            ]  # fmt: skip
            columns = ("position", "kind", ">balances", ">spent at height", "how", "state")
            is_told = final.sizes(session.ledger)  # a pool without validators has nothing final
            app.screen.table(columns if is_told else columns[:-1], rows if is_told else [row[:-1] for row in rows])
            for seizure in filter(None, ended):
                app.screen.say(seizures.text(seizure, pool), "warn")
        else:
            app.screen.say(f"Wallet {name} has spent no account.")
        app.screen.document({
            "wallet": name,
            "spent_accounts": [
                {**show.holding_json(holding, pool), "spent_height": height,
                 "seizure": None if seizure is None else seizures.document(seizure, pool),
                 **({} if state is None else {"state": state})}
                for holding, height, seizure, state in zip(spent, heights, ended, states, strict=True)
            ],
        })  # fmt: skip


def _tell(app: App, document: Callable[[], Any]) -> None:
    """Prints the document with --json.  It hashes every account, which takes a second for some thousands."""
    if app.screen.is_json:
        app.screen.document(document())


def _spent_height(ledger: Ledger, wallet: Wallet, holding: Holding) -> int | None:
    """The height at which an account was spent; None when this ledger does not have that."""
    spend = ledger.reader.spend(walletsync.nullifier(wallet.view, holding))
    return None if spend is None else spend.height


def _seized(ledger: Ledger, holding: Holding, height: int | None) -> Seized | None:
    """The seizure that ended an archived account, or None when its owner moved it or this ledger does not have that."""
    return None if height is None else seized.find(ledger, holding)


def _order_state(order_id: str, state: str) -> str:
    """One sentence about an own order that nobody can take now, though it has not expired and its account is there."""
    short_id = order_id[:16]
    if state == boardview.STALE:
        return f"Order {short_id} has margin for an older epoch: `zksettle order refresh {short_id}` proves it again."
    end = f"Whoever copied it can still settle it; `zksettle order cancel {short_id}` ends that"
    if state == boardview.WITHDRAWN:
        return f"Order {short_id} is withdrawn. {end}."
    return (
        f"Order {short_id} is not on the board any more: it gave way to orders that show funds. {end}, and then it may "
        "be placed again."
    )


def _untried(ledger: Ledger, wallet: Wallet) -> show.Fields:
    untried = ledger.reader.tree().size - wallet.scanned
    leaves = f"{untried:,} new {'leaf' if untried == 1 else 'leaves'}"
    return [("not tried", f"{leaves}: `zksettle wallet sync` tries them")] if untried > 0 else []


def _document(name: str, wallet: Wallet, pool: Pool, keys_folder: Path) -> dict[str, Any]:
    return {
        "wallet": name,
        "watch_only": wallet.is_watch_only,
        **show.keys_json(pool, keys_folder),
        "balances": show.balances_json(wallet.balances, pool),
        "accounts": [show.holding_json(holding, pool) for holding in wallet.live],
        "small_accounts": {
            "count": wallet.dust.count, "balances": show.balances_json(wallet.dust.balances, pool)
        },
        "empty_accounts": wallet.empty,
        "orders": [
            {"order": order.order_id, "group": order.terms.group.hex() if order.terms.is_lot else None,
             **show.terms_json(order.terms, pool)}
            for order in wallet.orders
        ],
    }  # fmt: skip
