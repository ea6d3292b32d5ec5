"""Deposits, withdrawals and payments: each syncs, plans, proves, submits, and syncs again.

All raise Unsatisfied when the wallet's accounts do not allow it, settlement.rejection.Rejected when the ledger refuses
the bundle, and FormatError when an argument is not well formed.
"""

from circuits.records import Amount
from prover.trader import addresses, choosing, plan, sessions
from prover.trader.sessions import Session, Settlement
from settlement.bundle import MAX_PARTY_BYTES, Flow
from zk.errors import FormatError

FIRST_INDEX = 0


def deposit(
    session: Session, asset: int, amount: Amount, party: str, now_ms: int, position: int | None = None
) -> Settlement:
    """Takes an amount from an external party into the account at a position.

    Without a position it takes the newest account that owes nothing and that no open order needs.  Without such an
    account it creates one at the first address.
    """
    flow = Flow(asset, amount, _party(party))
    sessions.sync(session)
    setting, changes = sessions.setting(session, now_ms), plan.changes({}, {asset: amount})
    # Not just the newest account: a stranger may have sent one with a debt, which nobody wants to pay by accident.
    free = choosing.free(session.wallet, now_ms)
    if position is None and not free:
        source, target = plan.genesis_source(session.ledger.reader.tree().root), sessions.target(session, FIRST_INDEX)
    else:
        chosen_position = free[-1].position if position is None else position
        holding = choosing.choose(session.wallet, setting, changes, chosen_position, now_ms)
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    leg_plan = plan.deposit(setting, source, target, flow, now_ms + sessions.IMMEDIATE_MS)
    return sessions.settle(session, [leg_plan], now_ms)


def withdraw(
    session: Session, asset: int, amount: Amount, party: str, now_ms: int, position: int | None = None
) -> Settlement:
    """Pays an amount out to an external party."""
    flow = Flow(asset, Amount(-amount), _party(party))
    sessions.sync(session)
    setting = sessions.setting(session, now_ms)
    holding = choosing.choose(session.wallet, setting, plan.changes({asset: amount}, {}), position, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    leg_plan = plan.withdrawal(setting, source, target, flow, now_ms + sessions.IMMEDIATE_MS)
    return sessions.settle(session, [leg_plan], now_ms)


def pay(
    session: Session, receiver: addresses.Address, asset: int, amount: Amount, now_ms: int, position: int | None = None
) -> Settlement:
    """Pays an amount to an address, whose owner finds it by syncing."""
    sessions.sync(session)
    setting = sessions.setting(session, now_ms)
    holding = choosing.choose(session.wallet, setting, plan.changes({asset: amount}, {}), position, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    leg_plans = plan.payment(setting, source, target, receiver, asset, amount, now_ms + sessions.IMMEDIATE_MS)
    return sessions.settle(session, leg_plans, now_ms)


def _party(name: str) -> bytes:
    data = name.encode()
    if not 0 < len(data) <= MAX_PARTY_BYTES:
        raise FormatError(f"the name of an external party has {len(data)} bytes: use 1 to {MAX_PARTY_BYTES}")
    return data
