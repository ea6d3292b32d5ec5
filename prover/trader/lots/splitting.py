"""Divides an account into several, in one bundle, so that an order can be made of lots.

The account gives, and a genesis leg takes each part into an account of the wallet's own.  Every account of a bundle is
as any other to everybody: nobody sees that these belong together, beyond that they are of one bundle.  Parts of a
margined account have their share of what it owes, so each needs margin of its own, and is encrypted to the guardians.

A new account has keys of its own, of the indices 1, 2, …: what is counted by an account's keys, such as top-ups,
is then counted for each part by itself.
"""

from collections.abc import Sequence

from prover.trader import choosing, keeping, outbox, plan, sessions, settling, shapes
from prover.trader.lots import shares
from prover.trader.owing import Setting
from prover.trader.plan import Changes
from prover.trader.sessions import Session, Settlement
from prover.trader.wallets import Holding
from settlement.bundles.bundle import MAX_LEGS, Bundle
from zk.errors import FormatError, Unsatisfied

MAX_PARTS = MAX_LEGS
"""Accounts that one bundle can leave of one."""


def split_evenly(
    session: Session, count: int, now_ms: int, position: int | None = None, once: str | None = None
) -> Settlement:
    """Divides all that an account has, and owes, into `count` accounts, 2 to MAX_PARTS, as equal as they can be.

    Without a position it is the account of the greatest worth that owes nothing and that no open order needs.

    Raises FormatError when the account has too little for so many; as `settling.perform`; and Unsatisfied when the
    margin of a part would not suffice.
    """
    _check_count(count)

    def make() -> Bundle:
        sessions.sync(session)
        setting = sessions.setting(session, now_ms)
        holding = _largest(session, now_ms) if position is None else _at(session, setting, position, now_ms)
        _, *parts = even_parts(setting, holding, count)
        return bundle(session, setting, holding, parts, now_ms)

    return settling.perform(session, outbox.asked("split", once, count=count, position=position), now_ms, make)


def split_off(
    session: Session, parts: Sequence[Changes], now_ms: int, position: int | None = None, once: str | None = None
) -> Settlement:
    """Moves each of the parts, balances of which none is negative, into an account of its own.

    What is left stays where it is.  Raises as `split_evenly`, and Unsatisfied when the account holds less.
    """
    _check_count(len(parts) + 1)

    def make() -> Bundle:
        sessions.sync(session)
        setting = sessions.setting(session, now_ms)
        total = tuple(map(sum, zip(*parts, strict=True)))
        holding = choosing.choose(session.wallet, setting, plan.opposite(total), position, now_ms)
        given = {asset: amount for asset, amount in enumerate(total) if amount}
        plan.check_holds(setting.pool, holding.account, given)
        return bundle(session, setting, holding, parts, now_ms)

    request = outbox.asked("split off", once, parts=[list(part) for part in parts], position=position)
    return settling.perform(session, request, now_ms, make)


def even_parts(setting: Setting, holding: Holding, count: int) -> list[Changes]:
    """The equal shares of what an account has once the fees of the bundle are paid; the first one stays in it.

    Raises FormatError when a part would have nothing at all.
    """
    numeraire, *others = holding.account.balances
    parts = shares.shares((numeraire - shapes.fees(count) * setting.parameters.fees.leg, *others), count)
    if not all(map(any, parts)):
        raise FormatError(f"the account has too little for {count} parts")
    return parts


def bundle(
    session: Session, setting: Setting, holding: Holding, parts: Sequence[Changes], now_ms: int
) -> Bundle:  # fmt: skip
    """The bundle that moves these parts out of an account into accounts of their own, proved.

    Raises Unsatisfied when the account does not allow it.
    """
    expiry_ms = now_ms + sessions.IMMEDIATE_MS
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    given = plan.opposite(tuple(map(sum, zip(*parts, strict=True))))
    plans = [plan.move(setting, source, target, given, expiry_ms, num_fees=shapes.fees(1 + len(parts)))]
    for number, part in enumerate(parts, 1):
        new = sessions.nothing(session, holding)
        plans.append(plan.move(setting, new, sessions.target(session, number), part, expiry_ms, num_fees=0))
    return sessions.assemble(session, plans)


def _check_count(count: int) -> None:
    if not 2 <= count <= MAX_PARTS:
        raise FormatError(f"an account is divided into 2 to {MAX_PARTS} accounts, not into {count}")


def _at(session: Session, setting: Setting, position: int, now_ms: int) -> Holding:
    return choosing.choose(session.wallet, setting, plan.NOTHING, position, now_ms)


def _largest(session: Session, now_ms: int) -> Holding:
    """The account of the greatest worth that owes nothing and that no open order needs."""
    free, weights = choosing.free(session.wallet, now_ms), keeping.prices(session.ledger)
    if not free:
        raise Unsatisfied(
            "the wallet has no account that owes nothing and that no open order needs: name one with --position"
        )
    return max(free, key=lambda holding: keeping.worth(holding.account.balances, weights))
