"""The archive beside a wallet file: the accounts that the wallet has spent, for its owner to look at.

    HOME/wallets/NAME.archive      encrypted lines (prover/trader/sealedlines.py), each 0, and records of
                                   opening 201 │ position 4 │ nullifier 32, ones where it is not known
                                   or a JSON array of accounts, as an earlier version wrote it

The key comes from the wallet's viewing key, so that a new passphrase changes nothing here.  No opening of the wallet
reads the archive, and losing it loses nothing: a rescan writes it again.  A line is appended before the wallet is
saved without the accounts in it.  After a crash between the two the same accounts are appended again, and `read` tells
each only once.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from circuits.records import Nullifier, Position
from prover.trader import opening, sealedlines, walletjson
from prover.trader.wallets import Holding
from zk.errors import FormatError
from zk.fields import prime
from zk.formats import dataclassjson, strictjson

SUFFIX = ".archive"
ACCOUNTS_A_LINE = 1024
RECORDS = b"\0"
POSITION_BYTES = 4
FIELD_BYTES = 32
NO_NULLIFIER = b"\xff" * FIELD_BYTES
RECORD_BYTES = opening.BYTES + POSITION_BYTES + FIELD_BYTES


def beside(wallet: Path) -> Path:
    """The archive of a wallet file."""
    return wallet.with_suffix(SUFFIX)


def append(path: Path, key: bytes, accounts: Sequence[Holding]) -> None:
    """Appends the accounts.  On return they are on the disk."""
    if not accounts:
        return
    starts = range(0, len(accounts), ACCOUNTS_A_LINE)
    sealedlines.append(path, key, (_content(accounts[start : start + ACCOUNTS_A_LINE]) for start in starts))


def read(path: Path, key: bytes) -> Iterator[Holding]:
    """The accounts in the order in which they were archived, each once; nothing when there is no archive.

    A line that does not open is skipped: a crash cut it off, and its accounts are in the next one.
    """
    told: set[int] = set()
    for content in sealedlines.read(path, key):
        for account in _accounts(path, content):
            if account.position not in told:
                told.add(account.position)
                yield account


def _content(accounts: Sequence[Holding]) -> bytes:
    parts = [RECORDS]
    for each in accounts:
        nullifier = NO_NULLIFIER if each.nullifier is None else prime.to_bytes(each.nullifier)
        parts += [opening.encode(each.account, each.index), each.position.to_bytes(POSITION_BYTES, "big"), nullifier]
    return b"".join(parts)


def _accounts(path: Path, content: bytes) -> list[Holding]:
    what = f"the archive {path.name}"
    if content[:1] == RECORDS:
        if len(content) % RECORD_BYTES != len(RECORDS):
            raise FormatError(f"{what} has a line that is cut off")
        return [_record(content[at : at + RECORD_BYTES], what) for at in range(1, len(content), RECORD_BYTES)]
    values = strictjson.loads(content, what, sealedlines.MAX_LINE_BYTES)
    items = dataclassjson.array(dataclassjson.of(walletjson.HoldingJson)).read(values, what)
    return [walletjson.holding(item) for item in items]


def _record(data: bytes, what: str) -> Holding:
    decoded = opening.decode(data[: opening.BYTES])
    position = int.from_bytes(data[opening.BYTES : -FIELD_BYTES], "big")
    if decoded is None:
        raise FormatError(f"{what} has an account that is none")
    spends = data[-FIELD_BYTES:]
    nullifier = None if spends == NO_NULLIFIER else Nullifier(int.from_bytes(spends, "big"))
    return Holding(*decoded, Position(position), nullifier)
