"""Ledgers with very many leaves, for benchmarks and tests of wallets: rows written directly, nothing proved.

Events, bundles and leaves are consistent as far as a wallet looks.  Nothing else is: such a ledger fails its audit.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from circuits import records
from circuits.records import Commitment, Position
from prover.trader import addresses, keys, manyhashes, opening, sealing
from settlement import events
from settlement.bundles.bundle import MAX_LEGS
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.merkle import Tree
from settlement.storage import tables
from settlement.storage.rows import Output
from zk import entropy
from zk.fields.prime import R

_BUNDLES_AT_ONCE = 256


@dataclass(frozen=True)
class Leaf:
    """A commitment and the ciphertext beside it."""

    commitment: int
    sealed: bytes


@dataclass(frozen=True, repr=False)
class Gift(keys.Secret):
    """An account, the index that its opening names, and the address to which it is sealed."""

    account: records.Account
    hint: int
    address: addresses.Address


def gift(address: addresses.Address, amount: int, hint: int = 0) -> Gift:
    """An account of this address with an amount of the first asset."""
    balances = (amount, *(0,) * (records.ASSETS - 1))
    return Gift(records.Account(address.owner, balances, 0, entropy.scalar(R)), hint, address)


def sealed(gifts: Sequence[Gift]) -> list[Leaf]:
    """The leaves of these accounts."""
    commitments = manyhashes.commitments([each.account for each in gifts])
    return [
        Leaf(leaf, sealing.seal(opening.encode(each.account, each.hint), each.address, leaf))
        for each, leaf in zip(gifts, commitments, strict=True)
    ]


def foreign(count: int) -> Iterator[Leaf]:
    """Leaves that belong to nobody.  No reader can tell them from those of others."""
    for _ in range(count):
        yield Leaf(int.from_bytes(entropy.token(31), "big"), entropy.token(sealing.SEALED_BYTES))


def append(path: Path, leaves: Iterable[Leaf]) -> None:
    """Appends the leaves to a ledger's file, in bundles that are as large as they may be."""
    with Ledger.open(path) as ledger:
        last, tree = ledger.reader.last_event(), ledger.reader.tree()
        log = {place: ledger.reader.log_node(*place) for place in _frontier(last.height + 1)}

    def read_log(level: int, index: int) -> bytes:
        return log[level, index]

    stream = iter(leaves)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        while chunk := list(islice(stream, _BUNDLES_AT_ONCE * MAX_LEGS)):
            connection.execute("BEGIN IMMEDIATE")
            for start in range(0, len(chunk), MAX_LEGS):
                some = chunk[start : start + MAX_LEGS]
                appended = events.following(last, read_log, events.BUNDLE, last.created_ms, entropy.token(32))
                last = appended.event
                log.update(appended.nodes)
                outputs = [
                    Output(Position(tree.size + i), Commitment(leaf.commitment), (leaf.sealed,), last.height)
                    for i, leaf in enumerate(some)
                ]
                tree = Tree(tree.root, tree.size + len(some))
                bundle_id = BundleId(hashlib.sha256(last.digest).digest())
                _insert(connection, "events", [tables.event(last)])
                _insert(connection, "log", [tables.log_node(*place, node) for place, node in appended.nodes.items()])
                _insert(connection, "bundles", [tables.bundle(last.height, bundle_id, b"")])
                _insert(connection, "roots", [tables.root(last.height, tree)])
                _insert(connection, "outputs", [tables.output(output) for output in outputs])
            connection.execute("COMMIT")


def _frontier(size: int) -> list[tuple[int, int]]:
    """The largest complete subtrees of a log of this size: all that its next roots need of it."""
    return [(level, (size >> level) - 1) for level in range(size.bit_length()) if size >> level & 1]


def _insert(connection: sqlite3.Connection, table: str, rows: list[tables.Row]) -> None:
    connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
