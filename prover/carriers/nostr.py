"""Relays of Nostr as one carrier: what is sent goes to all of them, and what any of them has is delivered once.

A relay that is away, or does not answer any more, is tried again every second, and what it got meanwhile comes then
(nostrear.py).  With a proxy (SOCKS 5, such as Tor's 127.0.0.1:9050) no relay learns an address.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import nostr_sdk
from nostr_sdk import Client, ClientBuilder, Event, Proxy, RelayLimits, RelayOptions, RelayUrl

from prover.carriers import nostranswers, nostrevents, nostrloop
from prover.carriers.carrier import (
    LETTER,
    ORDER,
    WITHDRAWAL,
    Answer,
    Deliver,
    Kind,
    Refused,
    Unavailable,
    ignore,
    only,
)  # fmt: skip
from prover.carriers.nostrlistening import Listening
from prover.network.wire import postings
from prover.network.wire.letterpage import LETTER_SIZES
from settlement.bundles import digests
from settlement.checks import checks
from settlement.ids import LedgerId
from settlement.rejection import Rejected
from zk.errors import FormatError

RETRY_S = 1
CONNECT_S, ANSWER_S = 4.0, 10.0
_NOTIFICATIONS = 1 << 14  # that wait to be read: a full board comes as two for each order
MAX_RELAYS = 16
AT_ONCE = 64
"""How many are sent before the first is answered: as many as a relay of ours checks together."""


def check_url(url: str) -> str:
    """The URL.  Raises FormatError when no relay can have it."""
    try:
        return str(RelayUrl.parse(url)) if url.startswith(("ws://", "wss://")) and len(url) <= 200 else _bad(url)
    except nostr_sdk.NostrSdkError:
        return _bad(url)


def _bad(url: str) -> str:
    raise FormatError(f"{url!r:.80} is not the URL of a relay, such as wss://relay.example")


class NostrCarrier:
    """Some relays, for one ledger (prover/carriers/carrier.py says what each method does).

    `clock` says the time of events.  Raises FormatError for a URL that is none.
    """

    def __init__(self, urls: list[str], ledger_id: LedgerId, clock: Callable[[], int], proxy: str | None = None):
        assert 0 < len(urls) <= MAX_RELAYS, "a carrier has some relays"
        self._urls = [check_url(url) for url in urls]
        self.name = "nostr " + " ".join(self._urls)
        self._ledger_id, self._clock, self._proxy = ledger_id, clock, proxy
        self._own: list[Listening] = []
        self._sender: Client | None = None
        self._lock = threading.Lock()

    def publish(self, posting: bytes) -> int:
        """Publishes an order as an addressable event."""
        return only(self.carry(ORDER, [posting]))

    def withdraw(self, withdrawal: bytes) -> int:
        """Publishes a withdrawal as an addressable event."""
        return only(self.carry(WITHDRAWAL, [withdrawal]))

    def send(self, letter: bytes) -> int:
        """Publishes a letter as gift wraps."""
        return only(self.carry(LETTER, [letter]))

    def carry(self, kind: Kind, many: Sequence[bytes]) -> list[Answer]:
        """Publishes many, AT_ONCE at a time: relays check together what comes together."""
        make = {ORDER: self._order, WITHDRAWAL: self._withdrawal, LETTER: self._letter}[kind]
        answers: list[Answer] = []
        for start in range(0, len(many), AT_ONCE):
            made = [_or_refused(make, data) for data in many[start : start + AT_ONCE]]
            sent = iter(self._sent([each for each in made if not isinstance(each, Refused)]))
            answers += [each if isinstance(each, Refused) else next(sent) for each in made]
        return answers

    def _order(self, posting: bytes) -> list[Event]:
        leg = checks.decode_leg(postings.decode(posting).leg_bytes)
        order_id = digests.leg_id(self._ledger_id, leg)
        return [nostrevents.order(self._ledger_id, order_id, posting, leg.expiry_ms, self._clock())]

    def _withdrawal(self, withdrawal: bytes) -> list[Event]:
        order_id, _ = postings.decode_withdrawal(withdrawal)
        return [nostrevents.withdrawal(self._ledger_id, order_id, withdrawal, self._clock())]

    def _letter(self, letter: bytes) -> list[Event]:
        if len(letter) not in LETTER_SIZES:
            raise FormatError(f"a letter has one of {LETTER_SIZES} bytes, not {len(letter)}")
        return nostrevents.letter(self._ledger_id, letter, self._clock())

    def subscribe(
        self, on_order: Deliver, on_letter: Deliver, since_ms: int, on_withdrawal: Deliver | None = None
    ) -> Listening:
        """Delivers what the relays have and get."""
        connects = [partial(self._client, [url], reconnects=False) for url in self._urls]
        listening = Listening(
            connects, self._ledger_id, self._clock, since_ms, on_order, on_letter, on_withdrawal or ignore
        )  # fmt: skip
        self._own.append(listening)
        return listening

    def close(self) -> None:
        """Ends all subscriptions and closes the connections."""
        while self._own:
            self._own.pop().close()
        with self._lock:
            if self._sender is not None:
                nostrloop.run(self._sender.shutdown())
                self._sender = None

    async def _client(self, urls: list[str], *, reconnects: bool) -> Client:
        """A new client of these relays, which is not connected yet."""
        builder = ClientBuilder().relay_limits(RelayLimits.disable()).notification_channel_size(_NOTIFICATIONS)
        options = RelayOptions().limits(RelayLimits.disable()).reconnect(reconnects)
        options = options.retry_interval(timedelta(seconds=RETRY_S)).adjust_retry_interval(False)
        if self._proxy is not None:
            builder, options = builder.proxy(Proxy.all(self._proxy)), options.proxy(Proxy.all(self._proxy))
        client = builder.build()
        for url in urls:
            await client.add_relay(RelayUrl.parse(url), opts=options)
        return client

    def _sent(self, many: Sequence[list[Event]]) -> list[Answer]:
        """For each of these, at how many relays all its events are now, or why they are at none.

        A connection on which nobody answers is given up, and if it is an old one, another is tried at once.
        """
        if not many:
            return []
        with self._lock:
            is_old, client = self._sender is not None, self._connected()
        answers = self._asked(client, many)
        lost = [number for number, answer in enumerate(answers) if nostranswers.is_lost(answer)]
        if not lost:
            return answers
        with self._lock:
            if self._sender is client:
                self._sender = None
        nostrloop.start(client.shutdown())
        if is_old:
            with self._lock:
                client = self._connected()
            for number, answer in zip(lost, self._asked(client, [many[number] for number in lost]), strict=True):
                answers[number] = answer
        return answers

    def _connected(self) -> Client:
        """The client that sends.  With the lock."""
        if self._sender is None:
            self._sender = nostrloop.run(_answered(self._client(self._urls, reconnects=True)))
        return self._sender

    def _asked(self, client: Client, many: Sequence[list[Event]]) -> list[Answer]:
        events = [event for each in many for event in each]
        try:
            told = iter(nostrloop.run(_all_sent(client, events), 2 * ANSWER_S))
        except TimeoutError:
            return [Unavailable(f"{self.name}: no relay answered")] * len(many)
        return [nostranswers.least([next(told) for _ in each]) for each in many]


def _or_refused(make: Callable[[bytes], list[Event]], data: bytes) -> list[Event] | Refused:
    """The events of something that is to be sent, or why no relay would take it."""
    try:
        return make(data)
    except Rejected as rejected:
        return Refused.of(rejected)
    except FormatError as error:
        return Refused(str(error))


async def _answered(connecting: Coroutine[Any, Any, Client]) -> Client:
    """The client, once one relay can be reached or CONNECT_S are over."""
    client = await connecting
    await client.connect()
    for _ in range(int(CONNECT_S / 0.02)):
        relays = (await client.relays()).values()
        if any([relay.status() == nostr_sdk.RelayStatus.CONNECTED for relay in relays]):
            break
        await asyncio.sleep(0.02)
    return client


async def _all_sent(client: Client, events: Sequence[Event]) -> list[tuple[int, dict[str, str]]]:
    return await asyncio.gather(*(_sent(client, event) for event in events))


async def _sent(client: Client, event: Event) -> tuple[int, dict[str, str]]:
    """How many relays took the event, and why the others did not."""
    try:
        output = await client.send_event(event, ok_timeout=timedelta(seconds=ANSWER_S))
    except nostr_sdk.NostrSdkError as error:
        return 0, {"": str(error)}
    return len(output.success), {str(url): why for url, why in output.failed.items()}
