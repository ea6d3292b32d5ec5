"""Orders: a leg on the board, together with its sealed terms.

The maker proves a leg that sells and buys, seals its terms to the wallets that may take it, and may then be offline.
A taker opens the terms, checks that they open the leg's value commitment, adds a leg with the opposite changes and
submits both.  The leg and its terms are useless to anybody who cannot pay for the other side.  The maker's wallet finds
out that its order was taken at its next sync (prover/trader/walletsync.py).

All raise Unsatisfied when the wallet's accounts do not allow it, settlement.rejection.Rejected when the ledger or the
board refuses, and FormatError when an argument is not well formed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import x25519

from circuits import generators
from prover.trader import addresses, assembly, choosing, keys, plan, sealing, sessions, terms, trade
from prover.trader.sessions import Session, Settlement
from prover.trader.terms import Terms
from prover.trader.trade import Agree
from prover.trader.wallets import OwnOrder
from settlement import board, digests, encoding
from settlement.bundle import Leg
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from zk.errors import FormatError, InvalidProof, Unsatisfied

EVERYBODY = "everybody"
"""Stands in the place of the readers' addresses for an order whose terms everybody may read."""

ID_DIGITS = 64
MIN_PREFIX = 4

_ORDER_ID = re.compile(rf"[0-9a-f]{{{ID_DIGITS}}}", re.ASCII)
_PREFIX = re.compile(rf"[0-9a-f]{{{MIN_PREFIX},{ID_DIGITS}}}", re.ASCII)


@dataclass(frozen=True)
class Placed:
    """An order on the board: its id, its public leg, and the terms, which only its maker and their readers know."""

    order_id: str
    leg: Leg
    terms: Terms


def readers(texts: Sequence[str]) -> tuple[bytes, ...]:
    """The keys to which an order's terms are sealed, from addresses, or from the one word EVERYBODY.

    Raises FormatError when there is none, when EVERYBODY stands beside an address, and for a malformed address.
    """
    if EVERYBODY in texts:
        if len(texts) > 1:
            raise FormatError(f"{EVERYBODY} stands alone: what everybody can read is sealed to nobody in particular")
        return (sealing.EVERYBODY_VIEWING,)
    if not texts:
        raise FormatError(f"an order needs readers: name the addresses that may take it, or say {EVERYBODY}")
    return tuple(addresses.decode(text).viewing for text in texts)


