"""The demo's cheats, which the ledger refuses, by a trader with all the tools.

A cheater skips the checks of an honest wallet but cannot skip those of the ledger.  Everything is real: the accounts,
the proofs, the signatures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from circuits import records
from circuits.records import Amount
from prover.trader import assembly, choosing, owing, plan, sessions
from prover.trader.orders import Placed
from prover.trader.sessions import Session
from settlement import custody, engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Account, Bundle, Flow, Leg
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.rejection import Rejected
from zk.curves import bn254

WORTHLESS = ((0,) * records.ASSETS,) * records.SCENARIOS
"""The values of an invented grid, which every portfolio survives."""


@dataclass(frozen=True)
class Withdrawal:
    """An honest withdrawal, signed but not yet submitted, and the plan that is needed to change and re-sign it."""

    plan: plan.LegPlan
    bundle: Bundle


def refusal_of(ledger: Ledger, data: bytes, now_ms: int) -> Rejected:
    """Submits bytes that the ledger must refuse, and returns the refusal."""
    try:
        engine.submit(ledger, data, now_ms)
    except Rejected as refusal:
        return refusal
    raise AssertionError("the ledger settled what it must refuse")


def withdrawal(session: Session, asset: int, amount: Amount, party: str, now_ms: int) -> Withdrawal:
    """A withdrawal that the ledger would settle, signed by the custodian too."""
    sessions.sync(session)
    setting, changes = sessions.setting(session, now_ms), plan.changes({asset: amount}, {})
    holding = choosing.choose(session.wallet, setting, changes, None, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    flow = Flow(asset, Amount(-amount), Account.OUTSIDE, party.encode(), b"a cheated withdrawal")
    leg_plan = plan.withdrawal(setting, source, target, flow, now_ms + sessions.IMMEDIATE_MS)
    leg = assembly.leg(leg_plan, session.ledger.pool, session.keystore)
    return Withdrawal(leg_plan, _attested(session, leg, leg_plan))


def one_unit_more(session: Session, honest: Withdrawal) -> bytes:
    """The same withdrawal, for one smallest unit more than the account gives up."""
    leg = honest.bundle.legs[0]
    flow = leg.flows[0]
    unsigned = replace(leg, flows=(replace(flow, amount=Amount(flow.amount - 1)),))
    greedy = assembly.signed(unsigned, session.ledger.ledger_id, honest.plan.spending)
    return encoding.encode_bundle(_attested(session, greedy, honest.plan))


def _attested(session: Session, leg: Leg, leg_plan: plan.LegPlan) -> Bundle:
    """The leg as a bundle that the custodian signs, as it does for every bundle of the demo."""
    assert session.custodian is not None, "the demo's custodian is on this machine"
    bundle = assembly.bundle(session.ledger.ledger_id, [leg], [leg_plan.blinding])
    return custody.attest(session.ledger.pool, bundle, session.custodian)


def one_bit_changed(honest: Withdrawal) -> bytes:
    """The same bundle with the last bit of its proof's first coordinate flipped."""
    leg = honest.bundle.legs[0]
    data = bytearray(encoding.encode_bundle(honest.bundle))
    data[data.index(bn254.encode_g1(leg.proof.a)) + 31] ^= 1
    return bytes(data)


def one_point_negated(honest: Withdrawal) -> bytes:
    """The same bundle with its proof's first point negated: well formed, and a proof of nothing."""
    leg = honest.bundle.legs[0]
    forgery = replace(leg, proof=replace(leg.proof, a=bn254.negate(leg.proof.a)))
    return encoding.encode_bundle(replace(honest.bundle, legs=(forgery,)))


def borrowed_margin(
    session: Session, sell: Mapping[int, int], buy: Mapping[int, int], lender: Placed, now_ms: int
) -> Rejected:
    """Posts an order beyond the margin with the margin proof of another order, and returns the refusal.

    The leg itself is true: it states that the account moves, not that the account has the margin for it.
    """
    assert lender.leg.margin is not None, "the lender's order is margined"
    sessions.sync(session)
    changes = plan.changes(sell, buy)
    own_grid = owing.Grid(lender.leg.margin.epoch, records.RiskGrid(WORTHLESS))
    setting = replace(sessions.setting(session, now_ms), grid=own_grid)
    holding = choosing.choose(session.wallet, setting, changes, None, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    leg_plan = plan.move(setting, source, target, changes, now_ms + sessions.IMMEDIATE_MS)
    leg = assembly.leg(replace(leg_plan, margin=None), session.ledger.pool, session.keystore)
    forgery = assembly.signed(replace(leg, margin=lender.leg.margin), session.ledger.ledger_id, leg_plan.spending)
    order_id = digests.leg_id(session.ledger.ledger_id, forgery)
    try:
        board.place(session.ledger, assembly.posting(forgery, order_id, (), b"", now_ms, leg_plan.spending), now_ms)
    except Rejected as refusal:
        return refusal
    raise AssertionError("the board accepted what it must refuse")
