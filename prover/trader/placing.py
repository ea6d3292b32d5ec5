"""Puts an order on the board, once: the steps of prover.trader.settling, with the board in the ledger's place.

An entry of the outbox has all that its maker's wallet would lose in a crash: terms, what backs it, and the leg.
"""

from contextlib import suppress
from dataclasses import replace

from prover.trader import outbox, settling, terms, walletsync
from prover.trader.outbox import Entry
from prover.trader.sessions import Placed, Session, Unreported
from prover.trader.wallets import OwnOrder, Wallet
from settlement import board, encoding, engine
from settlement.board import Posting
from settlement.bundle import Bundle, Leg
from settlement.ids import OrderId
from settlement.rejection import Rejected
from zk.errors import FormatError, Unsatisfied


def placed_before(session: Session, entry: Entry) -> Placed | None:
    """The order that an earlier run of the same command placed; None when it placed none that can still settle.

    An order is known to have been placed when its outcome was told, when it is on the board, or when it was taken.
    Raises Unsatisfied when it cannot be found out.
    """
    is_open = session.ledger.orders.get(OrderId(entry.made)) is not None
    if not entry.data and not (is_open or entry.is_told):
        raise Unsatisfied(
            f"an earlier run of this command may have placed order {entry.made.hex()}, which is not on the board now: "
            "give this one a --once of its own"
        )
    if not entry.data:
        raise Unsatisfied(f"this command has placed order {entry.made.hex()} before: to place another, change --once")
    try:
        placed = _decode(entry, is_open)
    except FormatError:  # another version of this program made it, so the board of this one cannot have it
        return None
    if not (is_open or entry.is_told or _is_taken(session, placed)):
        return None
    return _finished(session, placed)


def check_told(session: Session, request: outbox.Asked) -> None:
    """Raises Unsatisfied when the same command placed an order without a key and nobody was told, as for moves
    (prover/trader/settling.py): with a key it would place a second one."""
    twin = outbox.find(session.wallet.outbox, replace(request, key=None))
    if twin is None or twin.key is not None:
        return
    is_placed = session.ledger.orders.get(OrderId(twin.made)) is not None
    if not is_placed and twin.data:
        with suppress(FormatError):
            is_placed = _is_taken(session, _decode(twin, is_open=False))
    if is_placed:
        raise Unsatisfied(
            f"an earlier run of this command without --once placed order {twin.made.hex()}, and its report did not "
            "arrive: repeat it without --once to see that; afterwards the same with --once places another"
        )


def place(
    session: Session, own: OwnOrder, placed: Placed, posting: Posting, now_ms: int, fee: Bundle | None = None
) -> Placed:
    """Remembers an order in the wallet, pays its fee if there is one, puts it on the board, and announces it.

    Raises Rejected when the board refuses it, and Unreported when it is on the board and something else failed.
    """
    # Saved before it is posted: an order on the board whose terms its maker lost could not be recognised when taken.
    session.file.save(_with_order(session.wallet, own, placed.entry))
    try:
        if fee is not None:
            engine.submit(session.ledger, encoding.encode_bundle(fee), now_ms)
        board.place(session.ledger, posting, now_ms)
    except Rejected:
        with suppress(OSError):  # an entry that stays is harmless, for the order is not on the board
            session.file.save(_without_order(session.wallet, placed.entry))
        raise
    except BaseException as error:
        # A signal or a fault may strike after the board's commit.
        if session.ledger.orders.get(OrderId(placed.entry.made)) is None:
            raise
        with suppress(Exception):
            settling.announce(session, placed)
        if isinstance(error, Exception):
            raise Unreported(placed) from error
        raise
    return _finished(session, placed)


def entry_of(request: outbox.Asked, order_id: OrderId, leg: Leg, agreed: terms.Terms, backed_by: int | None) -> Entry:
    """The entry of an order that is about to be placed."""
    asset = 0 if backed_by is None else 1 + backed_by
    data = bytes([asset]) + terms.encode(agreed) + encoding.encode_leg(leg)
    return Entry(request.key, request.digest, order_id, data)


def _is_taken(session: Session, placed: Placed) -> bool:
    nullifier = placed.leg.nullifier
    return session.ledger.reader.is_spent(nullifier) and (
        walletsync.height_taken(session.ledger, nullifier, placed.order_id) is not None
    )


def _decode(entry: Entry, is_open: bool) -> Placed:
    leg = encoding.decode_leg(entry.data[1 + terms.BYTES :])
    agreed = terms.decode(entry.data[1 : 1 + terms.BYTES], leg.expiry_ms)
    if agreed is None:
        raise FormatError("the terms of an order in the wallet are malformed")
    backed_by = entry.data[0] - 1 if entry.data[0] else None
    return Placed(entry.made.hex(), leg, agreed, backed_by, entry, is_open=is_open, is_repeated=True)


def _finished(session: Session, placed: Placed) -> Placed:
    try:
        settling.announce(session, placed)
        if session.on_done is None:
            settling.confirm(session, placed)
    except Exception as error:
        raise Unreported(placed) from error
    return placed


def _with_order(wallet: Wallet, own: OwnOrder, entry: Entry) -> Wallet:
    """The wallet with an order, in place of the one of an earlier run of the same command, which was never placed."""
    before = [each for each in wallet.outbox if each not in outbox.without(wallet.outbox, entry)]
    for each in before:
        wallet = _without_order(wallet, each)
    return replace(wallet.with_order(own), outbox=outbox.with_entry(wallet.outbox, entry))


def _without_order(wallet: Wallet, entry: Entry) -> Wallet:
    orders = tuple(order for order in wallet.orders if order.order_id != entry.made.hex())
    return replace(wallet, orders=orders, outbox=outbox.without(wallet.outbox, entry))
