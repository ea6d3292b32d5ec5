"""Refreshes orders: proves the margin of an order again, at the newest grid, and puts it on the board.

A margin stands outside its leg's signature and id, and names nothing but the new account's commitment.  So whoever can
open that account can prove it again: the order stays the same, and its maker needs neither the old account's keys nor
the escrow again.  The opening is in the order itself, sealed to the maker's own address.

Orders of cash accounts need no refreshing: no price makes them invalid.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from circuits.records import Account
from prover.proofs.keystores import Keystore
from prover.trader import assembly, keys, opening, owing, sealing
from prover.trader.owing import MarginPlan, Setting
from settlement.bundles.bundle import Leg, Margin
from settlement.errors import Unavailable
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.rejection import Rejected
from zk.errors import Unsatisfied

TOGETHER = 16
"""Margins that are proved, and given to the board, at a time: together they cost less."""


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
    return assembly.margin(_plan(setting, account), setting.pool, keystore)


def prove_all(setting: Setting, accounts: Sequence[Account], keystore: Keystore) -> list[Margin | Unsatisfied]:
    """For each account a margin at the setting's grid, proved together with the others, or why there is none."""
    planned = [_or_why_not(setting, account) for account in accounts]
    plans = [plan for plan in planned if not isinstance(plan, Unsatisfied)]
    made = iter(assembly.margins(plans, setting.pool, keystore))
    return [plan if isinstance(plan, Unsatisfied) else next(made) for plan in planned]


def _plan(setting: Setting, account: Account) -> MarginPlan:
    from zk.hashes import quick  # loads the kernels, which the proof needs anyway

    grid = owing.margin_grid(setting, account.balances)
    return owing.margin_plan(grid, account, account.commitment(quick.hash))


def _or_why_not(setting: Setting, account: Account) -> MarginPlan | Unsatisfied:
    try:
        return _plan(setting, account)
    except Unsatisfied as error:
        return error


def refresh_all(
    ledger: Ledger, view: keys.View, keystore: Keystore, setting: Setting, now_ms: int,
    tell: Callable[[Refreshed], None],
) -> None:  # fmt: skip
    """Refreshes every own order whose margin is of an older epoch than the newest grid, and tells of each.

    One that cannot be refreshed stops no other one.  While the board takes some margins, the next ones are proved.

    Raises errors.Unavailable when the board, or a carrier, does not answer: those of which it was told are refreshed,
    the others are tried again by whoever calls this again.
    """
    if setting.grid is None:
        return
    away: Unavailable | None = None
    epoch = setting.grid.epoch
    stale = [(order, account) for order, account in own(ledger, view, now_ms) if order.grid_epoch != epoch]
    parts = [stale[first:first + TOGETHER] for first in range(0, len(stale), TOGETHER)]
    with ThreadPoolExecutor(1) as prover:
        begun = [
            prover.submit(copy_context().run, prove_all, setting, [account for _, account in part], keystore)
            for part in parts
        ]
        for part, future in zip(parts, begun, strict=True):
            try:
                made = future.result()
            except BaseException:
                prover.shutdown(wait=False, cancel_futures=True)
                raise
            proved: list[tuple[board.Order, Margin]] = []
            for (order, _), margin in zip(part, made, strict=True):
                if isinstance(margin, Unsatisfied):
                    tell(_stale(order, margin))
                else:
                    proved.append((order, margin))
            answers = board.refresh_all(ledger, [(order.order_id, margin) for order, margin in proved], now_ms)
            for (order, margin), answer in zip(proved, answers, strict=True):
                match answer:
                    case Rejected():
                        tell(_stale(order, answer))
                    case Unavailable():
                        away = answer
                    case _:
                        tell(Refreshed(order.order_id, margin.epoch))
            if away is not None:
                prover.shutdown(wait=False, cancel_futures=True)
                raise away


def _stale(order: board.Order, why_not: Exception) -> Refreshed:
    """An order whose margin stays as old as it was."""
    assert order.grid_epoch is not None, "only margined orders are refreshed"
    return Refreshed(order.order_id, order.grid_epoch, str(why_not))


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
    from zk.hashes import quick

    opener = opener or sealing.Opener(keys.viewing_key(view))
    for sealed in leg.ciphertexts:
        opened = opener.open(sealed, leg.commitment)
        decoded = None if opened is None else opening.decode(opened.body)
        if decoded is None:
            continue
        account, index = decoded
        mine = keys.watched(view, index)
        if mine is not None and mine.owner == account.owner and account.commitment(quick.hash) == leg.commitment:
            return account
    return None
