"""Orders on their way to a board and from it, as bytes.

    posting = "zkP1" │ leg length 2 │ leg │ readers 1 │ sealed terms, 274 each │ funds length 2 │ funds
              │ time of signing 8 │ signature 96
    board   = "zkO1" │ number of orders 2 │ each of them: length 2 │ posting │ whether its fee was paid 1
    withdrawal  = "zkW1" │ order id 32 │ signature 96
    withdrawals = "zkV1" │ their number 2 │ each of them: length of the leg 2 │ leg │ signature 96

Numbers are big-endian.  Who reads a board gets all of it, so that nobody learns which order he is interested in.
"""

from collections.abc import Iterable

from settlement.bundles import digests
from settlement.bundles.bundle import CIPHERTEXT_BYTES
from settlement.bundles.encoding import MAX_LEG_BYTES
from settlement.checks import checks
from settlement.checks.state import State
from settlement.fieldreader import FieldReader
from settlement.ids import OrderId
from settlement.orders import board, funds, withdrawals
from settlement.orders.board import Posting
from settlement.storage.orders import Order, Withdrawal
from zk import signature

POSTING_MAGIC, BOARD_MAGIC, WITHDRAWAL_MAGIC, WITHDRAWALS_MAGIC = b"zkP1", b"zkO1", b"zkW1", b"zkV1"
WITHDRAWAL_BYTES = len(WITHDRAWAL_MAGIC) + 32 + signature.ENCODED_BYTES
MAX_POSTING_BYTES = (
    len(POSTING_MAGIC) + 2 + MAX_LEG_BYTES + 1 + board.MAX_READERS * CIPHERTEXT_BYTES + 2 + funds.FUNDS_BYTES + 8
    + signature.ENCODED_BYTES
)  # fmt: skip


def encode(sent: Posting) -> bytes:
    """A posting's bytes."""
    leg, terms = sent.leg_bytes, sent.sealed_terms
    return b"".join([
        POSTING_MAGIC, len(leg).to_bytes(2, "big"), leg, bytes([len(terms)]), *terms,
        len(sent.funds).to_bytes(2, "big"), sent.funds, sent.posted_ms.to_bytes(8, "big", signed=True), sent.signature,
    ])  # fmt: skip


def decode(data: bytes, what: str = "the posting") -> Posting:
    """The posting in these bytes.  Raises LimitExceeded or FormatError; the board checks what is in it."""
    reader = FieldReader(data, what)
    reader.magic(POSTING_MAGIC, {})
    leg = reader.take(reader.number(2, "length of the leg", most=MAX_LEG_BYTES), "leg")
    readers = reader.count("readers", board.MAX_READERS)
    terms = tuple(reader.take(CIPHERTEXT_BYTES, "terms") for _ in range(readers))
    backing = reader.take(reader.number(2, "length of the funds", most=funds.FUNDS_BYTES), "funds")
    posted_ms = reader.number(8, "time of signing", signed=True)
    sent = Posting(leg, terms, backing, posted_ms, reader.take(signature.ENCODED_BYTES, "signature"))
    reader.finish()
    return sent


def of(order: Order) -> Posting:
    """What an order's maker posted."""
    return Posting(order.leg_bytes, order.sealed_terms, order.funds, order.posted_ms, order.signature)


def encode_board(orders: Iterable[Order]) -> bytes:
    """All orders of a board, in their order."""
    listed = [(encode(of(order)), order.has_paid) for order in orders]
    parts = [BOARD_MAGIC, len(listed).to_bytes(2, "big")]
    for data, has_paid in listed:
        parts += [len(data).to_bytes(2, "big"), data, bytes([has_paid])]
    return b"".join(parts)


def decode_board(data: bytes) -> list[tuple[Posting, bool]]:
    """The postings of a board, each with whether its fee was paid.  Raises FormatError."""
    reader = FieldReader(data, "the board")
    reader.magic(BOARD_MAGIC, {})
    listed = []
    for number in range(reader.number(2, "number of orders", most=board.MAX_ORDERS)):
        length = reader.number(2, f"length of order {number}", most=MAX_POSTING_BYTES)
        sent = decode(reader.take(length, f"bytes of order {number}"), f"order {number}")
        listed.append((sent, reader.mark(f"fee of order {number}")))
    reader.finish()
    return listed


def encode_withdrawal(order_id: OrderId, signed: bytes) -> bytes:
    """The bytes that withdraw an order (settlement.orders.withdrawals.sign)."""
    return WITHDRAWAL_MAGIC + order_id + signed


def decode_withdrawal(data: bytes) -> tuple[OrderId, bytes]:
    """The order's id and the signature.  Raises FormatError; the board checks what is in it."""
    reader = FieldReader(data, "the withdrawal")
    reader.magic(WITHDRAWAL_MAGIC, {})
    order_id = OrderId(reader.digest("id of the order"))
    signed = reader.take(signature.ENCODED_BYTES, "signature")
    reader.finish()
    return order_id, signed


def encode_withdrawals(listed: Iterable[Withdrawal]) -> bytes:
    """All orders that were withdrawn from a board."""
    legs = [(withdrawal.leg_bytes, withdrawal.signature) for withdrawal in listed]
    parts = [WITHDRAWALS_MAGIC, len(legs).to_bytes(2, "big")]
    for leg, signed in legs:
        parts += [len(leg).to_bytes(2, "big"), leg, signed]
    return b"".join(parts)


def decode_withdrawals(data: bytes) -> list[tuple[bytes, bytes]]:
    """The legs that were withdrawn from a board, each with its signature.  Raises FormatError."""
    reader = FieldReader(data, "the withdrawals")
    reader.magic(WITHDRAWALS_MAGIC, {})
    listed = []
    for number in range(reader.number(2, "number of withdrawals", most=board.MAX_WITHDRAWALS)):
        length = reader.number(2, f"length of leg {number}", most=MAX_LEG_BYTES)
        leg = reader.take(length, f"leg {number}")
        listed.append((leg, reader.take(signature.ENCODED_BYTES, f"signature {number}")))
    reader.finish()
    return listed


def check_withdrawal(state: State, leg_bytes: bytes, signed: bytes) -> Withdrawal:
    """The withdrawal that a board shows, if it is true.  Raises Rejected as withdrawals.check does."""
    leg = checks.decode_leg(leg_bytes)
    withdrawal = Withdrawal(digests.leg_id(state.ledger_id, leg), leg_bytes, leg.expiry_ms, signed)
    withdrawals.check(state, withdrawal)
    return withdrawal
