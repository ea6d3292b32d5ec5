"""The encrypted file of a wallet, open in one process at a time.  prover/trader/walletformat.py has its bytes."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import constant_time

from prover.machine import files
from prover.machine.home import Home, is_wallet_name
from prover.trader import archive, keys, orderhistory, walletformat, wallets
from prover.trader.orderhistory import Ended
from prover.trader.walletformat import Envelope, Kdf, OldEnvelope
from prover.trader.wallets import Holding, Wallet
from zk import entropy
from zk.errors import FormatError

MIN_PASSPHRASE = 8  # characters
COST = {"iterations": 3, "lanes": 4, "memory_kib": 64 << 10}


class WrongPassphrase(FormatError):
    """The passphrase does not open this file."""


@dataclass(frozen=True)
class LastSeen:
    """The newest event that a wallet saw: the wallet's name, the ledger's id, the event's height and its digest."""

    name: str
    ledger_id: str
    height: int
    digest: str


class WalletFile:
    """An open wallet file.  `wallet` is its content, and `save` replaces it."""

    def __init__(self, path: Path, envelope: Envelope, key: bytes, wallet: Wallet):
        self.path = path
        self.wallet = wallet
        self._envelope = envelope
        self._key = key

    def __repr__(self) -> str:
        return "WalletFile"

    def save(self, wallet: Wallet, spent: Sequence[Holding] = (), closed: Sequence[Ended] = ()) -> None:
        """Archives spent accounts and closed orders, seals the wallet and replaces the file.  Then all are durable.

        Raises FormatError, and changes nothing, when the wallet could not be read again.
        """
        envelope, data = walletformat.seal(self._envelope, self._key, wallet)
        self._check_readable(data, wallet)
        if spent:
            archive.append(archive.beside(self.path), keys.archive_key(keys.viewing_key(wallet.view)), spent)
        if closed:
            orderhistory.keep(self.path, self.wallet, closed)
        files.replace(self.path, data)
        self.wallet, self._envelope = wallet, envelope

    def change_passphrase(self, passphrase: str) -> None:
        """Seals the wallet under another passphrase, with a fresh salt, and replaces the file.

        Raises FormatError when the passphrase is too short.
        """
        check_passphrase(passphrase)
        before = self._envelope, self._key
        try:
            self._envelope, self._key = _fresh(passphrase)
            self.save(self.wallet)
        except BaseException:
            self._envelope, self._key = before
            raise

    def keep_evidence(self) -> Path:
        """Copies the file, and moves its archive, to names after the height it saw.  Returns the path of the copy."""
        number, name = 1, f"{self.path.name}.seen-{self.wallet.seen_height}"
        while (copy := self.path.with_name(name if number == 1 else f"{name}-{number}")).exists():
            number += 1
        files.remove_unfinished(copy)
        files.replace(copy, files.read(self.path, walletformat.MAX_OLD_BYTES))
        if (old := archive.beside(self.path)).exists():
            old.rename(copy.with_name(copy.name + archive.SUFFIX))
        return copy

    def forget_archive(self) -> None:
        """Removes the archive before a rescan writes it again."""
        archive.beside(self.path).unlink(missing_ok=True)

    def _check_readable(self, data: bytes, wallet: Wallet) -> None:
        try:
            envelope = walletformat.parse(self.path, data)
            assert isinstance(envelope, Envelope), "it was written in today's version"
            again = walletformat.content(self.path, envelope, self._key)
        except FormatError as error:
            why = f"the wallet {self.path.stem} is not saved, for it could not be read again: {error}"
            raise FormatError(why) from None
        assert again == wallet, "a wallet is read as it was written"


@contextmanager
def create(path: Path, passphrase: str, wallet: Wallet) -> Iterator[WalletFile]:
    """Creates the file of a wallet and opens it.  Raises FileExistsError rather than replace a wallet."""
    with files.locked(path, f"the wallet {path.stem}"):
        if path.exists():
            raise FileExistsError(f"there is a wallet named {path.stem} already")
        file = WalletFile(path, *_fresh(passphrase), wallet)
        file.save(wallet)
        yield file


@contextmanager
def open(path: Path, passphrase: str) -> Iterator[WalletFile]:
    """Opens a wallet file and locks it until the context ends.

    Raises FormatError when the file is missing, of another version or damaged; WrongPassphrase; files.Busy when
    another process has it open.
    """
    if not path.exists():
        raise FormatError(f"there is no wallet named {path.stem}")
    with files.locked(path, f"the wallet {path.stem}"):
        yield _read(path, passphrase)


