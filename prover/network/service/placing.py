"""Puts the orders on the board that wait for it: verified together, and each answered as if it had come alone."""

from collections.abc import Sequence
from typing import NamedTuple

from prover.network.wire import many, postings
from settlement.bundles import digests
from settlement.bundles.bundle import Margin
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.errors import Unavailable
from settlement.fieldreader import LimitExceeded, Unseen
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.orders.board import Posting
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order, Withdrawal
from zk.errors import FormatError


class Placed(NamedTuple):
    """An order on the board, and whether it was not there before."""

    order: Order
    is_new: bool


def place_all(
    ledger: Ledger, data: Sequence[bytes], now_ms: int, verify_proofs: VerifyProofs
) -> list[Placed | Rejected]:  # fmt: skip
    """What board.place returns or raises for each of these postings' bytes; one that is there already, as it is.

    That is looked up before any proof is verified, so that nobody makes the board work by what it shows to everybody.
    """
    answers = [_known(ledger, _decoded(one)) for one in data]
    new = [one for one in answers if isinstance(one, Posting)]
    placed = iter(board.place_all(ledger, new, now_ms, verify_proofs))
    return [_placed(ledger, one, next(placed)) if isinstance(one, Posting) else one for one in answers]


def _placed(ledger: Ledger, sent: Posting, answer: Order | Rejected) -> Placed | Rejected:
    if not isinstance(answer, Rejected):
        return Placed(answer, True)
    known = _known(ledger, sent)  # one that stands twice among these
    return known if isinstance(known, Placed) else answer


def all_done(
    ledger: Ledger, data: Sequence[bytes], now_ms: int, verify_proofs: VerifyProofs
) -> list[Placed | Order | Withdrawal | Rejected]:  # fmt: skip
    """What is answered to each of these things for the board (prover.network.wire.many), or why it is refused.

    The postings among them are placed first, then margins are refreshed, at last orders are withdrawn.
    """
    answers: dict[int, Placed | Order | Withdrawal | Rejected] = {}
    found = {number: each for number, each in enumerate(data) if each.startswith(postings.POSTING_MAGIC)}
    answers |= zip(found, place_all(ledger, list(found.values()), now_ms, verify_proofs), strict=True)
    margins: dict[int, tuple[OrderId, Margin]] = {}
    withdrawals: dict[int, tuple[OrderId, bytes]] = {}
    for number, each in enumerate(data):
        try:
            if each.startswith(many.MARGIN_MAGIC):
                margins[number] = many.decode_margin(each)
            elif number not in answers:
                withdrawals[number] = postings.decode_withdrawal(each)
        except FormatError as error:
            answers[number] = Rejected(Rejection.MALFORMED, str(error))
    for number, answer in zip(
        margins, board.refresh_all(ledger, list(margins.values()), now_ms, verify_proofs), strict=True
    ):  # fmt: skip
        assert not isinstance(answer, Unavailable), "the service's board is its own"
        answers[number] = answer
    for number, (order_id, signed) in withdrawals.items():
        try:
            answers[number] = board.withdraw(ledger, order_id, signed, now_ms)
        except Rejected as refused:
            answers[number] = refused
    return [answers[number] for number in range(len(data))]


def _decoded(data: bytes) -> Posting | Rejected:
    try:
        return postings.decode(data)
    except LimitExceeded as error:
        return Rejected(Rejection.TOO_LARGE, str(error))
    except FormatError as error:
        return Rejected(Rejection.MALFORMED, str(error))


def _known(ledger: Ledger, sent: Posting | Rejected) -> Posting | Placed | Rejected:
    """The order on the board, where that is exactly this posting; else what was given."""
    if isinstance(sent, Rejected):
        return sent
    try:
        leg = checks.decode_leg(sent.leg_bytes, Unseen())
    except Rejected:
        return sent  # the board says why
    order = ledger.orders.get(digests.leg_id(ledger.ledger_id, leg))
    return Placed(order, False) if order is not None and postings.of(order) == sent else sent
