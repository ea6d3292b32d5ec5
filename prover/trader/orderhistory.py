"""The orders of a wallet that are over, of which the wallet itself keeps nothing.

    HOME/wallets/NAME.orders      records (prover/trader/beside.py): {"order": …, "taken_height": …, "has_expired": …}

Neither the ledger nor the phrase tells of an order that was never taken.  A record is written before the wallet forgets
the order; after a crash between the two it is there twice, and counts once.  The newest MAX_BYTES are kept.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

from prover.trader import beside, keys, walletjson
from prover.trader.wallets import OwnOrder, Wallet
from zk.formats import dataclassjson, strictjson

SUFFIX = "orders"
MAX_BYTES = 4 << 20
_MAX_RECORD = 16 << 10
_WHAT = "the history of orders"


@dataclass(frozen=True, repr=False)
class Past(keys.Secret):
    """An order that is over: taken at a height, void because its account moved, or expired."""

    own: OwnOrder
    taken_height: int | None
    has_expired: bool


@dataclass(frozen=True)
class _Record:
    order: walletjson.OrderJson
    taken_height: Annotated[int | None, dataclassjson.optional(dataclassjson.integer(0, (1 << 63) - 1))]
    has_expired: bool


class Ended(Protocol):
    """What is known of an order that is over."""

    @property
    def order_id(self) -> str: ...

    @property
    def taken_height(self) -> int | None: ...

    @property
    def has_expired(self) -> bool: ...


def keep(path: Path, wallet: Wallet, closed: Sequence[Ended]) -> None:
    """Appends these orders of a wallet, which is open and still has them.  On return they are on the disk."""
    orders = {order.order_id: order for order in wallet.orders}
    new = [
        _encode(Past(orders[each.order_id], each.taken_height, each.has_expired))
        for each in closed if each.order_id in orders
    ]  # fmt: skip
    if not new:
        return
    records = [*beside.records(path, wallet.view, SUFFIX, 2 * MAX_BYTES), *new]
    while sum(map(len, records)) > MAX_BYTES:
        records = records[len(records) // 2 :]
    beside.replace_records(path, wallet.view, SUFFIX, records)


def read(path: Path, view: keys.View) -> tuple[Past, ...]:
    """The orders that are over, those that ended first first.  Raises FormatError when the file is damaged."""
    found = map(_decode, beside.records(path, view, SUFFIX, 2 * MAX_BYTES))
    return tuple({past.own.order_id: past for past in found}.values())


def _encode(past: Past) -> bytes:
    record = _Record(walletjson.order_json(past.own), past.taken_height, past.has_expired)
    return json.dumps(dataclassjson.write(record), separators=(",", ":")).encode()


def _decode(data: bytes) -> Past:
    record = dataclassjson.read(_Record, strictjson.loads(data, _WHAT, _MAX_RECORD), _WHAT)
    return Past(walletjson.order(record.order), record.taken_height, record.has_expired)