def view(path: Path, passphrase: str) -> keys.View:
    """What sees a wallet's accounts, which never changes.  Reads, and raises, as `saved`."""
    return saved(path, passphrase).view


def saved(path: Path, passphrase: str) -> Wallet:
    """The wallet as it was last saved: read without locking the file, which a desk may have open.

    Raises FormatError and WrongPassphrase as `open`.
    """
    return _read(path, passphrase).wallet


def export(path: Path, passphrase: str, wallet: Wallet) -> None:
    """Writes the wallet to a new file outside a home, and reads it back.

    Raises FileExistsError rather than replace anything, FormatError when the passphrase is too short.
    """
    check_passphrase(passphrase)
    if os.path.lexists(path):
        raise FileExistsError(f"{path} is there already: choose a new file")
    with files.writing(path, files.PRIVATE_FILE) as output:
        output.write(walletformat.seal(*_fresh(passphrase), wallet)[1])
        output.seek(0)
        assert _opened(path, output.read(), passphrase).wallet == wallet, "a wallet is read as it was written"


def read_exported(path: Path, passphrase: str) -> Wallet:
    """The wallet in a file that `export` wrote, or in any wallet file, without the accounts that the file tells of.

    Raises FormatError and WrongPassphrase.
    """
    return wallets.imported(_opened(path, files.read(path, walletformat.MAX_OLD_BYTES), passphrase).wallet)


def phrase(path: Path, passphrase: str) -> str:
    """The seed phrase in a wallet file, of an earlier version too.

    Raises FormatError when it is missing or damaged, WrongPassphrase, and keys.WatchOnly when it has no phrase.
    """
    data = files.read(path, walletformat.MAX_OLD_BYTES)
    envelope, key = _unlocked(path, data, passphrase)
    if isinstance(envelope, Envelope):
        return walletformat.content(path, envelope, key).own_phrase
    return walletformat.old_phrase(path, envelope, key)


def check_passphrase(passphrase: str) -> None:
    """Raises FormatError when the passphrase is too short for a new wallet."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise FormatError(f"the passphrase has fewer than {MIN_PASSPHRASE} characters: choose a longer one")


def last_seen(home: Home) -> list[LastSeen]:
    """What each wallet of the home saw last, in the order of their names.  Needs no passphrase.

    Wallets of earlier versions and wallets before their first sync are left out.  Raises FormatError, naming the file,
    when a wallet file is unreadable.
    """
    found = []
    for path in sorted(home.wallets.glob("*.json")):
        if not is_wallet_name(path.stem):
            continue
        envelope = walletformat.parse(path, files.read(path, walletformat.MAX_OLD_BYTES))
        if isinstance(envelope, Envelope) and envelope.ledger_id is not None and envelope.seen is not None:
            found.append(LastSeen(path.stem, envelope.ledger_id, envelope.seen_height, envelope.seen))
    return found


def _fresh(passphrase: str) -> tuple[Envelope, bytes]:
    """An envelope with a fresh salt, and the key of the passphrase under it."""
    salt, kdf = entropy.token(walletformat.SALT_BYTES), Kdf("argon2id", **COST)
    key, check = walletformat.stretch(passphrase, salt, kdf)
    return walletformat.empty(kdf, salt, check), key


def _read(path: Path, passphrase: str) -> WalletFile:
    return _opened(path, files.read(path, walletformat.MAX_OLD_BYTES), passphrase)


def _opened(path: Path, data: bytes, passphrase: str) -> WalletFile:
    envelope, key = _unlocked(path, data, passphrase)
    if not isinstance(envelope, Envelope):
        raise FormatError(
            f"the wallet {path.stem} was written by an earlier version, for a pool that this one does not know: "
            f"`zksettle wallet phrase {path.stem}` shows its seed phrase, and `zksettle wallet restore` makes a new "
            "wallet of it"
        )
    return WalletFile(path, envelope, key, walletformat.content(path, envelope, key))


def _unlocked(path: Path, data: bytes, passphrase: str) -> tuple[Envelope | OldEnvelope, bytes]:
    """The fields of the file and the key of its box.  Raises WrongPassphrase."""
    envelope = walletformat.parse(path, data)
    key, check = walletformat.stretch(passphrase, envelope.salt, envelope.kdf)
    if not constant_time.bytes_eq(check, envelope.check):
        raise WrongPassphrase(f"the passphrase of wallet {path.stem} is wrong")
    return envelope, key
