"""`zksettle wallet …`: keys, addresses and what an own wallet holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.cli.frame import passphrase, paths, workspace
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader import show

if TYPE_CHECKING:
    from prover.trader.wallets import Wallet
    from prover.trader.walletsync import Synced
    from settlement.pool import Pool

name_argument = click.argument("name", default="main", envvar="ZKSETTLE_WALLET")


@group()
def wallet() -> None:
    """Make, restore and look at wallets.  NAME is `main` where none is given."""


@wallet.command()
@name_argument
@passphrase.option
@pass_app
def new(app: App, name: str, passphrase_file: Path | None) -> None:
    """Make a wallet and show its seed phrase: write it down."""
    from prover.trader import addresses, walletfile, wallets

    path = app.home.wallet(name)
    made = wallets.new()
    with walletfile.create(path, passphrase.choose(passphrase_file, name), made):
        pass
    own = addresses.encode(addresses.of(made.seed, 0))
    app.screen.say(f"Wallet {name} is made. Its seed phrase restores it; whoever knows it owns all it holds:")
    _say_phrase(app, made.phrase)
    app.screen.fields([("file", str(path)), ("address", own)])
    app.screen.document({"wallet": name, "file": str(path), "seed_phrase": made.phrase, "address": own})


@wallet.command()
@name_argument
@passphrase.option
@click.option(
    "--phrase-file", type=paths.Existing(), metavar="FILE", help="A file whose first line is the seed phrase."
)
@pass_app
def restore(app: App, name: str, passphrase_file: Path | None, phrase_file: Path | None) -> None:
    """Make a wallet from a seed phrase.

    `wallet sync` then finds on the ledger what it owns.
    """
    from prover.trader import walletfile, wallets

    path = app.home.wallet(name)
    restored = wallets.restore(passphrase.phrase(phrase_file))
    with walletfile.create(path, passphrase.choose(passphrase_file, name), restored):
        pass
    app.screen.say(f"Wallet {name} is restored; `zksettle wallet sync {name}` finds what it owns.")
    app.screen.document({"wallet": name, "file": str(path)})


@wallet.command("phrase")
@name_argument
@passphrase.option
@pass_app
def phrase_(app: App, name: str, passphrase_file: Path | None) -> None:
    """Show the wallet's seed phrase again: whoever sees it owns all the wallet holds."""
    from prover.trader import walletfile

    with walletfile.open(app.home.wallet(name), passphrase.ask(passphrase_file, name)) as opened:
        phrase = opened.wallet.phrase
    _say_phrase(app, phrase)
    app.screen.document({"wallet": name, "seed_phrase": phrase})


@wallet.command()
@name_argument
@passphrase.option
@pass_app
def address(app: App, name: str, passphrase_file: Path | None) -> None:
    """Show the address at which the wallet is paid."""
    from prover.trader import addresses, walletfile

    with walletfile.open(app.home.wallet(name), passphrase.ask(passphrase_file, name)) as opened:
        own = addresses.encode(addresses.of(opened.wallet.seed, 0))
    app.screen.say(own)
    app.screen.document({"wallet": name, "address": own})


@wallet.command("show")
@name_argument
@passphrase.option
@pass_app
def show_(app: App, name: str, passphrase_file: Path | None) -> None:
    """Show what the wallet holds, and its own orders.

    As it was when it was last synced.
    """
    with workspace.session(app, name, passphrase_file) as session:
        held, pool = session.wallet, session.ledger.pool
        app.screen.table(("position", "kind", ">balances", ">orders"), show.holding_rows(held, pool))
        app.screen.fields([("in all", show.line(held.balances, pool)), *show.keys_fields(pool, app.home.keys)])
        if held.orders:
            rows = [(o.order_id[:16], *show.trade_text(o.terms.changes, pool), show.time_text(o.terms.expiry_ms))
                    for o in held.orders]  # fmt: skip
            app.screen.table(("own order", "sells", "buys", "expires"), rows)
        app.screen.document(_document(name, session.wallet, pool, app.home.keys))


@wallet.command()
@name_argument
@passphrase.option
@pass_app
def sync(app: App, name: str, passphrase_file: Path | None) -> None:
    """Find what has come in and what was spent.

    Every new leaf of the ledger is tried with the wallet's key.
    """
    from prover.trader import sessions

    with workspace.session(app, name, passphrase_file) as session:
        synced = sessions.sync(session)
        pool = session.ledger.pool
        app.screen.say(_sentence(name, synced))
        if synced.is_rescan:
            lost = "The ledger has lost events that this wallet had seen; all was looked for again."
            app.screen.say(lost, "warn")
        for order in synced.closed:
            app.screen.say(show.closed_text(order))
        origin = show.keys_fields(pool, app.home.keys)
        app.screen.fields([("in all", show.line(synced.wallet.balances, pool)), *origin])
        closed = show.closed_json(synced.closed)
        found = {"tried": synced.tried, "found": synced.received, "spent": synced.spent, "closed_orders": closed,
                 "was_set_back": synced.is_rescan}  # fmt: skip
        app.screen.document({**_document(name, synced.wallet, pool, app.home.keys), **found})


def _say_phrase(app: App, phrase: str) -> None:
    words = phrase.split()
    app.screen.say()
    for start in range(0, len(words), 6):
        app.screen.say("    " + " ".join(word.ljust(8) for word in words[start : start + 6]).rstrip(), "strong")
    app.screen.say()


def _sentence(name: str, synced: "Synced") -> str:
    return f"Wallet {name}: {synced.tried} new leaves tried, {synced.received} are its own; {synced.spent} spent since."


def _document(name: str, held: "Wallet", pool: "Pool", keys: Path) -> dict[str, Any]:
    return {
        "wallet": name,
        **show.keys_json(pool, keys),
        "balances": show.balances_json(held.balances, pool),
        "accounts": [show.holding_json(holding, pool) for holding in held.live],
        "orders": [{"order": order.order_id, **show.terms_json(order.terms, pool)} for order in held.orders],
    }
