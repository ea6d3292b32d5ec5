"""Runs `zksettle contact …`, and says which contacts were never compared."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, Done
from prover.desk import Desk
from prover.machine import clock
from prover.trader import addresses, contacts, sessions, walletfile, walletscan
from prover.trader.contacts import Contact
from prover.trader.walletfile import WalletFile
from settlement.ids import LedgerId
from settlement.ledger import Ledger


@dataclass(frozen=True)
class _Book:
    """An open wallet file, its contacts, and the id of the home's ledger; None in a home without a pool."""

    file: WalletFile
    kept: tuple[Contact, ...]
    ledger_id: LedgerId | None

    def save(self, kept: Sequence[Contact]) -> None:
        contacts.write(self.file.path, self.file.wallet.view, kept)

    def fingerprint(self, contact: Contact) -> str | None:
        if self.ledger_id is None:
            return None
        return contacts.fingerprint(self.ledger_id, addresses.decode(contact.address))


def add(app: App, name: str, address: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Adds a contact."""
    contacts.check_name(name)
    addresses.decode(address)  # before anybody is asked for a passphrase
    with _open(app, wallet_name, passphrase_file) as book:
        kept = contacts.add(book.kept, name, address, clock.now_ms())
        book.save(kept)
        document = _json(book, kept[-1])
        app.done = Done(f"{name} is a contact", document, "")
        app.screen.say(f"{name} is a contact of wallet {wallet_name}.", "good")
        if found := book.fingerprint(kept[-1]):
            app.screen.fields([("fingerprint", found)])
            app.screen.paragraph(
                f"Ask {name} for the fingerprint on another way than this address came: `zksettle contact verify "
                f"{name} FINGERPRINT` compares it."
            )
        app.screen.document(document)


def show_all(app: App, wallet_name: str, passphrase_file: Path | None) -> None:
    """Lists the contacts."""
    with _open(app, wallet_name, passphrase_file) as book:
        if book.kept:
            app.screen.table(
                ("name", "fingerprint", "compared"),
                [(each.name, book.fingerprint(each) or "", _compared(each)) for each in book.kept],
            )
        else:
            app.screen.say(f"Wallet {wallet_name} has no contacts: `zksettle contact add NAME ADDRESS` adds one.")
        app.screen.document({"wallet": wallet_name, "contacts": [_json(book, each) for each in book.kept]})


def show(app: App, name: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Shows one contact."""
    with _open(app, wallet_name, passphrase_file) as book:
        found = contacts.find(book.kept, name)
        app.screen.fields([
            ("name", found.name), ("address", found.address),
            ("fingerprint", book.fingerprint(found) or "there is no pool here to make it for"),
            ("added", clock.text(found.added_ms)), ("compared", _compared(found)),
        ])  # fmt: skip
        app.screen.document(_json(book, found))


def remove(app: App, name: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Forgets a contact."""
    with _open(app, wallet_name, passphrase_file) as book:
        gone = contacts.find(book.kept, name)
        book.save(contacts.remove(book.kept, name))
        document = _json(book, gone)
        app.done = Done(f"{gone.name} is no contact any more", document, "")
        app.screen.say(f"{gone.name} is no contact any more.", "good")
        app.screen.document(document)


def rename(app: App, name: str, new: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Gives a contact another name."""
    contacts.check_name(new)
    with _open(app, wallet_name, passphrase_file) as book:
        kept = contacts.rename(book.kept, name, new)
        book.save(kept)
        document = _json(book, kept[-1])
        app.done = Done(f"{name} is {new} now", document, "")
        app.screen.say(f"{name} is {new} now.", "good")
        app.screen.document(document)


def verify(app: App, name: str, told: tuple[str, ...], wallet_name: str, passphrase_file: Path | None) -> None:
    """Compares a fingerprint, and remembers that it was right."""
    with _open(app, wallet_name, passphrase_file) as book:
        app.home.check_pool()
        assert book.ledger_id is not None, "there is a pool"
        kept = contacts.compare(book.kept, name, " ".join(told), book.ledger_id, clock.now_ms())
        book.save(kept)
        document = _json(book, contacts.find(kept, name))
        app.done = Done(f"{name} was compared", document, "")
        app.screen.say(f"The fingerprint is that of {name}'s address here.", "good")
        app.screen.document(document)


def fingerprint(app: App, number: int, wallet_name: str, passphrase_file: Path | None) -> None:
    """Shows the fingerprint of an own address."""
    with _open(app, wallet_name, passphrase_file) as book:
        app.home.check_pool()
        assert book.ledger_id is not None, "there is a pool"
        own = walletscan.address(book.file.wallet, number)
        text = contacts.fingerprint(book.ledger_id, own)
        app.screen.say(text)
        app.screen.document({
            "wallet": wallet_name, "number": number, "address": addresses.encode(own), "fingerprint": text,
        })  # fmt: skip


def uncompared(desk: Desk, texts: Sequence[str]) -> str:
    """A sentence about the contacts among the texts whose addresses nobody has compared; empty when there are none."""
    asked = {text.casefold() for text in texts}
    names = [each.name for each in desk.contacts() if each.name.casefold() in asked and not each.compared_ms]
    if not names:
        return ""
    return f"Nobody has compared the address of {', '.join(names)} yet: see `zksettle contact verify --help`."


@contextmanager
def _open(app: App, wallet_name: str, passphrase_file: Path | None) -> Iterator[_Book]:
    """The contacts of a wallet.  Fingerprints need the id of the home's ledger; no service is asked for anything."""
    home = app.home
    sessions.check_wallet(home, wallet_name)
    ledger_id = None
    if home.pool.exists():
        home.check_pool()
        with Ledger.open(home.ledger, read_only=True) as ledger:
            ledger_id = ledger.ledger_id
    with walletfile.open(home.wallet(wallet_name), passphrase.ask(passphrase_file, wallet_name)) as file:
        yield _Book(file, contacts.read(file.path, file.wallet.view), ledger_id)


def _compared(contact: Contact) -> str:
    return clock.text(contact.compared_ms) if contact.compared_ms else "never"


def _json(book: _Book, contact: Contact) -> dict[str, Any]:
    return {
        "name": contact.name, "address": contact.address, "fingerprint": book.fingerprint(contact),
        "added_ms": contact.added_ms, "compared_ms": contact.compared_ms or None,
    }  # fmt: skip
