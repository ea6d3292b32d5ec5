"""A ledger's service as a carrier: its board for orders and withdrawals, its mailbox for letters, its stream for news.

Whoever reads asks for all orders, all withdrawals and all letters, so that requests of different wallets are equal.
"""

import threading
from collections.abc import Sequence

from prover.carriers.carrier import LETTER, ORDER, Answer, Deliver, Kind, Refused, ignore, one_by_one
from prover.carriers.mailboard import Board
from prover.carriers.mailboxreading import Reading
from prover.network.wire import postings, refusals
from prover.network.wire.client import Client
from settlement.bundles import digests, encoding
from settlement.checks import checks
from settlement.ids import LedgerId
from settlement.rejection import Rejected, Rejection

ROUND_MS = 600_000  # who looks back, asks from a time that many others ask from
_US_PER_MS = 1000


class MailboxCarrier:
    """The service at a URL, for one ledger (prover/carriers/carrier.py says what each method does).

    Raises FormatError for a URL that is none.
    """

    def __init__(self, url: str, ledger_id: LedgerId):
        self._client, self._lock = Client(url), threading.Lock()
        self.name, self._ledger_id = f"mailbox {self._client.url}", ledger_id
        self._own: list[Reading] = []
        self._board = Board(self._client, self._lock, ledger_id)

    def publish(self, posting: bytes) -> int:
        """Puts an order on the service's board, or its newer margin proof, if the order is there."""
        try:
            self._post("/orders", posting)
        except Refused as refused:
            if refused.rejection is not Rejection.ORDER_KNOWN:
                raise
            leg = checks.decode_leg(postings.decode(posting).leg_bytes)
            if leg.margin is not None:
                order_id = digests.leg_id(self._ledger_id, leg)
                self._post(f"/orders/{order_id.hex()}/margin", encoding.encode_margin(leg.margin))
        return 1

    def withdraw(self, withdrawal: bytes) -> int:
        """Takes an order off the service's board."""
        self._post("/withdrawals", withdrawal)
        return 1

    def send(self, letter: bytes) -> int:
        """Leaves a letter in the service's mailbox."""
        self._post("/letters", letter)
        return 1

    def carry(self, kind: Kind, many: Sequence[bytes]) -> list[Answer]:
        """Sends many orders or withdrawals in one request, and letters one by one."""
        if kind == LETTER or len(many) < 2:
            return one_by_one(self, kind, many)
        return self._board.publish(many) if kind == ORDER else self._board.post(many)

    def subscribe(
        self, on_order: Deliver, on_letter: Deliver, since_ms: int, on_withdrawal: Deliver | None = None
    ) -> Reading:
        """Delivers what the service has and gets."""
        reading = Reading(
            self._client.url, self._ledger_id, on_order, on_letter, on_withdrawal or ignore,
            since_ms // ROUND_MS * ROUND_MS * _US_PER_MS,
        )  # fmt: skip
        self._own.append(reading)
        reading.thread.start()
        return reading

    def close(self) -> None:
        """Ends all subscriptions and closes the connections."""
        while self._own:
            self._own.pop().close()
        with self._lock:
            self._client.close()

    def _post(self, path: str, data: bytes) -> None:
        try:
            with self._lock:
                self._client.post(path, data)
        except Rejected as rejected:
            raise Refused.of(rejected) from None
        except refusals.Refused as refused:
            raise Refused(str(refused)) from None
