"""What a wallet knows: its seed phrase, the accounts it found on the ledger, the terms of its own orders.

Only the phrase cannot be replaced; holdings are a cache of what `sync` finds again, and orders can be cancelled
without their terms.  A wallet is a value: each change makes a new one, and `walletfile` puts it in place of the old.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from circuits import records
from prover.trader import keys
from prover.trader.terms import Terms
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime
from zk.hashes import poseidon


@dataclass(frozen=True, repr=False)
class Holding(keys.Secret):
    """An account of this wallet: its opening, the index of its keys, its leaf, and whether it was spent."""

    account: records.Account
    index: int
    position: int
    is_spent: bool = False

    @cached_property
    def commitment(self) -> int:
        """The leaf itself."""
        return self.account.commitment(poseidon.hash)


@dataclass(frozen=True, repr=False)
class OwnOrder(keys.Secret):
    """An order this wallet placed: its id in hexadecimal, the leaf it would spend, and its terms."""

    order_id: str
    position: int
    terms: Terms


@dataclass(frozen=True, repr=False)
class Wallet(keys.Secret):
    """`ledger_id` is that of the ledger it was synced with, or None; leaves below `scanned` have been tried.

    `seen` is the digest, in hexadecimal, of the newest event at that time and `seen_height` its height.
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
        """The holdings that are not spent, oldest first."""
        return tuple(holding for holding in self.holdings if not holding.is_spent)

    @property
    def balances(self) -> tuple[int, ...]:
        """The sum of the live holdings, per asset, in smallest units."""
        return tuple(sum(holding.account.balances[i] for holding in self.live) for i in range(records.ASSETS))

    def with_order(self, order: OwnOrder) -> "Wallet":
        """This wallet, remembering one more order."""
        return replace(self, orders=(*self.orders, order))


def new() -> Wallet:
    """A wallet with a fresh seed phrase."""
    return Wallet(keys.new_phrase())


def restore(phrase: str) -> Wallet:
    """An empty wallet of this phrase; `sync` finds what it owns.  Raises FormatError when the phrase is wrong."""
    return Wallet(keys.read_phrase(phrase))


def to_json(wallet: Wallet) -> dict:
    """The wallet as JSON values: field elements as decimal strings, amounts and positions as numbers."""
    return {
        "phrase": wallet.phrase,
        "ledger_id": wallet.ledger_id,
        "scanned": wallet.scanned,
        "seen_height": wallet.seen_height,
        "seen": wallet.seen,
        "holdings": [_holding_to_json(holding) for holding in wallet.holdings],
        "orders": [_order_to_json(order) for order in wallet.orders],
    }


def from_json(value: object) -> Wallet:
    """The wallet in these JSON values.  Raises FormatError when anything is missing or is not what it should be."""
    try:
        holdings = tuple(_holding_from_json(item) for item in value["holdings"])
        orders = tuple(_order_from_json(item) for item in value["orders"])
        counts = int(value["scanned"]), int(value["seen_height"])
        return Wallet(keys.read_phrase(value["phrase"]), value["ledger_id"], *counts, value["seen"], holdings, orders)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise FormatError("the wallet file's content is not a wallet's") from None


def _holding_to_json(holding: Holding) -> dict:
    account = holding.account
    return {
        "owner": str(account.owner),
        "balances": list(account.balances),
        "epoch": account.epoch,
        "rho": str(account.rho),
        "index": holding.index,
        "position": holding.position,
        "is_spent": holding.is_spent,
    }


def _holding_from_json(item: dict) -> Holding:
    owner, rho = prime.parse(item["owner"], prime.R, "owner"), prime.parse(item["rho"], prime.R, "rho")
    account = records.Account(owner, tuple(map(int, item["balances"])), int(item["epoch"]), rho)
    return Holding(account, int(item["index"]), int(item["position"]), bool(item["is_spent"]))


def _order_to_json(order: OwnOrder) -> dict:
    return {
        "order_id": order.order_id,
        "position": order.position,
        "changes": list(order.terms.changes),
        "blinding": str(order.terms.blinding),
        "expiry_ms": order.terms.expiry_ms,
    }


def _order_from_json(item: dict) -> OwnOrder:
    blinding = prime.parse(item["blinding"], babyjubjub.ORDER, "blinding")
    terms = Terms(tuple(map(int, item["changes"])), blinding, int(item["expiry_ms"]))
    return OwnOrder(item["order_id"], int(item["position"]), terms)
