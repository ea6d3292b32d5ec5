"""Many orders and withdrawals for the board of a ledger's service, in one request where there was one for each."""

import threading
from collections.abc import Iterable, Sequence

from prover.carriers.carrier import Answer, Refused, Unavailable
from prover.network.wire import many as wire
from prover.network.wire import postings, refusals
from prover.network.wire.client import Client
from settlement.bundles import digests
from settlement.checks import checks
from settlement.fieldreader import Unseen
from settlement.ids import LedgerId, OrderId
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError

MAX_PLACED = 8_192


class Board:
    """The board of one ledger's service, which a client asks who holds the lock."""

    def __init__(self, client: Client, lock: threading.Lock, ledger_id: LedgerId):
        self._client, self._lock, self._ledger_id = client, lock, ledger_id
        self._placed: dict[OrderId, None] = {}  # what is there, as far as is known

    def publish(self, many: Sequence[bytes]) -> list[Answer]:
        """Puts orders on the board, or their newer margins, if they are there.

        Of an order that is known to be there the margin alone is sent: else the service would check the whole first.
        """
        named = [_named(self._ledger_id, each) for each in many]
        first = [
            each if found is None or found[0] not in self._placed else found[1] or each
            for each, found in zip(many, named, strict=True)
        ]  # fmt: skip
        answers = self.post(first)
        others = dict[int, bytes]()
        for number, found in enumerate(named):
            answer = answers[number]
            if found is None or not isinstance(answer, Refused):
                continue
            if answer.rejection is Rejection.ORDER_KNOWN and not found[1]:
                answers[number] = 1
            elif answer.rejection is Rejection.ORDER_KNOWN:
                others[number] = found[1]
            elif answer.rejection is Rejection.ORDER_UNKNOWN:
                others[number] = many[number]
        for number, answer in zip(others, self.post(list(others.values())), strict=True):
            answers[number] = answer
        self._remember(found[0] for found, answer in zip(named, answers, strict=True) if found and answer == 1)
        return answers

    def post(self, many: Sequence[bytes]) -> list[Answer]:
        """What the service answers to each of these."""
        answers: dict[int, Answer] = {
            number: Refused(f"it has {len(each)} bytes, and {postings.MAX_POSTING_BYTES} is the limit")
            for number, each in enumerate(many) if len(each) > postings.MAX_POSTING_BYTES
        }  # fmt: skip
        sent = [number for number in range(len(many)) if number not in answers]
        told: Sequence[Rejected | Unavailable | Refused | None]
        try:
            with self._lock:
                told = wire.post(self._client, [many[number] for number in sent])
        except refusals.Refused as refused:
            told = [Refused(str(refused))] * len(sent)
        except FormatError as error:  # somebody who is no service answers
            told = [Unavailable(str(error))] * len(sent)
        for number, why in zip(sent, told, strict=True):
            answers[number] = Refused.of(why) if isinstance(why, Rejected) else why or 1
        return [answers[number] for number in range(len(many))]

    def _remember(self, order_ids: Iterable[OrderId]) -> None:
        self._placed |= dict.fromkeys(order_ids)
        while len(self._placed) > MAX_PLACED:
            del self._placed[next(iter(self._placed))]


def _named(ledger_id: LedgerId, posting: bytes) -> tuple[OrderId, bytes] | None:
    """The order's id and what gives it the posting's margin, if it has one; None where this is no posting."""
    try:
        leg = checks.decode_leg(postings.decode(posting).leg_bytes, Unseen())
    except (Rejected, FormatError):
        return None
    order_id = digests.leg_id(ledger_id, leg)
    return order_id, b"" if leg.margin is None else wire.encode_margin(order_id, leg.margin)
