"""Converts an expired claim into the loan claim, at the rate that was published when it expired.

Whoever is long is owed dollars afterwards, and whoever is short owes them.  The ledger sees that an account converts,
and neither how much nor in which direction (settlement/bundles/conversion.py).
"""

from circuits import records
from circuits.records import Position
from prover.trader import outbox, plan, sessions, settling
from prover.trader.sessions import Session, Settlement
from prover.trader.wallets import Holding, Wallet
from settlement.bundles.bundle import Bundle
from settlement.pool import assets
from settlement.pool.pool import Pool
from zk.errors import FormatError, Unsatisfied


def convert(
    session: Session, claim: int, now_ms: int, position: int | None = None, once: str | None = None
) -> Settlement:
    """Converts all that an account holds or owes of a claim.

    Without a position it takes the wallet's only account that holds or owes some.  It settles as the moves do.

    Raises as `moves`, and Unsatisfied when the claim has no rate or no account has any of it.
    """

    def make() -> Bundle:
        sessions.sync(session)
        rates, loan = session.ledger.reader.rates(), assets.loan_slot(session.ledger.pool.assets)
        if claim not in rates or loan is None:
            raise Unsatisfied(f"{_symbol(session.ledger.pool, claim)} has not expired, so it has no rate to convert at")
        holding = _holding(session.wallet, session.ledger.pool, claim, position)
        amount = holding.account.balances[claim]
        delta = [0] * records.ASSETS
        delta[claim], delta[loan] = -amount, amount * rates[claim]
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
        planned = plan.move(
            sessions.setting(session, now_ms), source, target, tuple(delta), now_ms + sessions.IMMEDIATE_MS
        )
        return sessions.assemble(session, [planned], conversions={claim: -amount})

    _check_claim(session.ledger.pool, claim)
    return settling.perform(session, outbox.asked("convert", once, asset=claim, position=position), now_ms, make)


def _holding(wallet: Wallet, pool: Pool, claim: int, position: int | None) -> Holding:
    found = [each for each in wallet.live if each.account.balances[claim]]
    if position is not None:
        found = [each for each in found if each.position == Position(position)]
    if not found:
        where = "the wallet has" if position is None else f"the account at position {position} has"
        raise Unsatisfied(f"{where} no {_symbol(pool, claim)}, so there is nothing to convert")
    if len(found) > 1:
        positions = ", ".join(str(each.position) for each in found)
        raise Unsatisfied(
            f"several accounts have {_symbol(pool, claim)}, at positions {positions}: name one with --position"
        )
    return found[0]


def _check_claim(pool: Pool, slot: int) -> None:
    if not pool.assets[slot].is_claim:
        raise FormatError(f"{_symbol(pool, slot)} is held outside, and only claims convert: withdraw it")


def _symbol(pool: Pool, slot: int) -> str:
    return pool.assets[slot].symbol
