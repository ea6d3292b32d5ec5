"""The same carrier three times: within a process, over a service's mailbox, and over relays of Nostr."""

import hashlib
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from prover.carriers.mailbox import MailboxCarrier
from prover.carriers.memory import Hub
from prover.network.wire import postings
from settlement.bundles import digests, encoding
from settlement.ledger import Ledger
from settlement.orders import board
from tests import ports
from tests.patience import PATIENCE_S
from tests.prover.network import serving
from tests.settlement.bundles import samples
from tests.settlement.orders import boards

HOUR_MS = 3_600_000


def now_ms():
    return time.time_ns() // 1_000_000


def digest(data):
    """What a comparison calls something that was carried."""
    return hashlib.sha256(data).digest()


class Collected:
    """What a subscription delivered."""

    def __init__(self):
        self.orders, self.letters, self.withdrawals, self.threads = [], [], [], set()
        self._changed = threading.Condition()

    def _taker(self, kept):
        def take(data):
            with self._changed:
                self.threads.add(threading.get_ident())
                kept.append(data)
                self._changed.notify_all()

        return take

    def subscribe(self, carrier, since_ms=0):
        return carrier.subscribe(
            self._taker(self.orders), self._taker(self.letters), since_ms, self._taker(self.withdrawals)
        )

    def wait(self, orders=(), letters=(), withdrawals=()):
        """Waits until all these were delivered."""
        with self._changed:
            came = self._changed.wait_for(
                lambda: set(orders) <= set(self.orders) and set(letters) <= set(self.letters)
                and set(withdrawals) <= set(self.withdrawals),
                PATIENCE_S,
            )  # fmt: skip
        assert came, (len(self.orders), len(self.letters), len(self.withdrawals))


class Site:
    """A ledger, carriers of it, and whatever stands between them."""

    restarts = False

    def __init__(self, folder: Path):
        self.folder, self.path = folder, folder / "ledger.sqlite"
        Ledger.create(self.path, samples.pool(), now_ms()).close()
        self.resources = ExitStack()
        with Ledger.open(self.path, read_only=True) as ledger:
            self.ledger_id = ledger.ledger_id

    def order(self, **changes):
        """The posting of a fresh account, as bytes."""
        with Ledger.open(self.path, read_only=True) as ledger:
            leg = boards.make(ledger, terms=(), **{"expiry_ms": now_ms() + HOUR_MS, **changes}).leg
            return postings.encode(samples.posting(ledger, leg, posted_ms=now_ms()))

    def withdrawal(self, posting):
        leg = encoding.decode_leg(postings.decode(posting).leg_bytes)
        order_id = digests.leg_id(self.ledger_id, leg)
        return postings.encode_withdrawal(order_id, boards.withdrawal(self.ledger_id, order_id))

    def check(self, posting):
        """What a relay asks, for carriers that have no ledger."""
        with Ledger.open(self.path) as ledger:
            board.check(ledger, posting, now_ms(), samples.any_proof)

    def close(self):
        self.resources.close()


class Memory(Site):
    def __init__(self, folder):
        super().__init__(folder)
        self.hub = Hub(self.ledger_id, now_ms, self.check)

    def carrier(self):
        carrier = self.hub.carrier("memory")
        self.resources.callback(carrier.close)
        return carrier


class Mailbox(Site):
    restarts = True

    def __init__(self, folder):
        super().__init__(folder)
        self.port = ports.free()
        self.start()

    def start(self):
        self.service = ExitStack()
        self.url = self.service.enter_context(serving.served(self.path, self.port, clock=now_ms))

    def stop(self):
        self.service.close()

    def carrier(self):
        carrier = MailboxCarrier(self.url, self.ledger_id)
        self.resources.callback(carrier.close)
        return carrier

    def close(self):
        super().close()
        self.stop()


class Nostr(Site):
    restarts = True
    rate = None
    clock = staticmethod(now_ms)

    def __init__(self, folder):
        super().__init__(folder)
        self.check(postings.decode(self.order()))  # loads what checks, as `relay serve` does before it listens
        self.port = ports.free()
        self.start()

    def start(self):
        from prover.carriers.nostrrelay import Relay

        self.relay = Relay(
            "127.0.0.1", self.port, self.folder / "relay", lambda: Ledger.open(self.path), self.clock,
            samples.any_proof, self.rate,
        )  # fmt: skip
        self.url = self.relay.url

    def stop(self):
        self.relay.close()

    def carrier(self, *others):
        from prover.carriers.nostr import NostrCarrier

        carrier = NostrCarrier([self.url, *others], self.ledger_id, now_ms)
        self.resources.callback(carrier.close)
        return carrier

    def close(self):
        super().close()
        self.stop()


SITES = {"memory": Memory, "mailbox": Mailbox, "nostr": Nostr}
