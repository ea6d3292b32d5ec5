"""Runs `zksettle wallet new`, `restore`, `phrase` and `address`."""

from pathlib import Path

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, Done
from prover.trader import addresses, sessions, walletfile, wallets, walletscan
from prover.trader.wallets import Wallet


def new(app: App, name: str, passphrase_file: Path | None) -> None:
    """Creates a wallet and shows its phrase and address."""
    path, wallet = app.home.wallet(name), wallets.new()
    with walletfile.create(path, passphrase.choose(passphrase_file, name), wallet):
        pass
    remedy = f"`zksettle wallet phrase {name}` shows its seed phrase."
    app.done = Done(f"wallet {name} is created", {"wallet": name, "file": str(path)}, remedy)
    address = addresses.encode(addresses.of(wallet.seed, 0))
    app.screen.say(
        f"Wallet {name} is created. Its seed phrase restores it; anybody who knows the phrase owns everything in it:"
    )
    _say_phrase(app, wallet.own_phrase)
    app.screen.fields([("file", str(path)), ("address", address)])
    app.screen.document({"wallet": name, "file": str(path), "seed_phrase": wallet.phrase, "address": address})


def restore(app: App, name: str, passphrase_file: Path | None, phrase_file: Path | None) -> None:
    """Restores a wallet from its phrase."""
    path = app.home.wallet(name)
    wallet = wallets.restore(passphrase.phrase(phrase_file))
    with walletfile.create(path, passphrase.choose(passphrase_file, name), wallet):
        pass
    app.done = Done(f"wallet {name} is restored", {"wallet": name, "file": str(path)}, "")
    app.screen.say(f"Wallet {name} is restored. `zksettle wallet sync {name}` finds what it owns.")
    app.screen.document({"wallet": name, "file": str(path)})


def show_phrase(app: App, name: str, passphrase_file: Path | None) -> None:
    """Shows a wallet's phrase."""
    sessions.check_wallet(app.home, name)
    phrase = walletfile.phrase(app.home.wallet(name), passphrase.ask(passphrase_file, name))
    _say_phrase(app, phrase)
    app.screen.document({"wallet": name, "seed_phrase": phrase})


def show_address(app: App, name: str, passphrase_file: Path | None, number: int) -> None:
    """Shows an address of a wallet."""
    address = addresses.encode(walletscan.address(_read(app, name, passphrase_file), number))
    app.screen.say(address)
    app.screen.document({"wallet": name, "number": number, "address": address})


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
