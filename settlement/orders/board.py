"""The board of firm orders.  An order is a leg that would settle now, together with its terms, sealed to their readers.

The board admits a leg only if it passes every check that a bundle's legs must pass, proofs included; so every listed
order would settle.  The board never learns what is traded: the terms are ciphertexts, unless their maker let everybody
read them.  An order is named by its leg's id, which covers the leg's body only, so the same leg with a new proof or
signature is the same order.  The leg names its terms; what else stands beside it its maker signs under the leg's rk, so
that nobody can list it with other terms, change its row unnoticed, or post it again later.

An order is void when its account has moved or it has expired.  Its maker cancels it by moving the account, or withdraws
it by a message, which takes it off the board only (settlement.orders.withdrawals).  An order
with margin is stale while its grid is not in force: it stays, but nobody can take it, until somebody who can open the
account refreshes its margin, which needs no signature.

Room on the board costs something: one order for each proof, a few for each account, and those with a proof of funds
(settlement.orders.funds), or for which the pool's fee was paid, come before those without.  On a full board the oldest
orders without either give way, the others to nobody.  """

from collections.abc import Sequence

from settlement import engine
from settlement.block import Block
from settlement.bundles import digests
from settlement.bundles.bundle import Margin
from settlement.checks import checks, manychecks, margins
from settlement.errors import Unavailable
from settlement.events import Event
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.orders import fresh, withdrawals
from settlement.orders import posting as beside
from settlement.orders.posting import MAX_POSTING_AGE_MS, MAX_READERS, Posting, check_signed
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order, Outcome, Withdrawal

__all__ = ["MAX_POSTING_AGE_MS", "MAX_READERS", "Posting", "check_signed"]

MAX_ORDERS = 1024
MAX_ORDERS_PER_NULLIFIER = 8
MAX_LIFE_MS = 30 * 24 * 3_600_000
MAX_WITHDRAWALS = 1024
"""How many withdrawals a board remembers; beyond these it forgets those that would expire first."""


def place(
    ledger: Ledger, posting: Posting, now_ms: int, verify_proofs: checks.VerifyProofs = checks.verify_proofs
) -> Order:
    """Puts an order on the board, after deleting void ones.

    Raises Rejected: TOO_LARGE or MALFORMED for what stands beside the leg; any reason of engine.check_leg for the leg;
    ORDER_TOP_UP, ORDER_TOO_LONG, TERMS_SIGNATURE, FUNDS_MISSING, FUNDS_INVALID, ORDER_WITHDRAWN, ORDER_KNOWN,
    PROOF_KNOWN, ACCOUNT_FULL or BOARD_FULL.
    """
    (answer,) = place_all(ledger, [posting], now_ms, verify_proofs)
    if isinstance(answer, Rejected):
        raise answer
    return answer


def place_all(
    ledger: Ledger, postings: Sequence[Posting], now_ms: int, verify_proofs: checks.VerifyProofs = checks.verify_proofs
) -> list[Order | Rejected]:
    """What `place` returns or raises for each of these postings, one after the other."""
    return [_added(ledger, one, now_ms) for one in check_all(ledger, postings, now_ms, verify_proofs)]


def _added(ledger: Ledger, order: Order | Rejected, now_ms: int) -> Order | Rejected:
    if isinstance(order, Rejected):
        return order
    try:
        outcome = ledger.orders.add(order, MAX_ORDERS, MAX_ORDERS_PER_NULLIFIER, now_ms)
    except Rejected as refused:  # by the board of which this one is a copy
        return refused
    return order if outcome is Outcome.ADDED else _refusal(outcome, order)


def check(
    ledger: Ledger, posting: Posting, now_ms: int, verify_proofs: checks.VerifyProofs = checks.verify_proofs,
    max_age_ms: int = MAX_POSTING_AGE_MS,
) -> Order:  # fmt: skip
    """The order of a posting that was signed within this time, if it would settle now, whether or not it is listed.

    Raises Rejected as `place`, for all reasons up to FUNDS_INVALID.
    """
    (answer,) = check_all(ledger, [posting], now_ms, verify_proofs, max_age_ms)
    if isinstance(answer, Rejected):
        raise answer
    return answer


def check_all(
    ledger: Ledger, postings: Sequence[Posting], now_ms: int,
    verify_proofs: checks.VerifyProofs = checks.verify_proofs, max_age_ms: int = MAX_POSTING_AGE_MS,
) -> list[Order | Rejected]:  # fmt: skip
    """What `check` returns or raises for each posting: the points, signatures and proofs of all are verified at once.

    It is some 0.5 ms for each of many, and 10 ms for one alone.
    """
    newest = ledger.reader.last_event()
    state = Block(ledger)  # asks the database each question once
    decoded = beside.decode_all(postings)
    state.foresee_legs([found[0] for found in decoded if not isinstance(found, Rejected)])
    return manychecks.run_all([
        _steps(state, newest, *one, now_ms, max_age_ms) for one in zip(postings, decoded, strict=True)
    ], verify_proofs)  # fmt: skip


