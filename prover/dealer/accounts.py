"""Chooses the account of an order or a quote, so that what is taken of one voids as little as possible of the others.

An account that would do without any shortfall is preferred when no quote that somebody may be about to take is on it.
The accounts of the reserve are never used.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from circuits.records import Position
from prover.rfq.memory import Memory
from prover.trader import choosing, sessions
from prover.trader.lots import accounts as lots
from prover.trader.plan import Changes
from prover.trader.sessions import Session
from prover.trader.wallets import Holding
from zk.errors import Unsatisfied


class Accounts:
    """The accounts of one desk.  `keep_off` has the numbers of the addresses whose accounts are the reserve."""

    def __init__(self, session: Session, remembered: Memory, keep_off: Collection[int] = ()):
        self._session, self._remembered, self._keep_off = session, remembered, frozenset(keep_off)

    def choose(
        self, alternatives: Sequence[Changes], now_ms: int, beside: Collection[Position] = ()
    ) -> Position:  # fmt: skip
        """The account for changes of which it will do one at most, where there is one without a firm quote.

        Those at `beside` are left to what else is being quoted.  Raises Unsatisfied without any account.
        """
        busy = quoted(self._session, self._remembered, now_ms).union(beside)
        return choose(self._session, alternatives, busy, self._keep_off, now_ms)

    def for_lots(self, parts: Sequence[Changes], now_ms: int) -> tuple[Position | None, frozenset[Position]]:
        """The accounts for these lots: the position of one to divide, or else those of the ones to use as they are.

        Dividing an account voids what stands on it.  So one is divided on which nothing stands, or, where the accounts
        do not suffice as they are, one with an order, but never one on which a quote is firm.

        Raises Unsatisfied when that leaves none.
        """
        session, setting = self._session, sessions.setting(self._session, now_ms)
        busy, whole = quoted(session, self._remembered, now_ms), lots.together(parts)
        tied = choosing.tied_positions(session.wallet, now_ms)
        usable = [each for each in session.wallet.live if each.index not in self._keep_off]
        calm = [each for each in usable if each.position not in busy]
        loose = [each for each in calm if each.position not in tied]
        found = lots.ready(session, loose, parts, now_ms)
        divisible = [each for each in loose if lots.suffices(setting, each, whole)]
        if found is None and not divisible:
            found = lots.find(session, calm, parts, now_ms) or lots.find(session, usable, parts, now_ms)
            divisible = [each for each in calm if lots.suffices(setting, each, whole)]
        if found is not None:
            return None, frozenset(each.position for each in found)
        if not divisible and any(lots.suffices(setting, each, whole) for each in usable):
            raise Unsatisfied(
                f"no account can be divided into {len(parts)} lots before the quotes on those that would do expire"
            )
        wallet = replace(session.wallet, live=tuple(divisible or usable))
        return choosing.choose(wallet, setting, whole, None, now_ms).position, frozenset()


def quoted(session: Session, remembered: Memory, now_ms: int) -> frozenset[Position]:
    """Where accounts are on which a quote is firm that was given to somebody."""
    firm = {each.spends for answer in remembered.answered for each in answer.quoted if each.expires_ms > now_ms}
    return frozenset(holding.position for holding in session.wallet.live if holding.nullifier in firm)


def choose(
    session: Session, alternatives: Sequence[Changes], busy: Collection[int], keep_off: Collection[int], now_ms: int
) -> Position:  # fmt: skip
    """The position of the account that suits these changes, of which it will do one at most.

    `busy` are positions that are better left alone, and `keep_off` has the numbers of addresses whose accounts must not
    be used.  Raises Unsatisfied when there is no other.
    """
    setting = sessions.setting(session, now_ms)

    def best(holdings: Sequence[Holding]) -> Holding:
        return choosing.choose_for(
            replace(session.wallet, live=tuple(holdings)), setting, alternatives, None, now_ms
        )  # fmt: skip

    def lacks(holding: Holding) -> tuple[int, int]:
        return max(choosing.shortfall(setting, choosing.after(holding, changes)) for changes in alternatives)

    usable = [holding for holding in session.wallet.live if holding.index not in keep_off]
    if not usable:
        raise Unsatisfied("the desk has no account to trade with: deposit something, beside the reserve")
    found = best(usable)
    calm = [holding for holding in usable if holding.position not in busy]
    other = best(calm) if calm else found
    return (other if lacks(other) <= lacks(found) else found).position
