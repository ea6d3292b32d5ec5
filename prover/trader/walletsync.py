"""Brings a wallet up to date with the ledger, or restores it from its seed phrase alone.

The leaves are read in batches, so a sync takes as much memory for a million leaves as for a thousand.  `walletscan`
finds the wallet's own among them.  An account is spent when its nullifier is on the ledger, which also closes the
orders placed from it: each was either taken or is void.  When the guardians spent it, `seized` finds what they left.
Of the rest `keeping` decides what the wallet keeps.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from circuits import records
from circuits.records import Nullifier
from prover.machine import tasks
from prover.trader import keeping, keys, manyhashes, seized, walletscan
from prover.trader.seized import Seized
from prover.trader.walletfile import LastSeen
from prover.trader.wallets import Holding, Wallet
from settlement.bundles import digests, encoding
from settlement.events import Event
from settlement.following import finality
from settlement.ledger import Ledger
from zk.errors import FormatError
from zk.hashes import poseidon

BATCH = 32_768  # leaves that are read at once
SAVE_EVERY = 4  # batches: an interrupted sync continues from there

Save = Callable[[Wallet, Sequence[Holding]], None]
"""Saves the wallet and archives the spent accounts: walletfile.WalletFile.save."""


@dataclass(frozen=True)
class Closed:
    """An own order that can no longer settle: the height at which it was taken, or None when it is void.

    It is void when its account has moved without it, or when it has expired.
    """

    order_id: str
    taken_height: int | None
    has_expired: bool = False


class LedgerWentBack(Exception):
    """The ledger lost an event that a wallet saw: it is an older copy, or has another history."""


@dataclass(frozen=True)
class Synced:
    """The updated wallet and what changed: leaves tried, accounts received, accounts spent, and orders closed.

    `archived` are spent accounts that are no longer in the wallet: walletfile.WalletFile.save archives them.  `seized`
    are those of them that the guardians ended.
    """

    wallet: Wallet
    tried: int
    received: int
    spent: int
    closed: tuple[Closed, ...]
    archived: tuple[Holding, ...] = ()
    seized: tuple[Seized, ...] = ()


def sync(ledger: Ledger, wallet: Wallet, save: Save | None = None) -> Synced:
    """The wallet with everything on the ledger that belongs to it.

    With `save`, a long scan saves what it has found from time to time.  Raises FormatError when the wallet was synced
    with another ledger, and LedgerWentBack when the ledger no longer has the newest event that the wallet saw.
    """
    check(ledger, wallet)
    with ledger.reader.reading():
        newest = ledger.reader.last_event()
        seen = replace(
            wallet, ledger_id=ledger.ledger_id.hex(), seen_height=newest.height, seen=newest.digest.hex()
        )  # fmt: skip
        scan = _Scan(ledger, seen, save)
        scan.run()
        return scan.finish(newest)


def check(ledger: Ledger, wallet: Wallet) -> None:
    """Raises what `sync` raises when the wallet does not belong to this ledger as it is."""
    if wallet.ledger_id not in (None, ledger.ledger_id.hex()):
        raise FormatError("the wallet belongs to another ledger: restore it from its phrase under another name")
    if has_lost(ledger, wallet):
        raise LedgerWentBack(_went_back(wallet.seen_height, "this wallet", "NAME"))


def nullifier(view: keys.View, holding: Holding) -> Nullifier:
    """The nullifier that spending this account publishes."""
    if holding.nullifier is not None:
        return holding.nullifier
    kappa = _kappa(view, holding)
    return Nullifier(records.nullifier(poseidon.hash, kappa, holding.commitment, holding.position))


def with_nullifiers(view: keys.View, accounts: Sequence[Holding]) -> list[Holding]:
    """The accounts, each with its nullifier."""
    new = [account for account in accounts if account.nullifier is None]
    leaves = manyhashes.commitments([account.account for account in new])
    kappas = [_kappa(view, account) for account in new]
    found = manyhashes.nullifiers(kappas, leaves, [account.position for account in new])
    by_position = dict(zip((account.position for account in new), found, strict=True))
    return [replace(account, nullifier=by_position.get(account.position, account.nullifier)) for account in accounts]


def _kappa(view: keys.View, holding: Holding) -> int:
    own = keys.watched(view, holding.index)
    if own is None:
        raise FormatError(f"the wallet has an account of index {holding.index}, which its viewing key does not have")
    return records.kappa(holding.account, own.nk)


class _Scan:
    """One sync: the wallet as far as it has come, and what it has counted."""

    def __init__(self, ledger: Ledger, wallet: Wallet, save: Save | None):
        self._ledger = ledger
        self._wallet = wallet
        self._save = save
        self._finder = walletscan.Finder(wallet.view, wallet.top_index)
        self._weights = keeping.prices(ledger)
        self._tied = {order.position for order in wallet.orders}
        self._spent: list[Holding] = []  # and not archived yet
        self._seized: list[Seized] = []
        self._tried = self._num_received = self._num_spent = 0

    def run(self) -> None:
        """Tries every leaf that the wallet has not tried."""
        size = self._ledger.reader.tree().size
        with tasks.task("Trying new leaves", total=max(size - self._wallet.scanned, 0)) as task:
            batches = 0
            while leaves := self._ledger.reader.leaves(self._wallet.scanned, BATCH):
                self._receive(leaves)
                task.advance(len(leaves))
                batches += 1
                if self._save is not None and batches % SAVE_EVERY == 0:
                    self._save(self._wallet, self._spent)
                    self._spent = []

    def finish(self, newest: Event) -> Synced:
        """The wallet without what was spent since the last sync and without closed orders."""
        unspent, spent = self._divide(self._wallet.live)
        self._settle(unspent, spent, keeping.KEEP)
        closed = self._closed(spent, newest)
        closed_ids = {order.order_id for order in closed}
        orders = tuple(order for order in self._wallet.orders if order.order_id not in closed_ids)
        wallet = replace(self._wallet, orders=orders)
        return Synced(
            wallet, self._tried, self._num_received, self._num_spent, closed, tuple(self._spent), tuple(self._seized)
        )

    def _receive(self, leaves: Sequence[walletscan.Leaf]) -> None:
        found = self._finder.find(leaves)
        worth_something = [holding for holding in found if any(holding.account.balances)]
        # Whether an account with an own order is spent is asked at the end, where its orders are closed.
        tied = [holding for holding in worth_something if holding.position in self._tied]
        unspent, spent = self._divide([holding for holding in worth_something if holding.position not in self._tied])
        self._tried += len(leaves)
        self._num_received += len(found)
        self._wallet = replace(
            self._wallet, scanned=leaves[-1][0] + 1, top_index=self._finder.top_index,
            empty=self._wallet.empty + len(found) - len(worth_something),
        )  # fmt: skip
        # Twice as many as are kept, so that a batch with a few accounts does not rank all of them.
        self._settle([*self._wallet.live, *tied, *unspent], spent, 2 * keeping.KEEP)

    def _settle(self, accounts: Sequence[Holding], spent: Sequence[Holding], at_most: int) -> None:
        """Takes these as the wallet's accounts; when there are more than `at_most`, only those that it keeps."""
        unspent, spent_too = self._residuals(spent)
        accounts, spent = [*accounts, *unspent], [*spent, *spent_too]
        limit = keeping.KEEP if len(accounts) > at_most else at_most
        live, dust = keeping.keep(accounts, self._tied, self._weights, limit)
        self._wallet = replace(self._wallet, live=live, dust=keeping.together(self._wallet.dust, dust))
        self._spent += spent
        self._num_spent += len(spent)

    def _residuals(self, spent: Sequence[Holding]) -> tuple[list[Holding], list[Holding]]:
        """What is left of those of the spent accounts that were seized, unspent and spent."""
        found = [each for account in spent if (each := seized.find(self._ledger, account)) is not None]
        left = [each.residual for each in found if any(each.residual.account.balances)]
        self._seized += found
        self._num_received += len(found)
        self._wallet = replace(self._wallet, empty=self._wallet.empty + len(found) - len(left))
        return self._divide(left)

    def _divide(self, accounts: Sequence[Holding]) -> tuple[list[Holding], list[Holding]]:
        """The accounts that are not spent, and those that are, all with their nullifiers."""
        accounts = with_nullifiers(self._wallet.view, accounts)
        is_spent = [self._ledger.reader.is_spent(nullifier(self._wallet.view, account)) for account in accounts]
        pairs = list(zip(accounts, is_spent, strict=True))
        return [account for account, spent in pairs if not spent], [account for account, spent in pairs if spent]

    def _closed(self, spent: Sequence[Holding], newest: Event) -> tuple[Closed, ...]:
        """The wallet's orders that can no longer settle."""
        ledger, wallet = self._ledger, self._wallet
        spent_holdings = {holding.position: holding for holding in spent}
        closed = []
        for order in wallet.orders:
            if holding := spent_holdings.get(order.position):
                taken_height = height_taken(ledger, nullifier(wallet.view, holding), order.order_id)
                closed.append(Closed(order.order_id, taken_height))
            elif order.terms.expiry_ms <= newest.created_ms:  # time never runs backwards on a ledger
                closed.append(Closed(order.order_id, None, has_expired=True))
        return tuple(closed)