def _steps(
    state: Block, newest: Event, posting: Posting, decoded: beside.Decoded | Rejected, now_ms: int, max_age_ms: int
) -> manychecks.Steps[Order]:
    if isinstance(decoded, Rejected):
        raise decoded
    leg, funds = decoded
    yield from engine.leg_steps(state, newest, leg, now_ms)
    if leg.public.adds:
        raise Rejected(Rejection.ORDER_TOP_UP, "the order is a top-up")
    if leg.expiry_ms > now_ms + MAX_LIFE_MS:
        raise Rejected(Rejection.ORDER_TOO_LONG, f"the order would stay open for more than {MAX_LIFE_MS} ms")
    if not now_ms - max_age_ms <= posting.posted_ms <= now_ms:
        raise Rejected(
            Rejection.TERMS_SIGNATURE, f"the order was not signed within the last {max_age_ms} ms before now"
        )
    parameters = state.parameters(now_ms)
    paid, asked = state.reader.order_fee(digests.leg_id(state.ledger_id, leg)), parameters.fees.order
    order = beside.columns(state.ledger_id, leg, posting, has_paid=0 < asked <= paid)
    yield beside.signed(order, leg)
    yield from beside.backing(state, parameters, order, leg, funds)
    return order


def refresh(
    ledger: Ledger, order_id: OrderId, margin: Margin, now_ms: int,
    verify_proofs: checks.VerifyProofs = checks.verify_proofs,
) -> Order:  # fmt: skip
    """Gives an order another margin proof, and returns the order.  Whoever can open its account may make the proof.

    An order that has margin of a newer epoch keeps it: the network may have held back an older one.

    Raises Rejected: ORDER_UNKNOWN, ORDER_WITHDRAWN, MALFORMED when the order needs no margin, any reason of
    engine.check_leg for the leg with its new margin.  Raises errors.Unavailable when another board, or a carrier, that
    is to have it did not answer.
    """
    (answer,) = refresh_all(ledger, [(order_id, margin)], now_ms, verify_proofs)
    if isinstance(answer, Exception):
        raise answer
    return answer


def refresh_all(
    ledger: Ledger, margins: Sequence[tuple[OrderId, Margin]], now_ms: int,
    verify_proofs: checks.VerifyProofs = checks.verify_proofs,
) -> list[Order | Rejected | Unavailable]:  # fmt: skip
    """What `refresh` returns or raises for each of these; all proofs are verified at once, in one transaction."""
    return fresh.refresh_all(ledger, margins, now_ms, verify_proofs)


def withdraw(ledger: Ledger, order_id: OrderId, signed: bytes, now_ms: int) -> Withdrawal:
    """Takes an order off the board, whose maker signed that (withdrawals.sign); one that was withdrawn before stays so.

    Raises Rejected: ORDER_UNKNOWN or WITHDRAWAL.
    """
    order = ledger.orders.get(order_id) or ledger.orders.withdrawn(order_id)
    if order is None:
        raise fresh.unknown(order_id)
    withdrawals.check_signed(ledger.ledger_id, order_id, checks.decode_leg(order.leg_bytes), signed)
    if isinstance(order, Withdrawal):
        return order
    withdrawal = Withdrawal(order_id, order.leg_bytes, order.expiry_ms, signed)
    if not ledger.orders.withdraw(withdrawal, MAX_WITHDRAWALS, now_ms):
        raise fresh.unknown(order_id)
    return withdrawal


def get(ledger: Ledger, order_id: OrderId, now_ms: int) -> Order:
    """The order with this id.

    Raises Rejected: ORDER_UNKNOWN or ORDER_WITHDRAWN when it is not on the board, the reason why it would no longer
    settle, or as posting.check_signed.
    """
    ledger.orders.update()
    order = fresh.known(ledger, order_id)
    checks.check_expiry((order.leg,), now_ms)
    checks.check_state(ledger, (order.leg,), (), now_ms)
    check_signed(order)
    return order


def listed(ledger: Ledger, now_ms: int, stale: bool = False) -> list[Order]:
    """Every order that is not void, the oldest first; with `stale`, also those whose margin must be refreshed first."""
    orders = ledger.orders.alive(now_ms)
    epochs = _epochs_in_force(ledger, now_ms)
    return [order for order in orders if stale or _is_fresh(order, epochs)]


def is_takable(ledger: Ledger, order: Order, now_ms: int) -> bool:
    """Whether the order's margin, if it has any, is against a grid in force."""
    return _is_fresh(order, _epochs_in_force(ledger, now_ms))


def prune(ledger: Ledger, now_ms: int) -> list[OrderId]:
    """Deletes every void order and returns their ids."""
    return ledger.orders.remove_void(now_ms)


def _refusal(outcome: Outcome, order: Order) -> Rejected:
    order_id = order.order_id.hex()
    return {
        Outcome.WITHDRAWN: fresh.withdrawn(order.order_id),
        Outcome.SPENT: Rejected(Rejection.NULLIFIER_SPENT, "leg 0 spends an account that has already moved"),
        Outcome.ORDER_KNOWN: Rejected(Rejection.ORDER_KNOWN, f"order {order_id} is already on the board"),
        Outcome.PROOF_KNOWN: Rejected(Rejection.PROOF_KNOWN, "another order on the board makes the same new account"),
        Outcome.ACCOUNT_FULL: Rejected(
            Rejection.ACCOUNT_FULL, f"{MAX_ORDERS_PER_NULLIFIER} orders spend the same account"
        ),
        Outcome.BOARD_FULL: Rejected(Rejection.BOARD_FULL, f"the board has {MAX_ORDERS} orders, all of them backed"),
    }[outcome]


def _epochs_in_force(ledger: Ledger, now_ms: int) -> set[int]:
    """The epochs whose initial grids a margin proof may use now; none while the pool is restricted."""
    restricted = margins.silent_epochs(ledger) > ledger.parameters(now_ms).grace_epochs
    return set() if restricted else {grids.publication.epoch for grids in margins.initial(ledger, now_ms)}


def _is_fresh(order: Order, epochs: set[int]) -> bool:
    return order.grid_epoch is None or order.grid_epoch in epochs
