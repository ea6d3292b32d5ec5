"""Cheating, with the means of somebody who has all the tools: what the demo tries, and the ledger refuses.

Whoever cheats here skips the checks of an honest wallet but cannot skip those of the ledger.  Everything is real: the
accounts, the proofs, the signatures.
"""

from dataclasses import dataclass, replace

from circuits import records
from prover.trader import assembly, choosing, plan, sessions
from prover.trader.orders import Placed
from prover.trader.sessions import Session
from settlement import board, encoding, engine
from settlement.bundle import Bundle, Flow
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from zk.curves import bn254

WORTHLESS = ((0,) * records.ASSETS,) * records.SCENARIOS
"""A grid of the cheat's own, in which every portfolio survives."""


@dataclass(frozen=True)
class Withdrawal:
    """A true withdrawal, bound but not yet submitted, beside what it takes to change and sign it again."""

    plan: plan.LegPlan
    bundle: Bundle


def refusal_of(ledger: Ledger, data: bytes, now_ms: int) -> Rejected:
    """Submits bytes that must be refused, and gives back the refusal."""
    try:
        engine.submit(ledger, data, now_ms)
    except Rejected as refusal:
        return refusal
    raise AssertionError("the ledger settled what it must refuse")


def withdrawal(session: Session, asset: int, amount: int, party: str, now_ms: int) -> Withdrawal:
    """A withdrawal that the ledger would settle."""
    sessions.sync(session)
    setting, changed = sessions.setting(session, now_ms), plan.changes({asset: amount}, {})
    holding = choosing.choose(session.wallet, setting, changed, None, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    flow = Flow(asset, -amount, party.encode())
    made = plan.withdrawal(setting, source, target, flow, now_ms + sessions.IMMEDIATE_MS)
    leg = assembly.leg(made, session.ledger.pool, session.keystore)
    return Withdrawal(made, assembly.bundle(session.ledger.ledger_id, [leg], [made.blinding]))


def one_unit_more(ledger: Ledger, honest: Withdrawal) -> bytes:
    """The same withdrawal, asking for one smallest unit more than the account gives up."""
    leg = honest.bundle.legs[0]
    flow = leg.flows[0]
    altered = replace(leg, flows=(replace(flow, amount=flow.amount - 1),))
    greedy = assembly.signed(altered, ledger.ledger_id, honest.plan.spending)
    return encoding.encode_bundle(assembly.bundle(ledger.ledger_id, [greedy], [honest.plan.blinding]))


def one_bit_changed(honest: Withdrawal) -> bytes:
    """The same bundle with the last bit of its proof's first coordinate turned over."""
    leg = honest.bundle.legs[0]
    data = bytearray(encoding.encode_bundle(honest.bundle))
    data[data.index(bn254.encode_g1(leg.proof.a)) + 31] ^= 1
    return bytes(data)


def one_point_negated(honest: Withdrawal) -> bytes:
    """The same bundle, its proof's first point replaced by its negative: well formed, and no proof of anything."""
    leg = honest.bundle.legs[0]
    forged = replace(leg, proof=replace(leg.proof, a=bn254.negate(leg.proof.a)))
    return encoding.encode_bundle(replace(honest.bundle, legs=(forged,)))


def borrowed_margin(session: Session, sell: dict[int, int], buy: dict[int, int], lender: Placed, now_ms: int) -> Rejected:
    """Posts an order beyond the margin with the margin proof of another order, and gives back the refusal.

    The leg itself is true: it says that the account moves, not that it can bear it.
    """
    sessions.sync(session)
    changed = plan.changes(sell, buy)
    own_grid = records.RiskGrid(lender.leg.margin.epoch, WORTHLESS)
    setting = plan.Setting(session.ledger.pool, own_grid)
    holding = choosing.choose(session.wallet, setting, changed, None, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    made = plan.move(setting, source, target, changed, now_ms + sessions.IMMEDIATE_MS)
    leg = assembly.leg(replace(made, margin=None), session.ledger.pool, session.keystore)
    posted = assembly.signed(replace(leg, margin=lender.leg.margin), session.ledger.ledger_id, made.spending)
    try:
        board.place(session.ledger, encoding.encode_leg(posted), (), now_ms)
    except Rejected as refusal:
        return refusal
    raise AssertionError("the board took what it must refuse")
