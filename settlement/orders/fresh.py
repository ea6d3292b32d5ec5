"""Gives orders on the board other margins: as a new grid demands of those that are to be taken."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from settlement.block import Block
from settlement.bundles import encoding
from settlement.bundles.bundle import Margin
from settlement.checks import checks, manychecks, proofclaims
from settlement.errors import Unavailable
from settlement.events import Event
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order


def refresh_all(
    ledger: Ledger, margins: Sequence[tuple[OrderId, Margin]], now_ms: int, verify_proofs: checks.VerifyProofs
) -> list[Order | Rejected | Unavailable]:
    """What board.refresh returns or raises for each of these; all proofs are verified at once, in one transaction."""
    newest, state = ledger.reader.last_event(), Block(ledger)
    listed = ledger.orders.get_all(order_id for order_id, _ in margins)
    found = manychecks.run_all([
        _refreshed(ledger, listed.get(order_id), state, newest, order_id, margin, now_ms)
        for order_id, margin in margins
    ], verify_proofs)  # fmt: skip
    changed = [one for one in found if not isinstance(one, Rejected) and one.is_new]
    stored = iter(ledger.orders.refresh_all([one.order for one in changed]))
    answers = list[Order | Rejected | Unavailable]()
    for one in found:
        if isinstance(one, Rejected):
            answers.append(one)
            continue
        outcome = next(stored) if one.is_new else True
        if isinstance(outcome, Exception):  # of the board of which this one is a copy, or of carriers
            answers.append(outcome)
        else:
            answers.append(one.order if outcome else unknown(one.order.order_id))
    return answers


class _Refreshed(NamedTuple):
    order: Order
    is_new: bool


def _refreshed(
    ledger: Ledger, listed: Order | None, state: Block, newest: Event, order_id: OrderId, margin: Margin, now_ms: int
) -> manychecks.Steps[_Refreshed]:
    order = listed or known(ledger, order_id)
    if order.leg.margin is None:
        raise Rejected(Rejection.MALFORMED, f"order {order_id.hex()} needs no margin")
    if margin.epoch < order.leg.margin.epoch:
        return _Refreshed(order, is_new=False)
    leg = replace(order.leg, margin=margin)
    checks.check_keys(state, (leg,))
    checks.check_clock(newest, now_ms)
    checks.check_expiry((leg,), now_ms)
    checks.check_state(state, (leg,), (), now_ms)
    claim = proofclaims.margin(state, leg, margin)
    yield manychecks.Proved(claim, Rejection.INVALID_PROOF, "the new margin proof does not verify")
    return _Refreshed(replace(order, leg_bytes=encoding.encode_leg(leg), grid_epoch=margin.epoch), is_new=True)


def known(ledger: Ledger, order_id: OrderId) -> Order:
    """The order with this id.  Raises Rejected: ORDER_UNKNOWN or ORDER_WITHDRAWN."""
    order = ledger.orders.get(order_id)
    if order is None:
        raise unknown(order_id) if ledger.orders.withdrawn(order_id) is None else withdrawn(order_id)
    return order


def unknown(order_id: OrderId) -> Rejected:
    """The rejection of an order that the board does not have."""
    return Rejected(
        Rejection.ORDER_UNKNOWN,
        f"order {order_id.hex()} is not on the board: if it ever was, it was taken, cancelled, has expired, or "
        "gave way to others",
    )


def withdrawn(order_id: OrderId) -> Rejected:
    """The rejection of an order that its maker withdrew."""
    return Rejected(Rejection.ORDER_WITHDRAWN, f"the maker of order {order_id.hex()} withdrew it from the board")
