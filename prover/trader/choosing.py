"""Chooses the account of a wallet that an action moves when its owner names none."""

from collections.abc import Sequence
from dataclasses import replace

from circuits import records
from circuits.records import Position
from prover.trader.owing import Setting
from prover.trader.plan import Changes
from prover.trader.wallets import Holding, Wallet
from settlement.risk import risk
from zk.errors import Unsatisfied


def choose(wallet: Wallet, setting: Setting, changes: Changes, position: int | None, now_ms: int) -> Holding:
    """The holding at a position; without a position, the one that suits the changes best, as `choose_for`."""
    return choose_for(wallet, setting, [changes], position, now_ms)


def choose_for(
    wallet: Wallet, setting: Setting, alternatives: Sequence[Changes], position: int | None, now_ms: int
) -> Holding:
    """The holding at a position; without one, that which suits these changes best, of which it will do one at most.

    It prefers an account that stays without debt, then the smallest margin shortfall, then one that owes nothing now,
    then one without an open order, then the newest; and least of all one that would lack what is held.

    Raises Unsatisfied when the wallet has no live account, or none at the position.
    """
    if not wallet.live:
        raise Unsatisfied("the wallet has no account yet: deposit something first")

    tied = tied_positions(wallet, now_ms)

    def badness(candidate: Holding) -> tuple[tuple[int, int], bool, bool, int]:
        lacks = max(shortfall(setting, after(candidate, changes)) for changes in alternatives)
        owes = min(candidate.account.balances) < 0
        return lacks, owes, candidate.position in tied, -candidate.position

    if position is None:
        return min(wallet.live, key=badness)
    for holding in wallet.live:
        if holding.position == position:
            return holding
    raise Unsatisfied(f"the wallet has no live account at position {position}: see `zksettle wallet show`")


def margined(wallet: Wallet, position: int | None) -> Holding:
    """The margined account at a position; without a position, the wallet's only one.

    Raises Unsatisfied when there is none, or several and no position.
    """
    owing = [holding for holding in wallet.live if holding.account.guard]
    chosen = [holding for holding in owing if position in (None, holding.position)]
    if not chosen:
        where = "" if position is None else f" at position {position}"
        raise Unsatisfied(f"the wallet has no margined account{where}, so there is nothing to top up")
    if len(chosen) > 1:
        positions = ", ".join(str(holding.position) for holding in chosen)
        raise Unsatisfied(f"the wallet has several margined accounts, at positions {positions}: name one")
    return chosen[0]


def payer(
    wallet: Wallet, setting: Setting, asset: int, amount: int, position: int | None, now_ms: int
) -> Holding:  # fmt: skip
    """The account that pays for a top-up: a cash account, so that curing one account puts no other at risk.

    Raises Unsatisfied as `choose`, and when the account at the position is margined itself.
    """
    cash = replace(wallet, live=tuple(holding for holding in wallet.live if not holding.account.guard))
    changes = tuple(-amount * (slot == asset) for slot in range(records.ASSETS))
    if not cash.live:
        raise Unsatisfied("the wallet has no cash account to take it from: `zksettle deposit --top-up` pays it in")
    return choose(cash, setting, changes, position, now_ms)


def free(wallet: Wallet, now_ms: int) -> list[Holding]:
    """The live accounts that owe nothing and that no open order of the wallet needs, oldest first."""
    tied = tied_positions(wallet, now_ms)
    return [
        holding for holding in wallet.live if min(holding.account.balances) >= 0 and holding.position not in tied
    ]


def tied_positions(wallet: Wallet, now_ms: int) -> frozenset[Position]:
    """The positions of the accounts whose moving would void an own order that is neither expired nor withdrawn."""
    open_orders = (order for order in wallet.orders if not order.is_withdrawn)
    return frozenset(order.position for order in open_orders if order.terms.expiry_ms > now_ms)


def after(holding: Holding, changes: Changes) -> Changes:
    """The balances of an account once these changes are made."""
    return tuple(balance + change for balance, change in zip(holding.account.balances, changes, strict=True))


def shortfall(setting: Setting, balances: Changes) -> tuple[int, int]:
    """(0, 0) without debt, (1, margin shortfall) with debt, (2, 0) with debt that no grid measures.

    (3, 0) when it would owe what is held, which no account may.
    """
    if min(balances) >= 0:
        return 0, 0
    if min(balances[: records.HELD]) < 0:
        return 3, 0
    return (1, max(-min(risk.scenario_values(balances, setting.grid.risk)), 0)) if setting.grid else (2, 0)
