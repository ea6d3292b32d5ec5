"""The rows of the ledger's tables as objects; each function takes the columns in the order of the schema.

They raise ValueError, or FormatError, for a value that a column cannot have, as a damaged page returns it.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from circuits.records import Amount, Commitment, Position, Root
from settlement import merkle
from settlement.bundles.bundle import CIPHERTEXT_BYTES, Account, Flow
from settlement.events import KINDS, Event
from settlement.ids import BundleId, KeyDigest
from settlement.merkle import Tree
from settlement.pool import governance
from settlement.pool.rules import UnknownRules
from settlement.risk import grids as publications
from settlement.risk.grids import PublishedGrids
from settlement.storage.columns import binary, digest, element, integer
from settlement.storage.rows import Output, SettledChange, SettledFlow
from zk.errors import FormatError

T = TypeVar("T")


def decoded(table: str, decode: Callable[..., T], row: tuple) -> T:
    """The row of a table as an object.  Raises FormatError when one of its columns cannot have its value."""
    try:
        return decode(*row)
    except UnknownRules:
        raise
    except (TypeError, ValueError) as error:
        raise FormatError(f"the ledger is damaged: a row of its table {table} has an impossible value") from error


def tree(root: object, size: object) -> Tree:
    """A root and its size."""
    leaves = integer(size)
    if not 0 <= leaves <= merkle.CAPACITY:
        raise ValueError("a tree of this size does not exist")
    return Tree(Root(element(root)), leaves)


def output(position: object, commitment: object, ciphertexts: object, height: object) -> Output:
    """A leaf of the tree."""
    data = binary(ciphertexts)
    sealed = tuple(data[start : start + CIPHERTEXT_BYTES] for start in range(0, len(data), CIPHERTEXT_BYTES))
    return Output(Position(integer(position)), Commitment(element(commitment)), sealed, integer(height))


def reserve(key: object, asset: object, amount: object) -> tuple[tuple[KeyDigest, int], Amount]:
    """A reserve, with its place."""
    return (KeyDigest(digest(key)), integer(asset)), Amount(integer(amount))


def account(account: object, asset: object, amount: object) -> tuple[tuple[Account, int], Amount]:
    """A public account's balance, with its place."""
    return (Account(integer(account)), integer(asset)), Amount(integer(amount))


def flow(
    height: object, number: object, leg: object, key: object, asset: object, amount: object, account: object,
    party: object, reference: object,
) -> SettledFlow:  # fmt: skip
    """A flow."""
    place = Account(integer(account))
    settled = Flow(integer(asset), Amount(integer(amount)), place, binary(party), binary(reference))
    return SettledFlow(integer(height), integer(number), integer(leg), KeyDigest(digest(key)), settled)


def event(height: object, kind: object, created_ms: object, body: object, chain: object) -> Event:
    """An event."""
    if kind not in KINDS:
        raise ValueError("there is no such kind of event")
    return Event(integer(height), str(kind), integer(created_ms), binary(body), digest(chain))


def bundle(bundle_id: object, data: object) -> tuple[BundleId, bytes]:
    """A bundle's id and bytes."""
    return BundleId(digest(bundle_id)), binary(data)


def grids(_epoch: object, _height: object, published_ms: object, data: object) -> PublishedGrids:
    """The grids of an epoch."""
    return PublishedGrids(publication(binary(data)), integer(published_ms))


def change(_version: object, height: object, _effective_ms: object, data: object) -> SettledChange:
    """A change of the parameters, and where it was announced."""
    return SettledChange(integer(height), decoded_change(binary(data)))


def rate(claim: object, rate: object) -> tuple[int, int]:
    """A claim that expired early, and its rate."""
    return integer(claim), integer(rate)


# Both are read again for every check of every bundle, and decoding takes a millisecond.
publication = lru_cache(maxsize=4)(publications.decode)
decoded_change = lru_cache(maxsize=4)(governance.decode)
