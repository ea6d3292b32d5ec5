"""An open wallet without what moves: its address, words and copies, and what it holds.  prover.desk adds the rest."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from prover.machine import clock
from prover.premises import PathLike
from prover.trader import addresses, contacts, sessions, walletfile, wallets, walletscan
from prover.trader.addresses import Address
from prover.trader.contacts import Contact
from prover.trader.sessions import Session
from prover.trader.walletsync import Synced
from settlement import amounts
from settlement.pool.pool import Pool


class OpenWallet:
    """An open wallet and its home's open ledger.  Use it in a `with` block or `close` it, which unlocks the wallet.

    It proves on `threads` threads; None means as many as the machine has cores.
    """

    def __init__(self, name: str, session: Session, resources: ExitStack, threads: int | None = None):
        self.name = name
        self.threads = threads
        self.session = session
        self._resources = resources

    def __repr__(self) -> str:
        return f"{type(self).__name__}(wallet {self.name!r}, pool {self.pool.name!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the wallet and the ledger."""
        self._resources.close()

    @property
    def pool(self) -> Pool:
        """The ledger's pool."""
        return self.session.ledger.pool

    @property
    def address(self) -> str:
        """The address at which this wallet is paid, and to which others seal the terms of their orders."""
        return addresses.encode(addresses.of(self.session.wallet.view, 0))

    def address_of(self, number: int) -> str:
        """Another address of this wallet, which has nothing in common with the others."""
        return addresses.encode(walletscan.address(self.session.wallet, number))

    def contacts(self) -> tuple[Contact, ...]:
        """The contacts of this wallet, by name."""
        return contacts.read(self.session.file.path, self.session.wallet.view)

    def add_contact(self, name: str, address: str) -> None:
        """Adds a contact, whose name then stands for the address wherever one is asked for."""
        self._keep_contacts(contacts.add(self.contacts(), name, address, clock.now_ms()))

    def remove_contact(self, name: str) -> None:
        """Forgets a contact."""
        self._keep_contacts(contacts.remove(self.contacts(), name))

    def named(self, text: str) -> Address:
        """The address that a text is, or that the contact of this name has."""
        kept = () if text.startswith(addresses.PREFIX) else self.contacts()
        return contacts.resolve(kept, text)

    def fingerprint(self, text: str | None = None) -> str:
        """What to compare of an address, or of a contact's, on another way than it came; by default of this wallet's.

        Five groups of four letters, such as "q0wz …".
        """
        return contacts.fingerprint(self.session.ledger.ledger_id, self.named(text or self.address))

    def _keep_contacts(self, kept: Sequence[Contact]) -> None:
        contacts.write(self.session.file.path, self.session.wallet.view, kept)

    @property
    def seed_phrase(self) -> str:
        """The 24 words that restore this wallet.  Anybody who knows them owns everything in it."""
        return self.session.wallet.own_phrase

    def change_passphrase(self, passphrase: str) -> None:
        """Seals the wallet under another passphrase.  Copies that were made before keep the old one."""
        self.session.file.change_passphrase(passphrase)

    def export(self, file: PathLike, passphrase: str) -> None:
        """Writes the wallet to a new file under a passphrase of its own; `import_wallet` reads it."""
        walletfile.export(Path(file), passphrase, self.session.wallet)

    def export_viewing_key(self, file: PathLike, passphrase: str, *, reserve: int = wallets.RESERVE) -> None:
        """Writes a viewing key to a new file; `import_wallet` makes a wallet of it that sees and cannot move."""
        walletfile.export(Path(file), passphrase, wallets.watch_only(self.session.wallet, reserve))

    def sync(self) -> Synced:
        """Finds what the wallet has received and spent since the last sync, and which of its orders were taken.

        Raises LedgerWentBack when the ledger lost an event that the wallet saw.
        """
        return sessions.sync(self.session)

    def balances(self) -> dict[str, str]:
        """{symbol: amount} of everything that the wallet holds or owes now, with what it only counts."""
        wallet = self.sync().wallet
        totals = zip(self.pool.assets, wallet.balances, wallet.dust.balances, strict=True)
        balances = [(asset, kept + counted) for asset, kept, counted in totals]
        return {asset.symbol: amounts.number(balance, asset.decimals) for asset, balance in balances if balance}
