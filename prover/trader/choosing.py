"""Which account of a wallet an action moves, when its owner has not said."""

from prover.trader.plan import Changes, Setting
from prover.trader.wallets import Holding, Wallet
from settlement import risk
from zk.errors import Unsatisfied


def choose(wallet: Wallet, at: Setting, changed: Changes, position: int | None, now_ms: int) -> Holding:
    """The holding at a position; without one, that which bears the changes best.

    Best is to stay without debt, then the least lack of margin, then to owe nothing now, then no open
    order, then the newest.

    Raises Unsatisfied when the wallet has no live account, or none at the position.
    """
    if not wallet.live:
        raise Unsatisfied("the wallet has no account yet: deposit something first")

    def badness(held: Holding) -> tuple[tuple[int, int], bool, bool, int]:
        lack = _lack(at, held, changed)
        return lack, min(held.account.balances) < 0, is_tied(wallet, held, now_ms), -held.position

    if position is None:
        return min(wallet.live, key=badness)
    for holding in wallet.live:
        if holding.position == position:
            return holding
    raise Unsatisfied(f"the wallet has no live account at position {position}")


def free(wallet: Wallet, now_ms: int) -> list[Holding]:
    """The live holdings that owe nothing and that no open order of the wallet needs, oldest first."""
    return [
        holding
        for holding in wallet.live
        if min(holding.account.balances) >= 0 and not is_tied(wallet, holding, now_ms)
    ]


def is_tied(wallet: Wallet, holding: Holding, now_ms: int) -> bool:
    """Whether moving this holding would make an own order void that has not expired."""
    return any(order.position == holding.position and order.terms.expiry_ms > now_ms for order in wallet.orders)


def _lack(at: Setting, holding: Holding, changed: Changes) -> tuple[int, int]:
    """(0, 0) without debt, (1, shortfall) with debt, (2, 0) with debt that no grid measures."""
    balances = tuple(balance + change for balance, change in zip(holding.account.balances, changed, strict=True))
    if min(balances) >= 0:
        return 0, 0
    return (1, risk.margin_shortfall(balances, at.grid)) if at.grid else (2, 0)
