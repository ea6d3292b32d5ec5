"""Chooses the account of a wallet that an action moves when its owner names none."""

from circuits.records import Position
from prover.trader.plan import Changes, Setting
from prover.trader.wallets import Holding, Wallet
from settlement import risk
from zk.errors import Unsatisfied


def choose(wallet: Wallet, setting: Setting, changes: Changes, position: int | None, now_ms: int) -> Holding:
    """The holding at a position; without a position, the one that suits the changes best.

    It prefers an account that stays without debt, then the smallest margin shortfall, then one that owes nothing now,
    then one without an open order, then the newest.

    Raises Unsatisfied when the wallet has no live account, or none at the position.
    """
    if not wallet.live:
        raise Unsatisfied("the wallet has no account yet: deposit something first")

    tied = tied_positions(wallet, now_ms)

    def badness(candidate: Holding) -> tuple[tuple[int, int], bool, bool, int]:
        shortfall = _shortfall(setting, candidate, changes)
        owes = min(candidate.account.balances) < 0
        return shortfall, owes, candidate.position in tied, -candidate.position

    if position is None:
        return min(wallet.live, key=badness)
    for holding in wallet.live:
        if holding.position == position:
            return holding
    raise Unsatisfied(f"the wallet has no live account at position {position}: see `zksettle wallet show`")


def free(wallet: Wallet, now_ms: int) -> list[Holding]:
    """The live accounts that owe nothing and that no open order of the wallet needs, oldest first."""
    tied = tied_positions(wallet, now_ms)
    return [
        holding for holding in wallet.live if min(holding.account.balances) >= 0 and holding.position not in tied
    ]


def tied_positions(wallet: Wallet, now_ms: int) -> frozenset[Position]:
    """The positions of the accounts whose moving would void an own order that has not expired."""
    return frozenset(order.position for order in wallet.orders if order.terms.expiry_ms > now_ms)


def _shortfall(setting: Setting, holding: Holding, changes: Changes) -> tuple[int, int]:
    """(0, 0) without debt, (1, margin shortfall) with debt, (2, 0) with debt that no grid measures."""
    balances = tuple(balance + change for balance, change in zip(holding.account.balances, changes, strict=True))
    if min(balances) >= 0:
        return 0, 0
    return (1, risk.margin_shortfall(balances, setting.grid)) if setting.grid else (2, 0)
