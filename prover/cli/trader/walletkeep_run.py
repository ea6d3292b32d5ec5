"""Runs `zksettle wallet passphrase|export|watch-key|import`."""

import os
from pathlib import Path

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, Done
from prover.trader import addresses, sessions, walletfile, wallets
from prover.trader.wallets import Wallet


def change_passphrase(app: App, name: str, passphrase_file: Path | None, new_passphrase_file: Path | None) -> None:
    """Changes a wallet's passphrase."""
    sessions.check_wallet(app.home, name)
    with walletfile.open(app.home.wallet(name), passphrase.ask(passphrase_file, name)) as file:
        file.change_passphrase(passphrase.choose_new(new_passphrase_file, f"wallet {name}"))
    app.done = Done(f"the passphrase of wallet {name} is changed", {"wallet": name}, "")
    app.screen.say(f"The passphrase of wallet {name} is changed.", "good")
    app.screen.say("Backups, exported files and other copies keep the passphrase they were made under.", "warn")
    app.screen.document({"wallet": name})


def export(
    app: App, name: str, file: Path, passphrase_file: Path | None, new_passphrase_file: Path | None
) -> None:
    """Exports a wallet."""
    wallet = _read(app, name, file, passphrase_file)
    walletfile.export(file, passphrase.choose_new(new_passphrase_file, str(file)), wallet)
    app.done = Done(f"wallet {name} is in {file}", {"wallet": name, "file": str(file)}, "")
    app.screen.say(f"Wallet {name} is in {file}, and was read back.", "good")
    can = "sees" if wallet.is_watch_only else "owns"
    app.screen.say(f"Who opens this file {can} everything in the wallet.", "warn")
    app.screen.document({"wallet": name, "file": str(file), "watch_only": wallet.is_watch_only})


def watch_key(
    app: App, name: str, file: Path, passphrase_file: Path | None, new_passphrase_file: Path | None, reserve: int
) -> None:
    """Writes a wallet's viewing key."""
    watching = wallets.watch_only(_read(app, name, file, passphrase_file), reserve)
    walletfile.export(file, passphrase.choose_new(new_passphrase_file, str(file)), watching)
    app.done = Done(f"the viewing key of wallet {name} is in {file}", {"wallet": name, "file": str(file)}, "")
    assert watching.viewing is not None, "it is watch-only"
    top = watching.viewing.accounts[-1].index
    app.screen.say(f"The viewing key of wallet {name} is in {file}, and was read back.", "good")
    app.screen.say(f"Who opens this file sees what the wallet has at the addresses 0 to {top}, now and later.", "warn")
    app.screen.document({"wallet": name, "file": str(file), "watch_only": True, "top_index": top})


def import_(
    app: App, name: str, file: Path, passphrase_file: Path | None, new_passphrase_file: Path | None
) -> None:
    """Makes a wallet of an exported one or of a viewing key."""
    path = app.home.wallet(name)
    if path.exists():
        raise FileExistsError(f"there is a wallet named {name} already")
    wallet = walletfile.read_exported(file, passphrase.ask_of(passphrase_file, str(file)))
    with walletfile.create(path, passphrase.choose_new(new_passphrase_file, f"wallet {name}"), wallet):
        pass
    app.done = Done(f"wallet {name} is imported", {"wallet": name, "file": str(path)}, "")
    address = addresses.encode(addresses.of(wallet.view, 0))
    kind = "a watch-only wallet" if wallet.is_watch_only else "a whole wallet"
    app.screen.say(f"Wallet {name} is imported; it is {kind}. `zksettle wallet sync {name}` brings it up to date.")
    app.screen.fields([("file", str(path)), ("address", address)])
    app.screen.document({
        "wallet": name, "file": str(path), "address": address, "watch_only": wallet.is_watch_only,
    })  # fmt: skip


def _read(app: App, name: str, output: Path, passphrase_file: Path | None) -> Wallet:
    """A wallet's content, after what can be refused without its passphrase."""
    sessions.check_wallet(app.home, name)
    if os.path.lexists(output):
        raise FileExistsError(f"{output} is there already: choose a new file")
    with walletfile.open(app.home.wallet(name), passphrase.ask(passphrase_file, name)) as file:
        return file.wallet
