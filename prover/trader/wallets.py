"""The content of a wallet: its seed phrase, its live accounts on the ledger, and the terms of its own orders.

A watch-only wallet has a viewing key instead of the phrase (prover/trader/keys.py): it sees all and moves nothing.

Only the phrase is irreplaceable.  `walletsync` finds the accounts again, and an order can be cancelled without its
terms.  A wallet is immutable: every change makes a new one, and `walletfile` replaces the old one in the file.

A wallet's size does not depend on what others send to it.  Empty accounts are only counted, spent ones go to the
archive (prover/trader/archive.py), and `keeping` bounds the number of those that are kept: the rest is the dust.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

from circuits import records
from circuits.records import Nullifier, Position
from prover.trader import keys
from prover.trader.marks import UNMARKED, Mark
from prover.trader.outbox import Entry
from prover.trader.terms import Terms
from zk.hashes import poseidon

RESERVE = 64  # indices above those in use that a viewing key sees


@dataclass(frozen=True, repr=False)
class Holding(keys.Secret):
    """A live account of this wallet: its opening, the index of its keys, and its leaf's position.

    `nullifier` is what spending it will publish, once sync has computed it.
    """

    account: records.Account
    index: int
    position: Position
    nullifier: Nullifier | None = field(default=None, compare=False)

    @cached_property
    def commitment(self) -> int:
        """The account's commitment, which is the leaf."""
        return self.account.commitment(poseidon.hash)


@dataclass(frozen=True, repr=False)
class OwnOrder(keys.Secret):
    """An order that this wallet placed: its id in hexadecimal, the leaf it would spend, and its terms.

    `withdrawal` are the 96 bytes that take it off the board (settlement.orders.withdrawals), made with the order's key
    when it was placed; None for an order of an earlier version.  `is_withdrawn` says that they were used.
    `mark` is what the wallet notes of it for itself.
    """

    order_id: str
    position: Position
    terms: Terms
    withdrawal: bytes | None = None
    is_withdrawn: bool = False
    mark: Mark = UNMARKED


@dataclass(frozen=True, repr=False)
class Dust(keys.Secret):
    """The live accounts that the wallet only counts: how many there are, and their balances together, per asset."""

    count: int = 0
    balances: tuple[int, ...] = (0,) * records.ASSETS


@dataclass(frozen=True, repr=False)
class Wallet(keys.Secret):
    """A wallet as of the last sync: `ledger_id` is the ledger it was synced with, None before the first sync.

    Sync has tried the leaves below position `scanned`.  `seen` and `seen_height` are the digest, in hexadecimal, and
    the height of the ledger's newest event at that time.  `live` has the accounts, oldest first; `empty` counts those
    whose balances are all zero.  `top_index` is the highest index of an account that was found, and
    `outbox` has what the wallet was about to submit.
    """

    phrase: str | None
    ledger_id: str | None = None
    seen_height: int = 0
    seen: str | None = None
    scanned: int = 0
    top_index: int = 0
    empty: int = 0
    dust: Dust = Dust()
    live: tuple[Holding, ...] = ()
    orders: tuple[OwnOrder, ...] = ()
    outbox: tuple[Entry, ...] = ()
    viewing: keys.ViewingKey | None = None

    def __post_init__(self) -> None:
        assert (self.phrase is None) != (self.viewing is None), "a wallet has a phrase or a viewing key"

    @cached_property
    def seed(self) -> keys.Seed:
        """The seed of the phrase, which can spend.  Raises keys.WatchOnly when the wallet has a viewing key instead."""
        return keys.derive(self.own_phrase)

    @property
    def own_phrase(self) -> str:
        """The phrase.  Raises keys.WatchOnly when the wallet has a viewing key instead."""
        if self.phrase is None:
            raise keys.WatchOnly
        return self.phrase

    @property
    def view(self) -> keys.View:
        """The keys that see the wallet's accounts: the seed, or the viewing key of a watch-only wallet."""
        return self.seed if self.viewing is None else self.viewing

    def check_moves(self) -> None:
        """Raises keys.WatchOnly when the wallet can move nothing."""
        if self.is_watch_only:
            raise keys.WatchOnly

    @property
    def is_watch_only(self) -> bool:
        """Whether the wallet can see its accounts and not move them."""
        return self.viewing is not None

    @cached_property
    def balances(self) -> tuple[int, ...]:
        """The sum of the live accounts, without the dust, per asset, in smallest units."""
        return tuple(sum(column) for column in zip(*(holding.account.balances for holding in self.live), strict=True)) \
            or (0,) * records.ASSETS

    def with_order(self, order: OwnOrder) -> "Wallet":
        """A copy of this wallet with one more order."""
        return replace(self, orders=(*self.orders, order))


def new() -> Wallet:
    """A wallet with a fresh seed phrase."""
    return Wallet(keys.new_phrase())


def restore(phrase: str) -> Wallet:
    """An empty wallet of this phrase; `walletsync` finds its accounts.  Raises FormatError for an invalid phrase."""
    return Wallet(keys.read_phrase(phrase))


def start_over(wallet: Wallet) -> Wallet:
    """The wallet as before its first sync, but with its orders and its outbox."""
    return Wallet(wallet.phrase, orders=wallet.orders, outbox=wallet.outbox, viewing=wallet.viewing)


def imported(wallet: Wallet) -> Wallet:
    """The wallet of a file from elsewhere, whose accounts only the ledger tells: the next sync finds them.

    Whoever made the file could write any accounts into it, and an auditor would be shown balances that nobody has.  Of
    a viewing key nothing else is kept.  A whole wallet is its owner's own file: it keeps its orders, its outbox, and
    the event that it saw.
    """
    if wallet.is_watch_only:
        return Wallet(None, viewing=wallet.viewing)
    return replace(
        start_over(wallet), ledger_id=wallet.ledger_id, seen_height=wallet.seen_height, seen=wallet.seen
    )  # fmt: skip


def watch_only(wallet: Wallet, reserve: int = RESERVE) -> Wallet:
    """A wallet that sees what this one has, before its first sync.

    It sees the accounts of the indices in use and of the `reserve` indices above them.  Raises keys.WatchOnly when this
    wallet is watch-only itself.
    """
    in_use = {holding.index for holding in wallet.live}
    indices = in_use | set(range(wallet.top_index + reserve + 1))
    return Wallet(None, viewing=keys.share_view(wallet.seed, indices))
