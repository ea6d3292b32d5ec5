"""Runs `zksettle wallet …`."""

from pathlib import Path
from typing import Any

from prover.cli.frame import passphrase, workspace
from prover.cli.frame.command import App
from prover.cli.trader import show
from prover.machine import clock
from prover.trader import addresses, sessions, walletfile, wallets
from prover.trader.wallets import Wallet
from settlement import amounts
from settlement.pool import Pool


def new(app: App, name: str, passphrase_file: Path | None) -> None:
    """Creates a wallet and shows its phrase and address."""
    path, wallet = app.home.wallet(name), wallets.new()
    with walletfile.create(path, passphrase.choose(passphrase_file, name), wallet):
        pass
    address = addresses.encode(addresses.of(wallet.seed, 0))
    app.screen.say(
        f"Wallet {name} is created. Its seed phrase restores it; anybody who knows the phrase owns everything in it:"
    )
    _say_phrase(app, wallet.phrase)
    app.screen.fields([("file", str(path)), ("address", address)])
    app.screen.document({"wallet": name, "file": str(path), "seed_phrase": wallet.phrase, "address": address})


def restore(app: App, name: str, passphrase_file: Path | None, phrase_file: Path | None) -> None:
    """Restores a wallet from its phrase."""
    path = app.home.wallet(name)
    wallet = wallets.restore(passphrase.phrase(phrase_file))
    with walletfile.create(path, passphrase.choose(passphrase_file, name), wallet):
        pass
    app.screen.say(f"Wallet {name} is restored. `zksettle wallet sync {name}` finds what it owns.")
    app.screen.document({"wallet": name, "file": str(path)})


def show_phrase(app: App, name: str, passphrase_file: Path | None) -> None:
    """Shows a wallet's phrase."""
    phrase = _read(app, name, passphrase_file).phrase
    _say_phrase(app, phrase)
    app.screen.document({"wallet": name, "seed_phrase": phrase})


def show_address(app: App, name: str, passphrase_file: Path | None) -> None:
    """Shows a wallet's address."""
    address = addresses.encode(addresses.of(_read(app, name, passphrase_file).seed, 0))
    app.screen.say(address)
    app.screen.document({"wallet": name, "address": address})


def show_wallet(app: App, name: str, passphrase_file: Path | None) -> None:
    """Shows a wallet as of its last sync."""
    with workspace.open_desk(app, name, passphrase_file) as desk:
        wallet, pool = desk.session.wallet, desk.pool
        app.screen.table(("position", "kind", ">balances", ">orders"), show.holding_rows(wallet, pool))
        app.screen.fields([("total", show.line(wallet.balances, pool)), *show.keys_fields(pool, app.home.keys)])
        if wallet.orders:
            rows = [(o.order_id[:16], *amounts.show_trade(o.terms.changes, pool), clock.text(o.terms.expiry_ms))
                    for o in wallet.orders]  # fmt: skip
            app.screen.table(("own order", "sells", "buys", "expires"), rows)
        app.screen.document(_document(name, wallet, pool, app.home.keys))


def sync(app: App, name: str, passphrase_file: Path | None, accept_older_ledger: bool) -> None:
    """Syncs a wallet and reports what changed."""
    with workspace.open_desk(app, name, passphrase_file, accept_older_ledger=accept_older_ledger) as desk:
        evidence, pool = None, desk.pool
        if accept_older_ledger:
            synced, evidence = sessions.accept_older_ledger(desk.session)
        else:
            synced = desk.sync()
        app.screen.say(
            f"Wallet {name}: tried {synced.tried} new leaves, received {synced.received}, spent {synced.spent}."
        )
        if evidence is not None:
            kept = f"It started over: the ledger had lost events that it saw.  What it knew is kept in {evidence}."
            app.screen.say(kept, "warn")
        for order in synced.closed:
            app.screen.say(show.closed_text(order))
        origin = show.keys_fields(pool, app.home.keys)
        app.screen.fields([("total", show.line(synced.wallet.balances, pool)), *origin])
        app.screen.document({
            **_document(name, synced.wallet, pool, app.home.keys),
            "tried": synced.tried, "found": synced.received, "spent": synced.spent,
            "closed_orders": show.closed_json(synced.closed),
            "evidence": None if evidence is None else str(evidence),
        })  # fmt: skip


def _read(app: App, name: str, passphrase_file: Path | None) -> Wallet:
    """A wallet's content.  It needs no ledger."""
    sessions.check_wallet(app.home, name)
    with walletfile.open(app.home.wallet(name), passphrase.ask(passphrase_file, name)) as file:
        return file.wallet


def _say_phrase(app: App, phrase: str) -> None:
    words = phrase.split()
    app.screen.say()
    for start in range(0, len(words), 6):
        app.screen.say("    " + " ".join(word.ljust(8) for word in words[start : start + 6]).rstrip(), "strong")
    app.screen.say()


def _document(name: str, wallet: Wallet, pool: Pool, keys: Path) -> dict[str, Any]:
    return {
        "wallet": name,
        **show.keys_json(pool, keys),
        "balances": show.balances_json(wallet.balances, pool),
        "accounts": [show.holding_json(holding, pool) for holding in wallet.live],
        "orders": [{"order": order.order_id, **show.terms_json(order.terms, pool)} for order in wallet.orders],
    }
