"""Merges a wallet's smallest accounts into one, so that there is room for others among those that it keeps.

One leg empties each account, and one adds what was in all of them to the largest of these.  A leg always ends in an
account, so each of the emptied ones leaves an empty account, which a wallet only counts.
"""

from prover.trader import choosing, keeping, outbox, plan, sessions, settling
from prover.trader.plan import LegPlan
from prover.trader.sessions import Session, Settlement
from prover.trader.wallets import Holding
from settlement.bundle import MAX_LEGS, Bundle
from zk.errors import Unsatisfied


def merge(session: Session, accounts: int, now_ms: int, once: str | None = None) -> Settlement:
    """Merges the smallest accounts, 2 to MAX_LEGS of them, into one.

    Raises Unsatisfied when fewer than two accounts can be merged, and as `settling.perform`.
    """
    assert 2 <= accounts <= MAX_LEGS, "a bundle has at most 32 legs"

    def make() -> Bundle:
        sessions.sync(session)
        return sessions.assemble(session, _plans(session, _smallest(session, accounts, now_ms), now_ms))

    return settling.perform(session, outbox.asked("merge", once, accounts=accounts), now_ms, make)


def _smallest(session: Session, count: int, now_ms: int) -> list[Holding]:
    """The accounts of the least worth that owe nothing and that no open order needs, the largest of them last."""
    weights = keeping.prices(session.ledger)
    free = choosing.free(session.wallet, now_ms)
    free.sort(key=lambda holding: keeping.worth(holding.account.balances, weights))
    if len(free) < 2:
        raise Unsatisfied(
            "the wallet has fewer than two accounts that can be merged: those that owe something stay apart, and so do "
            "those that an open order needs"
        )
    return free[:count]


def _plans(session: Session, holdings: list[Holding], now_ms: int) -> list[LegPlan]:
    setting, expiry_ms = sessions.setting(session, now_ms), now_ms + sessions.IMMEDIATE_MS
    *emptied, kept = holdings
    moved = tuple(map(sum, zip(*(holding.account.balances for holding in emptied), strict=True)))
    changes = [*(plan.opposite(holding.account.balances) for holding in emptied), moved]
    plans = []
    for holding, change in zip(holdings, changes, strict=True):
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
        num_fees = len(holdings) if holding is kept else 0
        plans.append(plan.move(setting, source, target, change, expiry_ms, num_fees=num_fees))
    return plans