def has_lost(ledger: Ledger, wallet: Wallet) -> bool:
    """Whether the ledger no longer has the newest event of its own that the wallet saw: an older copy may not."""
    if wallet.seen is None or wallet.ledger_id != ledger.ledger_id.hex():
        return False
    return not _has_event(ledger, wallet.seen_height, wallet.seen)


def check_seen(ledger: Ledger, seen: LastSeen) -> None:
    """Raises LedgerWentBack when the ledger lost the event of its own that the wallet saw; what is void is not lost."""
    is_of_ledger = seen.ledger_id == ledger.ledger_id.hex()
    if is_of_ledger and not finality.is_void(ledger, seen.height) and not _has_event(ledger, seen.height, seen.digest):
        raise LedgerWentBack(_went_back(seen.height, f"wallet {seen.name}", seen.name))


def _has_event(ledger: Ledger, height: int, digest: str) -> bool:
    event = ledger.reader.event(height)
    return event is not None and event.digest.hex() == digest


def _went_back(height: int, whose: str, name: str) -> str:
    return (
        f"the ledger lost event {height}, which {whose} saw: it is an older copy or another history, and what it lost "
        f"would be paid again; put the newer file back, or accept this one with `zksettle wallet sync {name} "
        "--accept-older-ledger`"
    )


def height_taken(ledger: Ledger, spent_nullifier: Nullifier, order_id: str) -> int | None:
    """The height of the bundle that spent this nullifier, when the order is one of its legs; otherwise None.

    Raises FormatError when the ledger lost that bundle.
    """
    spend = ledger.reader.spend(spent_nullifier)
    bundle = None if spend is None else ledger.reader.bundle(spend.height)
    if spend is None or bundle is None:
        raise FormatError("the ledger is damaged: it lost the bundle of a spent account; `zksettle ledger audit` tells")
    legs = encoding.decode_bundle(bundle[1]).legs
    return spend.height if order_id in {digests.leg_id(ledger.ledger_id, leg).hex() for leg in legs} else None
