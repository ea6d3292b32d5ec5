"""Moves accounts without changing them, which voids every order and quote that would spend them.

Up to MAX_LEGS accounts move in one bundle, so that all of their orders end at once or none does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from circuits.records import Position
from prover.machine import clock
from prover.trader import choosing, keys, outbox, plan, sessions, settling, shapes
from prover.trader.owing import Setting
from prover.trader.sessions import Session, Settlement
from prover.trader.wallets import Holding
from settlement import amounts
from settlement.bundles.bundle import MAX_LEGS, Bundle
from settlement.rejection import Rejected, Rejection
from zk.errors import Unsatisfied


@dataclass(frozen=True, repr=False)
class Moved(keys.Secret):
    """The settlements, the positions of the accounts that they moved, and why others did not move, by position.

    `gone` are accounts that were found to have moved already, because somebody took what they offered.
    """

    settlements: tuple[Settlement, ...] = ()
    positions: tuple[Position, ...] = ()
    failed: tuple[tuple[Position, str], ...] = ()
    gone: tuple[Position, ...] = ()

    def __add__(self, other: "Moved") -> "Moved":
        return Moved(
            self.settlements + other.settlements, self.positions + other.positions, self.failed + other.failed,
            self.gone + other.gone,
        )  # fmt: skip


def all_positions(session: Session, now_ms: int) -> list[Position]:
    """Where all live accounts are: first those that an open order of the wallet needs, then the newest."""
    tied = choosing.tied_positions(session.wallet, now_ms)
    return sorted((holding.position for holding in session.wallet.live), key=lambda at: (at not in tied, -at))


def move(session: Session, positions: Sequence[Position], now_ms: int) -> Moved:
    """Moves the accounts at these positions, up to MAX_LEGS in each bundle, in this order.

    An account that cannot move, because it lacks margin perhaps, stops no other: its bundle is divided until it is
    alone, and why is in what is returned.  Raises Unavailable when the ledger cannot be reached, and then repeated
    finds out what has settled.
    """
    time, done = clock.running(now_ms), Moved()  # no bundle is older than the one before
    for start in range(0, len(positions), MAX_LEGS):
        done += _moved(session, positions[start : start + MAX_LEGS], time)
    return done


def _moved(session: Session, positions: Sequence[Position], time: Callable[[], int]) -> Moved:
    """Moves these in one bundle, or in several where one of them cannot move."""
    sessions.sync(session)
    live = {holding.position for holding in session.wallet.live}
    gone, there = [at for at in positions if at not in live], [at for at in positions if at in live]
    if not there:
        return Moved(gone=tuple(gone))
    try:
        settlement, moved = _together(session, there, time())
        return Moved((settlement,), tuple(moved), gone=(*gone, *(at for at in there if at not in moved)))
    except (Unsatisfied, Rejected) as error:
        if len(there) == 1:
            return Moved(failed=((there[0], str(error)),), gone=tuple(gone))
    middle = len(there) // 2
    halves = _moved(session, there[:middle], time) + _moved(session, there[middle:], time)
    return Moved(gone=tuple(gone)) + halves


def _together(session: Session, positions: Sequence[Position], now_ms: int) -> tuple[Settlement, list[Position]]:
    """One bundle of these, and which of them it moved: what was taken while others were proved is left out."""
    moved = list(positions)

    def make() -> Bundle:
        sessions.sync(session)
        holdings = [holding for holding in session.wallet.live if holding.position in positions]
        if not holdings:
            raise Unsatisfied("the accounts have moved already")
        moved[:] = [holding.position for holding in holdings]
        return bundle(session, holdings, now_ms)

    request = outbox.asked("move", None, positions=sorted(positions))
    settlement = settling.perform(session, request, now_ms, make, (*settling.MEANWHILE, Rejection.NULLIFIER_SPENT))
    return settlement, moved


def bundle(session: Session, holdings: Sequence[Holding], now_ms: int) -> Bundle:
    """One leg for each account, which changes nothing; one of them pays the fees, or another account does.

    Raises Unsatisfied when a margin does not suffice, or nobody can pay.
    """
    setting, expiry_ms = sessions.setting(session, now_ms), now_ms + sessions.IMMEDIATE_MS
    payer = _payer(session, setting, holdings)
    moved = holdings if payer in holdings else [payer, *holdings]
    plans = []
    for holding in moved:
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
        num_fees = shapes.fees(len(moved)) if holding is payer else 0
        plans.append(plan.move(setting, source, target, plan.NOTHING, expiry_ms, num_fees=num_fees))
    return sessions.assemble(session, plans)


def _payer(session: Session, setting: Setting, holdings: Sequence[Holding]) -> Holding:
    """The account that pays the fees of a bundle of these and perhaps itself: preferably one of these."""
    fee = setting.parameters.fees.leg
    if not fee:
        return holdings[0]
    free = [each for each in session.wallet.live if each not in holdings and not each.account.guard]
    for each in [*holdings, *(free if len(holdings) < MAX_LEGS else [])]:
        legs = len(holdings) + (each not in holdings)
        if each.account.balances[amounts.NUMERAIRE] >= shapes.fees(legs) * fee:
            return each
    needed = amounts.show(shapes.fees(len(holdings)) * fee, setting.pool.assets[amounts.NUMERAIRE])
    raise Unsatisfied(f"no cash account of the wallet can pay the pool's fee for this, {needed}")
