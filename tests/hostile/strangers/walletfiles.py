"""Wallet files and pools: JSON from outside."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

from circuits import records
from prover.trader import archive, keys, terms, walletfile, walletformat, walletjson, wallets
from prover.trader.wallets import Wallet
from settlement.pool import poolfile
from tests.hostile.strangers import jsontext
from tests.hostile.strangers.fields import Parts
from tests.hostile.strangers.stage import folder
from tests.hostile.strangers.target import Target
from tests.settlement.bundles import samples
from zk.formats import strictjson

PASSPHRASE = "a phrase to fuzz"
PHRASE = "abandon " * 23 + "art"
CHEAP = {"iterations": 1, "lanes": 1, "memory_kib": 8}
MOST_MEMORY_KIB, MOST_ITERATIONS = 1 << 14, 3
"""A file that asks for more, as it may up to walletformat.MAX_COST, is not opened here: that would take seconds."""


@cache
def held() -> Wallet:
    """A wallet with two accounts, some dust and an order."""
    account = records.Account(5, (2**63 - 1, *range(14), -(2**63)), 2**32 - 1, 9)
    agreed = terms.Terms((-(2**64) + 1, *(0,) * 14, 1), 13, 1_700_000_000_000)
    return replace(
        wallets.restore(PHRASE), ledger_id="ab" * 32, seen="cd" * 32, seen_height=4, scanned=12, top_index=2, empty=3,
        dust=wallets.Dust(5, (2**70, *(0,) * 14, -(2**70))),
        live=(wallets.Holding(account, 2, 7), wallets.Holding(account, 0, 9)),
        orders=(wallets.OwnOrder("c0ffee" + 58 * "0", 7, agreed),),
    )  # fmt: skip


@contextmanager
def cheaply() -> Iterator[None]:
    """Inside, a new wallet file costs little to open."""
    before = dict(walletfile.COST)
    walletfile.COST.update(CHEAP)
    try:
        yield
    finally:
        walletfile.COST.update(before)


def good_file() -> dict[str, Parts]:
    """A wallet file."""
    path = folder() / "good.json"
    path.unlink(missing_ok=True)
    with cheaply(), walletfile.create(path, PASSPHRASE, held()):
        pass
    return {"file": jsontext.parts(json.loads(path.read_bytes()))}


def use_file(data: bytes, _: bool) -> None:
    """Opens the file: it is refused, or the wallet is the one that was sealed; then it saves, and opens again."""
    if _asks_too_much(data):
        raise walletfile.WrongPassphrase("the file costs too much to try")
    path = folder() / "wallet.json"
    path.write_bytes(data)
    with walletfile.open(path, PASSPHRASE) as file:
        assert file.wallet == held(), "another wallet was opened"
        file.save(replace(held(), scanned=9))
    with walletfile.open(path, PASSPHRASE) as file:
        assert file.wallet == replace(held(), scanned=9)


def _asks_too_much(data: bytes) -> bool:
    try:
        kdf = json.loads(data)["kdf"]
        return bool(kdf["memory_kib"] > MOST_MEMORY_KIB or kdf["iterations"] > MOST_ITERATIONS)
    except (ValueError, TypeError, LookupError, RecursionError):
        return False


def good_wallet() -> dict[str, Parts]:
    """What a wallet file seals."""
    return {"wallet": jsontext.parts(json.loads(json.dumps(walletjson.write(held()))))}


def use_wallet(data: bytes, _: bool) -> None:
    """Reads a wallet, which would be written as it was read."""
    document = strictjson.loads(data, "the wallet", walletformat.MAX_FILE_BYTES)
    wallet = walletjson.read(document)
    assert isinstance(document, dict)
    phrase = " ".join(document["phrase"].lower().split())
    spellings = [json.dumps(one, sort_keys=True) for one in (walletjson.write(wallet), document | {"phrase": phrase})]
    assert spellings[0] == spellings[1], "the same wallet has two spellings"


def good_archive() -> dict[str, Parts]:
    """An archive of three lines, one of them with two accounts."""
    path = folder() / "good.archive"
    path.unlink(missing_ok=True)
    for accounts in (held().live, held().live[:1], held().live[1:]):
        archive.append(path, archive_key(), accounts)
    return {"archive": [(f"line {i}", line) for i, line in enumerate(path.read_bytes().splitlines(keepends=True))]}


def archive_key() -> bytes:
    """The key of the wallet's archive."""
    return keys.archive_key(keys.viewing_key(held().seed))


def use_archive(data: bytes, _: bool) -> None:
    """Reads the archive: some of what was archived, each account once, and whatever is appended to it."""
    path = folder() / "wallet.archive"
    path.write_bytes(data)
    found = list(archive.read(path, archive_key()))
    assert len(found) == len({account.position for account in found}) and set(found) <= set(held().live)
    more = replace(held().live[0], position=100)
    archive.append(path, archive_key(), [more])
    assert list(archive.read(path, archive_key())) == [*found, more]


def good_pool() -> dict[str, Parts]:
    """A pool, as a ledger's first row has it."""
    return {"pool": jsontext.parts(json.loads(poolfile.encode(samples.pool())))}


def use_pool(data: bytes, _: bool) -> None:
    """Reads the pool, which has one spelling."""
    assert poolfile.encode(poolfile.decode(data)) == data




WALLET_FILE = Target("wallet-file", good_file, use_file, change=jsontext.changed)
WALLET = Target("wallet", good_wallet, use_wallet, change=jsontext.changed)
ARCHIVE = Target("archive", good_archive, use_archive)
POOL = Target("pool", good_pool, use_pool, change=jsontext.changed)
