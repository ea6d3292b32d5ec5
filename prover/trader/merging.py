"""Merges a wallet's smallest accounts into one, so that there is room for others among those that it keeps.

A bundle that is padded anyway has places that cost nothing: there a *crumb*, an account of little worth, is emptied
into the account that moves, and its leg stands where a dummy leg would (prover/trader/shapes.py).

One leg empties each account, and one adds what was in all of them to the largest of these.  A leg always ends in an
account, so each of the emptied ones leaves an empty account, which a wallet only counts.
"""

from prover.trader import choosing, keeping, outbox, plan, sessions, settling, shapes
from prover.trader.owing import Setting
from prover.trader.plan import Changes, LegPlan
from prover.trader.sessions import Session, Settlement
from prover.trader.wallets import Holding
from settlement.bundles.bundle import MAX_LEGS, Bundle
from zk.errors import Unsatisfied

CRUMB_SHARE = 100
"""A crumb is worth at most a hundredth of what is free, with the account that moves: less than a part of an account
that was divided on purpose."""


def with_crumbs(
    session: Session, setting: Setting, holding: Holding, changes: Changes, others: int, now_ms: int
) -> list[LegPlan]:  # fmt: skip
    """The plans of an account's move beside legs of others, and of the crumbs that are emptied into it on the way.

    The first plan is the account's and pays for all legs.  Nothing is added to an account that owes, or would owe.
    Raises Unsatisfied as `plan.move`.
    """
    expiry_ms, crumbs = now_ms + sessions.IMMEDIATE_MS, _crumbs(session, holding, changes, others, now_ms)
    total = tuple(map(sum, zip(changes, *(crumb.account.balances for crumb in crumbs), strict=True)))
    num_fees = shapes.fees(1 + len(crumbs), others)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    plans = [plan.move(setting, source, target, total, expiry_ms, num_fees=num_fees)]
    for crumb in crumbs:
        source, target = sessions.source(session, crumb), sessions.target(session, crumb.index)
        emptied = plan.opposite(crumb.account.balances)
        plans.append(plan.move(setting, source, target, emptied, expiry_ms, num_fees=0))
    return plans


def _crumbs(session: Session, holding: Holding, changes: Changes, others: int, now_ms: int) -> list[Holding]:
    """The free accounts of little worth for which a bundle of one own leg and others' has places, the least first."""
    places = shapes.size(1 + others) - 1 - others
    if holding.account.guard or min(choosing.after(holding, changes)) < 0:
        return []
    weights = keeping.prices(session.ledger)
    others_free = [each for each in choosing.free(session.wallet, now_ms) if each.position != holding.position]
    worths = {each.position: keeping.worth(each.account.balances, weights) for each in (holding, *others_free)}
    most = sum(worths.values()) // CRUMB_SHARE
    small = [each for each in others_free if worths[each.position] <= most]
    return sorted(small, key=lambda each: worths[each.position])[:places]


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
        num_fees = shapes.fees(len(holdings)) if holding is kept else 0
        plans.append(plan.move(setting, source, target, change, expiry_ms, num_fees=num_fees))
    return plans
