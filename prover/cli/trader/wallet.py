"""`zksettle wallet …`: keys, addresses and what an own wallet holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.cli.frame import passphrase, paths, workspace
from prover.cli.frame.command import Session, group, pass_session
from prover.cli.trader import show

if TYPE_CHECKING:
    from prover.trader.sync import Synced
    from prover.trader.wallet import Wallet
    from settlement.pool import Pool

name_argument = click.argument("name", default="main", envvar="ZKSETTLE_WALLET")


@group()
def wallet() -> None:
    """Make, restore and look at wallets.  NAME is `main` where none is given."""


@wallet.command()
@name_argument
@passphrase.option
@pass_session
def new(session: Session, name: str, passphrase_file: Path | None) -> None:
    """Make a wallet and show its seed phrase: write it down."""
    from prover.trader import address, walletfile
    from prover.trader import wallet as wallets

    path = session.home.wallet(name)
    made = wallets.new()
    with walletfile.create(path, passphrase.choose(passphrase_file, name), made):
        pass
    own = address.encode(address.of(made.seed, 0))
    session.screen.say(f"Wallet {name} is made. Its seed phrase restores it; whoever knows it owns all it holds:")
    _say_phrase(session, made.phrase)
    session.screen.fields([("file", str(path)), ("address", own)])
    session.screen.document({"wallet": name, "file": str(path), "seed_phrase": made.phrase, "address": own})


@wallet.command()
@name_argument
@passphrase.option
@click.option(
    "--phrase-file", type=paths.Existing(), metavar="FILE", help="A file whose first line is the seed phrase."
)
@pass_session
def restore(session: Session, name: str, passphrase_file: Path | None, phrase_file: Path | None) -> None:
    """Make a wallet from a seed phrase.

    `wallet sync` then finds on the ledger what it owns.
    """
    from prover.trader import wallet as wallets
    from prover.trader import walletfile

    path = session.home.wallet(name)
    restored = wallets.restore(passphrase.phrase(phrase_file))
    with walletfile.create(path, passphrase.choose(passphrase_file, name), restored):
        pass
    session.screen.say(f"Wallet {name} is restored; `zksettle wallet sync {name}` finds what it owns.")
    session.screen.document({"wallet": name, "file": str(path)})


@wallet.command("phrase")
@name_argument
@passphrase.option
@pass_session
def phrase_(session: Session, name: str, passphrase_file: Path | None) -> None:
    """Show the wallet's seed phrase again: whoever sees it owns all the wallet holds."""
    from prover.trader import walletfile

    with walletfile.open(session.home.wallet(name), passphrase.ask(passphrase_file, name)) as opened:
        phrase = opened.wallet.phrase
    _say_phrase(session, phrase)
    session.screen.document({"wallet": name, "seed_phrase": phrase})


@wallet.command()
@name_argument
@passphrase.option
@pass_session
def address(session: Session, name: str, passphrase_file: Path | None) -> None:
    """Show the address at which the wallet is paid."""
    from prover.trader import address as addresses
    from prover.trader import walletfile

    with walletfile.open(session.home.wallet(name), passphrase.ask(passphrase_file, name)) as opened:
        own = addresses.encode(addresses.of(opened.wallet.seed, 0))
    session.screen.say(own)
    session.screen.document({"wallet": name, "address": own})


@wallet.command("show")
@name_argument
@passphrase.option
@pass_session
def show_(session: Session, name: str, passphrase_file: Path | None) -> None:
    """Show what the wallet holds, and its own orders.

    As it was when it was last synced.
    """
    with workspace.desk(session, name, passphrase_file) as desk:
        held, pool = desk.wallet, desk.ledger.pool
        session.screen.table(("position", "kind", ">balances", ">orders"), show.holding_rows(held, pool))
        session.screen.fields([("in all", show.line(held.balances, pool)), *show.keys_fields(pool, session.home.keys)])
        if held.orders:
            rows = [(o.order_id[:16], *show.trade_text(o.terms.changes, pool), show.time_text(o.terms.expiry_ms))
                    for o in held.orders]  # fmt: skip
            session.screen.table(("own order", "sells", "buys", "expires"), rows)
        session.screen.document(_document(name, desk.wallet, pool, session.home.keys))


@wallet.command()
@name_argument
@passphrase.option
@pass_session
def sync(session: Session, name: str, passphrase_file: Path | None) -> None:
    """Find what has come in and what was spent.

    Every new leaf of the ledger is tried with the wallet's key.
    """
    from prover.trader import session as desks

    with workspace.desk(session, name, passphrase_file) as desk:
        synced = desks.sync(desk)
        pool = desk.ledger.pool
        session.screen.say(_sentence(name, synced))
        if synced.was_set_back:
            lost = "The ledger has lost events that this wallet had seen; all was looked for again."
            session.screen.say(lost, "warn")
        for order in synced.closed:
            session.screen.say(show.closed_text(order))
        origin = show.keys_fields(pool, session.home.keys)
        session.screen.fields([("in all", show.line(synced.wallet.balances, pool)), *origin])
        closed = show.closed_json(synced.closed)
        found = {"tried": synced.tried, "found": synced.found, "spent": synced.spent, "closed_orders": closed,
                 "was_set_back": synced.was_set_back}  # fmt: skip
        session.screen.document({**_document(name, synced.wallet, pool, session.home.keys), **found})


def _say_phrase(session: Session, phrase: str) -> None:
    words = phrase.split()
    session.screen.say()
    for start in range(0, len(words), 6):
        session.screen.say("    " + " ".join(word.ljust(8) for word in words[start : start + 6]).rstrip(), "strong")
    session.screen.say()


def _sentence(name: str, synced: "Synced") -> str:
    return f"Wallet {name}: {synced.tried} new leaves tried, {synced.found} are its own; {synced.spent} spent since."


def _document(name: str, held: "Wallet", pool: "Pool", keys: Path) -> dict[str, Any]:
    return {
        "wallet": name,
        **show.keys_json(pool, keys),
        "balances": show.balances_json(held.balances, pool),
        "accounts": [show.holding_json(holding, pool) for holding in held.live],
        "orders": [{"order": order.order_id, **show.terms_json(order.terms, pool)} for order in held.orders],
    }
