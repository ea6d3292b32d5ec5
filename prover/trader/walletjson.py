"""A wallet's content as JSON values: field elements as decimal strings, amounts and positions as numbers.

The ledger and the newest event that the wallet saw are not among them, for they stand in the clear part of the wallet
file.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

from circuits import records
from circuits.records import Nullifier, Position
from prover.trader import keys
from prover.trader import terms as order_terms
from prover.trader.marks import UNMARKED, Mark
from prover.trader.outbox import Entry
from prover.trader.terms import CHANGE_LIMIT, Terms
from prover.trader.wallets import Dust, Holding, OwnOrder, Wallet
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime
from zk.formats import dataclassjson

BALANCE_LIMIT = 1 << records.BALANCE_BITS - 1
UINT64_MAX = (1 << 64) - 1
MAX_POSITION = (1 << 32) - 1  # the tree has 4^16 leaves
TOTAL_LIMIT = BALANCE_LIMIT << 32  # of as many accounts as the tree has leaves

_FieldElement = Annotated[int, dataclassjson.decimal(0, prime.R)]
_Scalar = Annotated[int, dataclassjson.decimal(0, babyjubjub.ORDER)]
UInt64 = Annotated[int, dataclassjson.integer(0, UINT64_MAX)]
_Position = Annotated[Position, dataclassjson.integer(0, MAX_POSITION)]
_Index = Annotated[int, dataclassjson.integer(0, keys.MAX_INDEX - 1)]
_Guard = Annotated[int, dataclassjson.integer(0, (1 << 32) - 1)]
_Count = Annotated[int, dataclassjson.integer(0, MAX_POSITION + 1)]
Digest = Annotated[str, dataclassjson.text("[0-9a-f]{64}", "64 lower-case hexadecimal digits")]
_balance = dataclassjson.integer(-BALANCE_LIMIT, BALANCE_LIMIT - 1)
_total = dataclassjson.decimal(-TOTAL_LIMIT, TOTAL_LIMIT)
_change = dataclassjson.integer(1 - CHANGE_LIMIT, CHANGE_LIMIT - 1)
_Balances = Annotated[tuple[int, ...], dataclassjson.array(_balance, records.ASSETS, records.ASSETS)]
_Totals = Annotated[tuple[int, ...], dataclassjson.array(_total, records.ASSETS, records.ASSETS)]
_Changes = Annotated[tuple[int, ...], dataclassjson.array(_change, records.ASSETS, records.ASSETS)]


@dataclass(frozen=True, repr=False)
class HoldingJson(keys.Secret):
    """An account, in the wallet and in its archive."""

    owner: _FieldElement
    balances: _Balances
    guard: _Guard
    rho: _FieldElement
    index: _Index
    position: _Position
    nullifier: _FieldElement | None


@dataclass(frozen=True, repr=False)
class _DustJson(keys.Secret):
    count: _Count
    balances: _Totals


@dataclass(frozen=True, repr=False)
class OrderJson(keys.Secret):
    """An own order, in the wallet and in the history beside it."""

    order_id: Digest
    position: _Position
    changes: _Changes
    blinding: _Scalar
    expiry_ms: UInt64
    withdrawal: Annotated[bytes | None, dataclassjson.optional(dataclassjson.hexadecimal(96))]
    is_withdrawn: bool
    group: Annotated[bytes, dataclassjson.hexadecimal(order_terms.GROUP_BYTES)]
    lots: Annotated[int, dataclassjson.integer(1, order_terms.MAX_LOTS)]
    mark: Mark | None


@dataclass(frozen=True, repr=False)
class _WatchedJson(keys.Secret):
    index: _Index
    ak_x: _FieldElement
    ak_y: _FieldElement
    nk: _FieldElement


@dataclass(frozen=True, repr=False)
class _ViewingJson(keys.Secret):
    viewing: Annotated[bytes, dataclassjson.hexadecimal(32)]
    accounts: tuple[_WatchedJson, ...]


@dataclass(frozen=True, repr=False)
class _WalletJson(keys.Secret):
    phrase: str | None
    viewing: _ViewingJson | None
    scanned: UInt64
    top_index: _Index
    empty: _Count
    dust: _DustJson
    live: tuple[HoldingJson, ...]
    orders: tuple[OrderJson, ...]
    outbox: tuple[Entry, ...]


def write(wallet: Wallet) -> dict[str, Any]:
    """The wallet as JSON values, without the ledger and the event that it saw."""
    return dataclassjson.write(_WalletJson(
        phrase=wallet.phrase, viewing=_viewing_json(wallet.viewing), scanned=wallet.scanned,
        top_index=wallet.top_index, empty=wallet.empty,
        dust=_DustJson(wallet.dust.count, wallet.dust.balances), live=tuple(map(holding_json, wallet.live)),
        orders=tuple(map(order_json, wallet.orders)), outbox=wallet.outbox,
    ))  # fmt: skip


def read(value: object) -> Wallet:
    """The wallet in these JSON values.  Raises FormatError, naming the field, when one is missing or invalid."""
    value = _with_new_fields(value)
    content = dataclassjson.read(_WalletJson, value, "the wallet")
    if (content.phrase is None) == (content.viewing is None):
        raise FormatError("the wallet: it must have a phrase or a viewing key, and not both")
    return Wallet(
        phrase=None if content.phrase is None else _phrase(content.phrase),
        viewing=None if content.viewing is None else _viewing(content.viewing),
        scanned=content.scanned, top_index=content.top_index, empty=content.empty,
        dust=Dust(content.dust.count, content.dust.balances), live=tuple(map(holding, content.live)),
        orders=tuple(map(order, content.orders)), outbox=content.outbox,
    )  # fmt: skip


def _with_new_fields(value: object) -> object:
    """The same values, where orders of an earlier version have no withdrawal or mark, or stand alone."""
    if not isinstance(value, dict) or not isinstance(value.get("orders"), list):
        return value
    absent: dict[str, object] = {
        "withdrawal": None, "is_withdrawn": False, "group": order_terms.ALONE.hex(), "lots": 1, "mark": None,
    }  # fmt: skip
    return {**value, "orders": [absent | each if isinstance(each, dict) else each for each in value["orders"]]}


def read_old_phrase(value: object) -> str:
    """The phrase in the JSON values of an earlier version.  Raises FormatError when it has none: it is watch-only."""
    phrase = value.get("phrase") if isinstance(value, dict) else None
    if not isinstance(phrase, str):
        raise FormatError("the wallet has no seed phrase")
    return _phrase(phrase)


def holding_json(item: Holding) -> HoldingJson:
    """An account as its JSON dataclass."""
    account = item.account
    return HoldingJson(
        account.owner, account.balances, account.guard, account.rho, item.index, item.position, item.nullifier
    )


def holding(item: HoldingJson) -> Holding:
    """The account of its JSON dataclass."""
    account = records.Account(item.owner, item.balances, item.guard, item.rho)
    nullifier = None if item.nullifier is None else Nullifier(item.nullifier)
    return Holding(account, item.index, item.position, nullifier)


def _viewing_json(key: keys.ViewingKey | None) -> _ViewingJson | None:
    if key is None:
        return None
    return _ViewingJson(key.viewing, tuple(_WatchedJson(own.index, *own.ak, own.nk) for own in key.accounts))


def _viewing(item: _ViewingJson) -> keys.ViewingKey:
    accounts = tuple(
        keys.WatchedKeys(own.index, babyjubjub.point(own.ak_x, own.ak_y, f"AK of account {own.index}"), own.nk)
        for own in item.accounts
    )
    indices = [own.index for own in accounts]
    if indices[:1] != [0] or any(left >= right for left, right in pairwise(indices)):
        raise FormatError("the wallet: the accounts of its viewing key must begin with index 0 and ascend")
    return keys.ViewingKey(item.viewing, accounts)


def order_json(own: OwnOrder) -> OrderJson:
    """An own order as its JSON dataclass."""
    terms, mark = own.terms, None if own.mark == UNMARKED else own.mark
    return OrderJson(
        own.order_id, own.position, terms.changes, terms.blinding, terms.expiry_ms, own.withdrawal, own.is_withdrawn,
        terms.group, terms.lots, mark,
    )  # fmt: skip


def order(item: OrderJson) -> OwnOrder:
    """The own order of its JSON dataclass.  Raises FormatError when it is of a set and has no number of lots."""
    if not order_terms.is_set(item.group, item.lots):
        raise FormatError("the wallet: an order's group and its number of lots do not fit together")
    terms = Terms(item.changes, item.blinding, item.expiry_ms, item.group, item.lots)
    mark = UNMARKED if item.mark is None else item.mark
    return OwnOrder(item.order_id, item.position, terms, item.withdrawal, item.is_withdrawn, mark)


def _phrase(text: str) -> str:
    try:
        return keys.read_phrase(text)
    except FormatError as error:
        raise FormatError(f"the wallet: {error}") from None
