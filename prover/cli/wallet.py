"""`zksettle wallet …`: keys, addresses and what an own wallet holds."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.cli import files, passphrase
from prover.cli.command import Session, group, pass_session

if TYPE_CHECKING:
    from prover.wallet import Wallet
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
    """Make a wallet.  Its seed phrase is shown this once: write it down."""
    from prover import address, wallet as wallets, walletfile

    path = session.home.wallet(name)
    made = wallets.new()
    with walletfile.create(path, passphrase.choose(passphrase_file, name), made):
        pass
    own = address.encode(address.of(made.seed, 0))
    session.screen.say(f"Wallet {name} is made. Its seed phrase restores it; whoever knows it owns all it holds:")
    session.screen.say()
    words = made.phrase.split()
    for start in range(0, len(words), 6):
        session.screen.say("    " + " ".join(word.ljust(8) for word in words[start : start + 6]).rstrip(), "strong")
    session.screen.say()
    session.screen.say("It is not shown again.")
    session.screen.fields([("file", str(path)), ("address", own)])
    session.screen.document({"wallet": name, "file": str(path), "seed_phrase": made.phrase, "address": own})


@wallet.command()
@name_argument
@passphrase.option
@click.option("--phrase-file", type=files.Existing(), metavar="FILE", help="A file whose first line is the seed phrase.")
@pass_session
def restore(session: Session, name: str, passphrase_file: Path | None, phrase_file: Path | None) -> None:
    """Make a wallet from a seed phrase and find on the ledger what it owns."""
    from prover import wallet as wallets, walletfile

    path = session.home.wallet(name)
    restored = wallets.restore(passphrase.phrase(phrase_file))
    with walletfile.create(path, passphrase.choose(passphrase_file, name), restored) as opened:
        session.screen.say(f"Wallet {name} is restored.")
        if session.home.ledger.exists():
            _sync(session, name, opened)
        else:
            session.screen.document({"wallet": name, "file": str(path)})


@wallet.command()
@name_argument
@passphrase.option
@pass_session
def address(session: Session, name: str, passphrase_file: Path | None) -> None:
    """Show the address at which the wallet is paid."""
    from prover import address as addresses, walletfile

    with walletfile.open(session.home.wallet(name), passphrase.ask(passphrase_file, name)) as opened:
        own = addresses.encode(addresses.of(opened.wallet.seed, 0))
    session.screen.say(own)
    session.screen.document({"wallet": name, "address": own})
