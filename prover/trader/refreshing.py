"""Refreshes orders: proves the margin of an order again, at the newest grid, and puts it on the board.

A margin stands outside its leg's signature and id, and names nothing but the new account's commitment.  So whoever can
open that account can prove it again: the order stays the same, and its maker needs neither the old account's keys nor
the escrow again.  The opening is in the order itself, sealed to the maker's own address.

Orders of cash accounts need no refreshing: no price makes them invalid.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from circuits.records import Account
from prover.proofs.keystores import Keystore
from prover.trader import assembly, keys, opening, owing, sealing
from prover.trader.owing import Setting
from settlement import board
from settlement.bundle import Leg, Margin
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from zk.errors import Unsatisfied
from zk.hashes import poseidon


@dataclass(frozen=True)
class Refreshed:
    """What became of an own order: the epoch that its margin is of now, and why that is an older one, if it is."""

    order_id: OrderId
    epoch: int
    why_not: str | None = None


def own(ledger: Ledger, view: keys.View, now_ms: int) -> Iterator[tuple[board.Order, Account]]:
    """The margined orders on the board whose new account belongs to these keys, with that account."""
    opener = sealing.Opener(keys.viewing_key(view))
    for order in board.listed(ledger, now_ms, stale=True):
        if order.grid_epoch is None:
            continue
        account = own_account(view, order.leg, opener)
        if account is not None:
            yield order, account


def refresh(
    ledger: Ledger, keystore: Keystore, setting: Setting, order: board.Order, account: Account, now_ms: int
) -> Refreshed:
    """Proves the margin of an own order at the newest grid and replaces the one on the board, unless it is the newest.

    Raises Unsatisfied when there is no grid or the margin does not suffice, and Rejected when the board refuses.
    """
    assert order.grid_epoch is not None, "an order of a cash account has no margin"
    grid = owing.margin_grid(setting, account.balances)
    if order.grid_epoch == grid.epoch:
        return Refreshed(order.order_id, grid.epoch)
    margin = prove(setting, account, keystore)
    board.refresh(ledger, order.order_id, margin, now_ms)
    return Refreshed(order.order_id, margin.epoch)


def prove(setting: Setting, account: Account, keystore: Keystore) -> Margin:
    """A margin of this account at the setting's grid.  Raises as `refresh`."""
    grid = owing.margin_grid(setting, account.balances)
    planned = owing.margin_plan(grid, account, account.commitment(poseidon.hash))
    return assembly.margin(planned, setting.pool, keystore)


def refresh_all(
    ledger: Ledger, view: keys.View, keystore: Keystore, setting: Setting, now_ms: int,
    tell: Callable[[Refreshed], None],
) -> None:  # fmt: skip
    """Refreshes every own order whose margin is of an older epoch than the newest grid, and tells of each.

    One that cannot be refreshed stops none of the others.
    """
    if setting.grid is None:
        return
    for order, account in own(ledger, view, now_ms):
        assert order.grid_epoch is not None, "only margined orders are refreshed"
        if order.grid_epoch == setting.grid.epoch:
            continue
        try:
            tell(refresh(ledger, keystore, setting, order, account, now_ms))
        except (Unsatisfied, Rejected) as error:
            tell(Refreshed(order.order_id, order.grid_epoch, str(error)))


def find(ledger: Ledger, view: keys.View, order_id: OrderId, now_ms: int) -> tuple[board.Order, Account]:
    """An own margined order on the board.

    Raises Unsatisfied when the board does not have it, when it is of a cash account, and when it is somebody else's.
    """
    for order in board.listed(ledger, now_ms, stale=True):
        if order.order_id != order_id:
            continue
        if order.grid_epoch is None:
            raise Unsatisfied("the order is of a cash account, which no price makes invalid: it needs no refreshing")
        account = own_account(view, order.leg)
        if account is None:
            raise Unsatisfied("only the wallet that placed the order can open its account, and so refresh it")
        return order, account
    raise Unsatisfied("the board does not have this order: it was taken, is void or has expired")


def own_account(view: keys.View, leg: Leg, opener: sealing.Opener | None = None) -> Account | None:
    """The account in which an order's leg would end, when it is one of these keys; `opener` is theirs, if at hand."""
    opener = opener or sealing.Opener(keys.viewing_key(view))
    for sealed in leg.ciphertexts:
        opened = opener.open(sealed, leg.commitment)
        decoded = None if opened is None else opening.decode(opened.body)
        if decoded is None:
            continue
        account, index = decoded
        mine = keys.watched(view, index)
        if mine is not None and mine.owner == account.owner and account.commitment(poseidon.hash) == leg.commitment:
            return account
    return None
