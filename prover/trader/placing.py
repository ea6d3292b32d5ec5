"""Puts an order on the board, once: the steps of prover.trader.settling, with the board in the ledger's place.

An entry of the outbox has all that its maker's wallet would lose in a crash:

    asset 1 │ terms 194 │ spending 32 │ n 1 │ n × sealed terms 274 │ leg

`asset` is 0, or one more than the index of what backs the order; `spending` is the secret of the leg's rk, which signs
what stands beside the leg.  So an order whose fee was paid can be posted later.  Terms of the earlier kind take 177
bytes (prover/trader/terms.py).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from prover.trader import assembly, keys, outbox, owing, refreshing, settling, terms, walletsync
from prover.trader.outbox import Entry
from prover.trader.sessions import Placed, Session, Unreported
from prover.trader.wallets import OwnOrder, Wallet
from settlement import engine
from settlement.bundles import encoding
from settlement.bundles.bundle import CIPHERTEXT_BYTES, Bundle, Leg
from settlement.ids import OrderId
from settlement.orders import board, funds
from settlement.orders.board import Posting
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError, Unsatisfied
from zk.fields import prime

_FOR_NOW = {
    Rejection.CLOCK_BEHIND, Rejection.PARAMETERS_CHANGED, Rejection.FROZEN, Rejection.RESTRICTED,
    Rejection.ACCOUNT_FULL, Rejection.BOARD_FULL,
}  # fmt: skip
"""Why the board may refuse an order that it may take later."""


@dataclass(frozen=True, repr=False)
class Beside(keys.Secret):
    """What an entry has of an order beside its leg; `backed_by` is the asset of its proof of funds, or None."""

    agreed: terms.Terms
    backed_by: int | None
    spending: int
    sealed_terms: tuple[bytes, ...]


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
        placed, _ = _decode(entry, is_open)
    except FormatError:  # another version of this program made it, so the board of this one cannot have it
        return None
    if not (is_open or entry.is_told or _is_taken(session, placed)):
        return None
    return _finished(session, placed)


def placed_now(session: Session, entry: Entry, time: Callable[[], int]) -> Placed | None:
    """The order of an earlier run that paid its fee and did not get to post it, on the board now; None when it did not.

    None, too, when the order can never be posted: it has expired, or its account has moved.  Raises Unsatisfied when
    its margin does not suffice any more, and Rejected when the board refuses it for now.
    """
    ledger, order_id = session.ledger, OrderId(entry.made)
    if not ledger.reader.order_fee(order_id):
        return None
    try:
        placed, beside = _decode(entry, is_open=True)
    except FormatError:
        return None
    leg, now_ms = placed.leg, time()
    if leg.expiry_ms <= now_ms or ledger.reader.is_spent(leg.nullifier):
        return None
    if leg.margin is not None:
        account = refreshing.own_account(session.wallet.view, leg)
        if account is None:
            return None
        leg = replace(leg, margin=refreshing.prove(owing.setting(ledger, now_ms), account, session.keystore))
    posted_ms = time()
    posting = assembly.posting(leg, order_id, beside.sealed_terms, funds.NO_FUNDS, posted_ms, beside.spending)
    try:
        return _posted(session, replace(placed, leg=leg, is_repeated=False), posting, posted_ms)
    except Rejected as rejected:
        if rejected.rejection in _FOR_NOW:
            raise
        return None


def check_told(session: Session, request: outbox.Asked) -> None:
    """Raises Unsatisfied when the same command placed an order without a key and nobody was told, as for moves
    (prover/trader/settling.py): with a key it would place a second one."""
    twin = outbox.find(session.wallet.outbox, replace(request, key=None))
    if twin is None or twin.key is not None:
        return
    is_placed = session.ledger.orders.get(OrderId(twin.made)) is not None
    if not is_placed and twin.data:
        with suppress(FormatError):
            is_placed = _is_taken(session, _decode(twin, is_open=False)[0])
    if not is_placed and session.ledger.reader.order_fee(OrderId(twin.made)):
        raise Unsatisfied(
            f"an earlier run of this command without --once paid the fee of order {twin.made.hex()}: repeat it without "
            "--once to place that order; afterwards the same with --once places another"
        )
    if is_placed:
        raise Unsatisfied(
            f"an earlier run of this command without --once placed order {twin.made.hex()}, and its report did not "
            "arrive: repeat it without --once to see that; afterwards the same with --once places another"
        )


def place(
    session: Session, own: OwnOrder, placed: Placed, posting: Posting, now_ms: int, fee: Bundle | None = None
) -> Placed:
    """Remembers an order in the wallet, pays its fee if there is one, puts it on the board, and announces it.

    Raises Rejected when the board refuses it, and Unreported when it is on the board and something else failed.  The
    wallet remembers a refused order whose fee is paid.
    """
    # Saved before it is posted: an order on the board whose terms its maker lost could not be recognised when taken.
    session.file.save(_with_order(session.wallet, own, placed.entry))
    try:
        if fee is not None:
            engine.submit(session.ledger, encoding.encode_bundle(fee), now_ms)
        return _posted(session, placed, posting, now_ms)
    except Rejected as rejected:
        if session.ledger.reader.order_fee(OrderId(placed.entry.made)):
            again = f"{rejected.detail}; its fee is paid, and the same command, repeated, places it without another"
            raise Rejected(rejected.rejection, again) from None
        with suppress(OSError):  # an entry that stays is harmless, for the order is not on the board
            session.file.save(_without_order(session.wallet, placed.entry))
        raise


def _posted(session: Session, placed: Placed, posting: Posting, now_ms: int) -> Placed:
    """Puts an order that the wallet remembers on the board, and announces it.  Raises as `place`."""
    try:
        board.place(session.ledger, posting, now_ms)
    except Rejected:
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


def entry_of(request: outbox.Asked, order_id: OrderId, leg: Leg, beside: Beside) -> Entry:
    """The entry of an order that is about to be placed."""
    asset = 0 if beside.backed_by is None else 1 + beside.backed_by
    head = bytes([asset]) + terms.encode(beside.agreed) + prime.to_bytes(beside.spending)
    sealed = bytes([len(beside.sealed_terms)]) + b"".join(beside.sealed_terms)
    return Entry(request.key, request.digest, order_id, head + sealed + encoding.encode_leg(leg))


def _is_taken(session: Session, placed: Placed) -> bool:
    nullifier = placed.leg.nullifier
    return session.ledger.reader.is_spent(nullifier) and (
        walletsync.height_taken(session.ledger, nullifier, placed.order_id) is not None
    )


def _decode(entry: Entry, is_open: bool) -> tuple[Placed, Beside]:
    """The order of an entry, and what it has beside the leg.  Raises FormatError unless `entry_of` wrote its bytes."""
    data = entry.data
    end_of_terms = 1 + terms.SIZES.get(data[1] if len(data) > 1 else 0, terms.BYTES)
    start = end_of_terms + 32 + 1
    if len(data) < start:
        raise FormatError("an order in the wallet is cut short")
    end = start + data[start - 1] * CIPHERTEXT_BYTES
    leg = encoding.decode_leg(data[end:])
    agreed = terms.decode(data[1:end_of_terms], leg.expiry_ms)
    if agreed is None:
        raise FormatError("the terms of an order in the wallet are malformed")
    spending = int.from_bytes(data[end_of_terms : start - 1], "big")
    beside = Beside(
        agreed, data[0] - 1 if data[0] else None, spending,
        tuple(data[at : at + CIPHERTEXT_BYTES] for at in range(start, end, CIPHERTEXT_BYTES)),
    )  # fmt: skip
    return Placed(entry.made.hex(), leg, agreed, beside.backed_by, entry, is_open=is_open, is_repeated=True), beside


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
