"""An account for each lot of an order: those that the wallet has, or what one account is divided into.

An order that needs no margin divides only what it sells, and what is left of the account stays free.  An order on
margin divides all that its account has and owes, because each lot needs margin of its own; but first it uses accounts
on margin as they are, or every order would leave smaller ones.
"""

from collections.abc import Sequence
from dataclasses import replace

from prover.trader import backing, choosing, keeping, outbox, owing, plan, sessions, settling, shapes
from prover.trader.lots import splitting
from prover.trader.owing import Setting
from prover.trader.plan import Changes
from prover.trader.sessions import Session, Settlement
from prover.trader.wallets import Holding
from settlement.bundles.bundle import Bundle
from settlement.pool.assets import NUMERAIRE
from zk.errors import Unsatisfied


def ready(session: Session, usable: Sequence[Holding], lots: Sequence[Changes], now_ms: int) -> list[Holding] | None:
    """An account for each of these lots, of those that are usable; None when one is to be divided first.

    Accounts that owe something are only used when the one that would be divided is divided with all that it owes.
    """
    found = find(session, [each for each in usable if min(each.account.balances) >= 0], lots, now_ms)
    if found is not None or not usable:
        return found
    setting, changes = sessions.setting(session, now_ms), together(lots)
    best = choosing.choose(replace(session.wallet, live=tuple(usable)), setting, changes, None, now_ms)
    return None if _is_cash(best, changes) else find(session, usable, lots, now_ms)


def loose(session: Session, now_ms: int) -> list[Holding]:
    """The accounts that no open order needs."""
    tied = choosing.tied_positions(session.wallet, now_ms)
    return [holding for holding in session.wallet.live if holding.position not in tied]


def find(session: Session, usable: Sequence[Holding], lots: Sequence[Changes], now_ms: int) -> list[Holding] | None:
    """An account for each of these lots: one that owes nothing, and of those that suffice the one of the least worth.

    None without enough.
    """
    setting, weights = sessions.setting(session, now_ms), keeping.prices(session.ledger)

    def rank(holding: Holding) -> tuple[bool, int]:
        return min(holding.account.balances) < 0, keeping.worth(holding.account.balances, weights)

    left, found = sorted(usable, key=rank), list[Holding]()
    for changes in lots:
        account = next((each for each in left if suffices(setting, each, changes)), None)
        if account is None:
            return None
        found.append(account)
        left.remove(account)
    return found


def suffices(setting: Setting, holding: Holding, changes: Changes) -> bool:
    """Whether an account can do this, and pay the pool's fee for its leg."""
    return choosing.shortfall(setting, choosing.after(holding, _paid(setting, changes))) in ((0, 0), (1, 0))


def together(lots: Sequence[Changes]) -> Changes:
    """What these lots sell and buy in all."""
    return tuple(map(sum, zip(*lots, strict=True)))


def divide(
    session: Session, lots: Sequence[Changes], position: int | None, now_ms: int, key: str, *, is_backed: bool
) -> Settlement:  # fmt: skip
    """Divides the account at a position, or the one that suits best, so that there is one for each of the lots.

    Raises Unsatisfied when the account, or its share for a lot, does not allow that; and as `settling.perform`.
    """

    def make() -> Bundle:
        sessions.sync(session)
        setting = sessions.setting(session, now_ms)
        holding = choosing.choose(session.wallet, setting, together(lots), position, now_ms)
        owned = _divided(setting, holding, lots)
        for part, lot in zip(owned[-len(lots) :], lots, strict=True):
            _check(setting, part, lot, len(lots), is_backed=is_backed)
        return splitting.bundle(session, setting, holding, owned[1:], now_ms)

    return settling.perform(session, outbox.asked("split for lots", key), now_ms, make)


def _divided(setting: Setting, holding: Holding, lots: Sequence[Changes]) -> list[Changes]:
    """What each account has afterwards, the divided one first; the last ones are those of the lots."""
    changes = together(lots)
    sold = [tuple(max(-change, 0) for change in _paid(setting, lot)) for lot in lots]
    if not _is_cash(holding, changes) or not all(map(any, sold)):
        return splitting.even_parts(setting, holding, len(lots))
    numeraire, *others = choosing.after(holding, plan.opposite(tuple(map(sum, zip(*sold, strict=True)))))
    left = (numeraire - shapes.fees(len(lots)) * setting.parameters.fees.leg, *others)
    return [left, *sold] if any(left) else sold


def _is_cash(holding: Holding, changes: Changes) -> bool:
    """Whether the account owes nothing, and would owe nothing with all the lots."""
    return holding.account.guard == 0 and min(choosing.after(holding, changes)) >= 0


def _check(setting: Setting, part: Changes, changes: Changes, count: int, *, is_backed: bool) -> None:
    """Raises Unsatisfied when an account with this part of the balances cannot place its lot."""
    after = tuple(map(sum, zip(part, _paid(setting, changes), strict=True)))
    try:
        owing.check_balances(setting.pool, after)
        if min(after) < 0:
            owing.margin_grid(setting, after)
        backing.choose(setting, part, is_wanted=is_backed)
    except Unsatisfied as error:
        raise Unsatisfied(f"divided among {count} lots, {error}: place fewer lots, or deposit more first") from None


def _paid(setting: Setting, changes: Changes) -> Changes:
    """What a lot changes with the pool's fee for its leg, which its own account pays."""
    return (changes[NUMERAIRE] - setting.parameters.fees.leg, *changes[NUMERAIRE + 1 :])
