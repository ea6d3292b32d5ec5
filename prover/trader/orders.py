"""Orders: a leg on the board beside its sealed terms.

The maker proves a leg that sells and buys, seals its terms to those who may take it, and may then be offline.  A
taker opens the terms, checks that they open the leg's value commitment, adds a leg with the opposite change and
submits both.  The leg's terms are worth nothing to anybody who cannot pay for the other side.

All raise Unsatisfied when the wallet cannot do it, settlement.rejection.Rejected when ledger or board refuses, and
FormatError when something given is not well formed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from circuits import generators
from prover.trader import addresses, assembly, choosing, keys, plan, sealing, sessions, terms
from prover.trader.sessions import Session, Settled
from prover.trader.terms import Terms
from prover.trader.wallets import OwnOrder
from settlement import board, digests, encoding
from settlement.bundle import Leg
from settlement.rejection import Rejected
from zk.errors import FormatError, InvalidProof, Unsatisfied

_ORDER_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Placed:
    """An order on the board: its id, its public leg, and what only its maker and the readers of its terms know."""

    order_id: str
    leg: Leg
    terms: Terms


def place(
    session: Session,
    sell: Mapping[int, int],
    buy: Mapping[int, int],
    readers: Sequence[addresses.Address],
    expiry_ms: int,
    now_ms: int,
    position: int | None = None,
) -> Placed:
    """Puts an order on the board.

    Amounts to sell and to buy are by asset index; the terms are sealed to `readers`, without any to everybody.
    """
    if expiry_ms <= now_ms:
        raise FormatError("the order would expire before it is placed")
    if not (sell or buy) or set(sell) & set(buy):
        raise FormatError("an order sells or buys something, and no asset both ways")
    if len(readers) > board.MAX_READERS:
        raise FormatError(f"an order has {len(readers)} readers, more than {board.MAX_READERS}")
    sessions.sync(session)
    setting, changed = sessions.setting(session, now_ms), plan.changes(sell, buy)
    holding = choosing.choose(session.wallet, setting, changed, position, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    made = plan.move(setting, source, target, changed, expiry_ms)
    leg = assembly.leg(made, session.ledger.pool, session.keystore)
    order_id = digests.leg_id(session.ledger.ledger_id, leg).hex()
    agreed = Terms(changed, made.blinding, made.expiry_ms)
    before = session.wallet
    session.file.save(before.with_order(OwnOrder(order_id, holding.position, agreed)))
    try:
        board.place(session.ledger, encoding.encode_leg(leg), seal_terms(agreed, readers, leg), now_ms)
    except Rejected:
        session.file.save(before)
        raise
    return Placed(order_id, leg, agreed)


def seal_terms(agreed: Terms, readers: Sequence[addresses.Address], leg: Leg) -> tuple[bytes, ...]:
    """One sealing of an order's terms for every reader; for everybody when there is none."""
    public = sealing.EVERYBODY.public_key().public_bytes_raw()
    viewing = [reader.viewing for reader in readers] or [public]
    return tuple(sealing.seal(terms.encode(agreed), key, leg.public.commitment) for key in viewing)


def open_terms(session: Session, leg: Leg, sealed_terms: Sequence[bytes]) -> Terms | None:
    """The terms of an order, or None when they are sealed neither to this wallet nor to everybody.

    Raises InvalidProof when they were sealed to it and do not open the leg's value commitment: it is another trade.
    """
    for secret in (keys.viewing_key(session.wallet.seed), sealing.EVERYBODY):
        opener = sealing.Opener(secret)
        for sealed in sealed_terms:
            plaintext = opener.open(sealed, leg.public.commitment)
            if plaintext is not None:
                return _checked(terms.decode(plaintext), leg)
    return None


def take(session: Session, order_id: str, now_ms: int, position: int | None = None) -> Settled:
    """Takes an order whole: adds a leg with the opposite change, binds both and submits them."""
    sessions.sync(session)
    order = board.get(session.ledger, read_id(order_id), now_ms)
    agreed = open_terms(session, order.leg, order.sealed_terms)
    if agreed is None:
        raise Unsatisfied("the order's terms are sealed to others: ask its maker")
    setting, changed = sessions.setting(session, now_ms), plan.opposite(agreed.changes)
    holding = choosing.choose(session.wallet, setting, changed, position, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    made = plan.move(setting, source, target, changed, now_ms + sessions.IMMEDIATE_MS)
    return sessions.settle(session, [made], now_ms, taken=[(order.leg, agreed.blinding)])


def cancel(session: Session, order_id: str, now_ms: int) -> Settled:
    """Makes an own order void, and all others from the same account: the account moves without any change."""
    own = next((order for order in session.wallet.orders if order.order_id == order_id), None)
    if own is None:
        raise Unsatisfied("this wallet has no such open order")
    sessions.sync(session)
    setting = sessions.setting(session, now_ms)
    holding = next((holding for holding in session.wallet.live if holding.position == own.position), None)
    if holding is None:
        raise Unsatisfied("the order is void already: its account has moved since")
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    made = plan.move(setting, source, target, plan.NOTHING, now_ms + sessions.IMMEDIATE_MS)
    return sessions.settle(session, [made], now_ms)


def read_id(text: str) -> bytes:
    """The 32 bytes of an order's id in hexadecimal.  Raises FormatError for anything else."""
    if not _ORDER_ID.fullmatch(text):
        raise FormatError(
            "an order's whole id is 64 hexadecimal digits; only that names its terms, for another may begin alike"
        )
    return bytes.fromhex(text)


def _checked(agreed: Terms | None, leg: Leg) -> Terms:
    if agreed is None:
        raise InvalidProof("the order's terms are not terms")
    if leg.flows:
        raise InvalidProof("the order pays somebody outside: do not take it")
    if generators.commit(agreed.changes, agreed.blinding) != (leg.public.value_x, leg.public.value_y):
        raise InvalidProof("the order's terms do not open its value commitment: do not take it")
    return agreed
