"""The content of a wallet: its seed phrase, its accounts on the ledger, and the terms of its own orders.

Only the phrase is irreplaceable.  `walletsync` finds the holdings again, and an order can be cancelled without its
terms.  A wallet is immutable: every change makes a new one, and `walletfile` replaces the old one in the file.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

from circuits import records
from circuits.records import Position
from prover.trader import keys
from prover.trader.terms import CHANGE_LIMIT, Terms
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime
from zk.formats import dataclassjson
from zk.hashes import poseidon

BALANCE_LIMIT = 1 << records.BALANCE_BITS - 1
UINT64_MAX = (1 << 64) - 1
MAX_POSITION = (1 << 32) - 1  # the tree has 4^16 leaves


@dataclass(frozen=True, repr=False)
class Holding(keys.Secret):
    """An account of this wallet: its opening, the index of its keys, its leaf's position, and whether it is spent."""

    account: records.Account
    index: int
    position: Position
    is_spent: bool = False

    @cached_property
    def commitment(self) -> int:
        """The account's commitment, which is the leaf."""
        return self.account.commitment(poseidon.hash)


@dataclass(frozen=True, repr=False)
class OwnOrder(keys.Secret):
    """An order that this wallet placed: its id in hexadecimal, the leaf it would spend, and its terms."""

    order_id: str
    position: Position
    terms: Terms


@dataclass(frozen=True, repr=False)
class Wallet(keys.Secret):
    """A wallet as of the last sync: `ledger_id` is the ledger it was synced with, None before the first sync.

    Sync has tried the leaves below position `scanned`.  `seen` and `seen_height` are the digest, in hexadecimal, and
    the height of the ledger's newest event at that time.
    """

    phrase: str
    ledger_id: str | None = None
    scanned: int = 0
    seen_height: int = 0
    seen: str | None = None
    holdings: tuple[Holding, ...] = ()
    orders: tuple[OwnOrder, ...] = ()

    @cached_property
    def seed(self) -> keys.Seed:
        """The seed of the phrase."""
        return keys.derive(self.phrase)

    @property
    def live(self) -> tuple[Holding, ...]:
        """The unspent holdings, oldest first."""
        return tuple(holding for holding in self.holdings if not holding.is_spent)

    @property
    def balances(self) -> tuple[int, ...]:
        """The sum of the unspent holdings, per asset, in smallest units."""
        return tuple(sum(holding.account.balances[i] for holding in self.live) for i in range(records.ASSETS))

    def with_order(self, order: OwnOrder) -> "Wallet":
        """A copy of this wallet with one more order."""
        return replace(self, orders=(*self.orders, order))


def new() -> Wallet:
    """A wallet with a fresh seed phrase."""
    return Wallet(keys.new_phrase())


def restore(phrase: str) -> Wallet:
    """An empty wallet of this phrase; `walletsync` finds its accounts.  Raises FormatError for an invalid phrase."""
    return Wallet(keys.read_phrase(phrase))


_FieldElement = Annotated[int, dataclassjson.decimal(0, prime.R)]
_Scalar = Annotated[int, dataclassjson.decimal(0, babyjubjub.ORDER)]
_UInt64 = Annotated[int, dataclassjson.integer(0, UINT64_MAX)]
_Position = Annotated[Position, dataclassjson.integer(0, MAX_POSITION)]
_Digest = Annotated[str, dataclassjson.text("[0-9a-f]{64}", "64 lower-case hexadecimal digits")]
_balance = dataclassjson.integer(-BALANCE_LIMIT, BALANCE_LIMIT - 1)
_change = dataclassjson.integer(1 - CHANGE_LIMIT, CHANGE_LIMIT - 1)
_Balances = Annotated[tuple[int, ...], dataclassjson.array(_balance, records.ASSETS, records.ASSETS)]
_Changes = Annotated[tuple[int, ...], dataclassjson.array(_change, records.ASSETS, records.ASSETS)]


@dataclass(frozen=True, repr=False)
class _HoldingJson(keys.Secret):
    owner: _FieldElement
    balances: _Balances
    epoch: _UInt64
    rho: _FieldElement
    index: Annotated[int, dataclassjson.integer(0, keys.MAX_INDEX - 1)]
    position: _Position
    is_spent: bool


@dataclass(frozen=True, repr=False)
class _OrderJson(keys.Secret):
    order_id: _Digest
    position: _Position
    changes: _Changes
    blinding: _Scalar
    expiry_ms: _UInt64


@dataclass(frozen=True, repr=False)
class _WalletJson(keys.Secret):
    phrase: str
    ledger_id: _Digest | None
    scanned: _UInt64
    seen_height: _UInt64
    seen: _Digest | None
    holdings: tuple[_HoldingJson, ...]
    orders: tuple[_OrderJson, ...]


def to_json(wallet: Wallet) -> dict[str, Any]:
    """The wallet as JSON values: field elements as decimal strings, amounts and positions as numbers."""
    holdings = tuple(
        _HoldingJson(
            owner=holding.account.owner, balances=holding.account.balances, epoch=holding.account.epoch,
            rho=holding.account.rho, index=holding.index, position=holding.position, is_spent=holding.is_spent,
        )
        for holding in wallet.holdings
    )  # fmt: skip
    orders = tuple(
        _OrderJson(order.order_id, order.position, order.terms.changes, order.terms.blinding, order.terms.expiry_ms)
        for order in wallet.orders
    )
    return dataclassjson.write(
        _WalletJson(
            wallet.phrase, wallet.ledger_id, wallet.scanned, wallet.seen_height, wallet.seen, holdings, orders
        )
    )


def from_json(value: object) -> Wallet:
    """The wallet in these JSON values.  Raises FormatError, naming the field, when one is missing or invalid."""
    wallet_json = dataclassjson.read(_WalletJson, value, "the wallet")
    holdings = tuple(
        Holding(records.Account(item.owner, item.balances, item.epoch, item.rho), item.index, item.position,
                item.is_spent)
        for item in wallet_json.holdings
    )  # fmt: skip
    orders = tuple(
        OwnOrder(item.order_id, item.position, Terms(item.changes, item.blinding, item.expiry_ms))
        for item in wallet_json.orders
    )
    try:
        phrase = keys.read_phrase(wallet_json.phrase)
    except FormatError as error:
        raise FormatError(f"the wallet: {error}") from None
    return Wallet(
        phrase=phrase,
        ledger_id=wallet_json.ledger_id,
        scanned=wallet_json.scanned,
        seen_height=wallet_json.seen_height,
        seen=wallet_json.seen,
        holdings=holdings,
        orders=orders,
    )