def place(
    session: Session,
    sell: Mapping[int, int],
    buy: Mapping[int, int],
    viewing: Sequence[bytes],
    expiry_ms: int,
    now_ms: int,
    position: int | None = None,
    agree: Agree = trade.refuse_new_debts,
) -> Placed:
    """Puts an order on the board.

    `sell` and `buy` give amounts by asset index.  The terms are sealed to the keys in `viewing`, which `readers`
    returns.  `agree` is called with the trade before anything is proved, and stops it by raising.
    """
    if not viewing:
        raise FormatError("the order has no readers, so nobody could take it")
    if expiry_ms <= now_ms:
        raise FormatError("the order would expire before it is placed")
    if not (sell or buy):
        raise FormatError("the order neither sells nor buys anything")
    if both := sorted(set(sell) & set(buy)):
        raise FormatError(f"the order both sells and buys {session.ledger.pool.assets[both[0]].symbol}")
    if len(viewing) > board.MAX_READERS:
        raise FormatError(f"the order has {len(viewing)} readers: at most {board.MAX_READERS} are allowed")
    sessions.sync(session)
    setting, changes = sessions.setting(session, now_ms), plan.changes(sell, buy)
    holding = choosing.choose(session.wallet, setting, changes, position, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    leg_plan = plan.move(setting, source, target, changes, expiry_ms)
    agree(trade.of(setting.pool, holding, leg_plan, leg_plan.expiry_ms))
    leg = assembly.leg(leg_plan, session.ledger.pool, session.keystore)
    order_id = digests.leg_id(session.ledger.ledger_id, leg).hex()
    order_terms = Terms(changes, leg_plan.blinding, leg_plan.expiry_ms)
    before = session.wallet
    # Saved before it is posted: an order on the board whose terms its maker lost could not be recognised when taken.
    session.file.save(before.with_order(OwnOrder(order_id, holding.position, order_terms)))
    try:
        board.place(session.ledger, encoding.encode_leg(leg), seal_terms(order_terms, viewing, leg), now_ms)
    except Rejected:
        session.file.save(before)
        raise
    return Placed(order_id, leg, order_terms)


def seal_terms(order_terms: Terms, viewing: Sequence[bytes], leg: Leg) -> tuple[bytes, ...]:
    """One sealing of an order's terms for each of these keys."""
    plaintext = terms.encode(order_terms)
    return tuple(sealing.seal(plaintext, key, leg.public.commitment) for key in viewing)


def open_terms(session: Session, leg: Leg, sealed_terms: Sequence[bytes]) -> Terms | None:
    """The terms of an order, or None when they are sealed neither to this wallet nor to everybody.

    Raises InvalidProof when they open but describe another trade than the leg's value commitment.
    """
    own = _open(keys.viewing_key(session.wallet.seed), leg, sealed_terms)
    return own or open_public_terms(leg, sealed_terms)


def open_public_terms(leg: Leg, sealed_terms: Sequence[bytes]) -> Terms | None:
    """The terms of an order that everybody can read, or None for any other.  Raises as `open_terms`."""
    return _open(sealing.EVERYBODY, leg, sealed_terms)


def is_public(leg: Leg, sealed_terms: Sequence[bytes]) -> bool:
    """Whether everybody can read what is sealed beside this leg, be it true or not."""
    opener = sealing.Opener(sealing.EVERYBODY)
    return any(opener.open(sealed, leg.public.commitment) is not None for sealed in sealed_terms)


def take(
    session: Session, order_id: str, now_ms: int, position: int | None = None, agree: Agree = trade.refuse_new_debts
) -> Settlement:
    """Takes an order whole: adds a leg with the opposite changes, binds both, and submits them.

    `agree` is called with the taker's side of the trade before anything is proved, and stops it by raising.
    """
    sessions.sync(session)
    order = board.get(session.ledger, read_id(order_id), now_ms)
    order_terms = open_terms(session, order.leg, order.sealed_terms)
    if order_terms is None:
        raise Unsatisfied("the order's terms are sealed to others: ask its maker to seal them to your address")
    setting, changes = sessions.setting(session, now_ms), plan.opposite(order_terms.changes)
    holding = choosing.choose(session.wallet, setting, changes, position, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    leg_plan = plan.move(setting, source, target, changes, now_ms + sessions.IMMEDIATE_MS)
    agree(trade.of(setting.pool, holding, leg_plan, order.expiry_ms))
    return sessions.settle(session, [leg_plan], now_ms, counterparty=[(order.leg, order_terms.blinding)])


def cancel(session: Session, order_id: str, now_ms: int) -> Settlement:
    """Voids an own order, and all others from the same account, by moving the account without any change."""
    own = next((order for order in session.wallet.orders if order.order_id == order_id), None)
    if own is None:
        raise Unsatisfied(f"this wallet has no open order {order_id[:16]}: only its maker's wallet can cancel it")
    sessions.sync(session)
    setting = sessions.setting(session, now_ms)
    holding = next((holding for holding in session.wallet.live if holding.position == own.position), None)
    if holding is None:
        raise Unsatisfied("the order is already closed: its account has moved since")
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    leg_plan = plan.move(setting, source, target, plan.NOTHING, now_ms + sessions.IMMEDIATE_MS)
    return sessions.settle(session, [leg_plan], now_ms)


def posted(ledger: Ledger, text: str, now_ms: int) -> board.Order:
    """The order on the board that an id, or its first digits, names.

    Raises FormatError as `full_id`, and Rejected when the board does not have it or it can no longer settle.
    """
    order_ids = [order.order_id.hex() for order in board.listed(ledger, now_ms)]
    return board.get(ledger, read_id(full_id(text, order_ids, "on the board")), now_ms)


def read_id(text: str) -> OrderId:
    """The 32 bytes of an order's id in hexadecimal.  Raises FormatError for anything else."""
    if not _ORDER_ID.fullmatch(text):
        raise FormatError(
            f"give the order's whole id, {ID_DIGITS} lower-case hexadecimal digits: the id of another order, with "
            "other terms, may begin with the same digits"
        )
    return OrderId(bytes.fromhex(text))


def full_id(text: str, order_ids: Iterable[str], where: str) -> str:
    """An order's id from all its digits, or from enough of the first ones to identify one of `order_ids`.

    Raises FormatError, saying `where` it searched, when no id or more than one begins with these digits.
    """
    if not _PREFIX.fullmatch(text):
        raise FormatError(
            f"{text[:ID_DIGITS]!r} does not name an order: give {MIN_PREFIX} to {ID_DIGITS} lower-case hexadecimal "
            "digits of its id"
        )
    if len(text) == ID_DIGITS:
        return text
    matching = [order_id for order_id in order_ids if order_id.startswith(text)]
    if not matching:
        raise FormatError(f"no order {where} begins with {text}")
    if len(matching) > 1:
        raise FormatError(f"{len(matching)} orders {where} begin with {text}: give more digits")
    return matching[0]


def _open(secret: x25519.X25519PrivateKey, leg: Leg, sealed_terms: Sequence[bytes]) -> Terms | None:
    opener = sealing.Opener(secret)
    for sealed in sealed_terms:
        plaintext = opener.open(sealed, leg.public.commitment)
        if plaintext is not None:
            return _check_terms(terms.decode(plaintext, leg.expiry_ms), leg)
    return None


def _check_terms(order_terms: Terms | None, leg: Leg) -> Terms:
    """Returns the terms.  Raises InvalidProof unless they are well formed and describe all that the leg does."""
    if order_terms is None:
        raise InvalidProof("the order's terms are malformed: do not take it")
    if leg.flows:
        raise InvalidProof("the order pays a party outside the ledger: do not take it")
    if generators.commit(order_terms.changes, order_terms.blinding) != (leg.public.value_x, leg.public.value_y):
        raise InvalidProof("the order's terms do not open its value commitment: do not take it")
    return order_terms
