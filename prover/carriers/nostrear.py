"""One relay as one subscription hears it: a connection that is made anew whenever the relay is not heard.

A relay may go without a word (its machine lost power, a router forgot the connection), or stay and tell nothing new (a
session that outlived its relay, a subscription that was dropped).  So every CHECK_S it is asked what it has of the last
WINDOW_S, compared by ranges (NIP-77) with what came: some 200 bytes each way while nothing is missing.  Whoever does
not know NIP-77 is asked for its newest order and letter.  Without an answer in ANSWER_S, or when something came only
because it was asked for, the connection is made anew.

A connection after the first one asks for news only, and compares the rest by ranges, so that an outage costs what was
missed and not all that there is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple

import nostr_sdk
from nostr_sdk import Client, Event, EventId, Filter, NegentropyItem, Relay, ReqTarget, SyncOptions, Timestamp

from prover.carriers import nostrevents
from settlement.ids import LedgerId

RETRY_S, MAX_RETRY_S = 1.0, 30.0
CONNECT_S, ANSWER_S = 4.0, 5.0
CHECK_S, GRACE_S = 4.0, 1.0
"""How often a relay is asked what it has, and how long what it has may be on its way."""
WINDOW_S = 120
MAX_KNOWN = 1 << 16
ASKED_AT_ONCE = 100
_LOOK_S = 0.1
_FORGIVEN_S = 60.0  # until an event that a relay has and does not give is asked for again
_MS_PER_S = 1000


class _Known(NamedTuple):
    event_id: EventId
    created: Timestamp
    kind: int


class Ear:
    """A relay, for a listening.  Everything of it runs in the loop of nostrloop.

    `take` gets each new event, and returns False when there is no room: it then comes again.  `changed` is called when
    `is_there` or `has_read` change: whether the relay is connected, and has said all that it had.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[Client]], ledger_id: LedgerId, since_ms: int,
        clock: Callable[[], int], take: Callable[[Event, str], bool], changed: Callable[[], None],
    ):  # fmt: skip
        self._connect, self._ledger_id, self._since_ms, self._clock = connect, ledger_id, since_ms, clock
        self._take, self._changed = take, changed
        self.is_there, self.has_read = False, False
        self._relay: Relay | None = None
        self._known: dict[str, _Known] = {}
        self._withheld: dict[str, float] = {}
        self._subscribed: set[str] = set()
        self._ended: set[str] = set()
        self._not_told = 0  # events that came only because they were asked for
        self._speaks_ranges: bool | None = None
        self._heard_s = 0.0

    async def run(self, closed: asyncio.Event) -> None:
        """Hears the relay until it is closed."""
        pause_s = RETRY_S
        while not closed.is_set():
            client = await self._connect()
            is_refused = False
            try:
                if (await client.try_connect(timedelta(seconds=CONNECT_S))).success:
                    is_refused = await self._listen(client, closed)
            except nostr_sdk.NostrSdkError:
                pass
            finally:
                self._relay = None
                self._tell(is_there=False, has_read=False)
                await client.shutdown()
            pause_s = min(2 * pause_s, MAX_RETRY_S) if is_refused else RETRY_S
            with suppress(TimeoutError):
                await asyncio.wait_for(closed.wait(), pause_s)

    async def compare(self) -> set[str] | None:
        """Takes what the relay has and was not heard of; the ids of what it has lost, or None when it says nothing."""
        relay, before = self._relay, set(self._known)
        if relay is None:
            return None
        has = await self._by_ranges(relay) if self._speaks_ranges is not False else await self._by_questions(relay)
        if has is None:
            return None
        lost = before - has
        for each in lost:
            self._known.pop(each, None)
        return lost

    async def _listen(self, client: Client, closed: asyncio.Event) -> bool:
        """Listens until the connection or the listening ends; whether the relay closed a subscription."""
        notifications = client.notifications()
        (self._relay,) = (await client.relays()).values()
        self._subscribed, self._ended = set(), set()
        reading = asyncio.ensure_future(self._read(notifications))
        watching = asyncio.ensure_future(self._watch(client, self._relay))
        ending = asyncio.ensure_future(closed.wait())
        self._tell(is_there=True, has_read=False)
        try:
            await asyncio.wait({reading, watching, ending}, return_when=asyncio.FIRST_COMPLETED)
            return reading.done() and reading.exception() is None and reading.result()
        finally:
            self._relay = None  # ends the watching also where a call of the wheel swallows that it is cancelled
            for each in (reading, watching, ending):
                each.cancel()
            await asyncio.gather(reading, watching, ending, return_exceptions=True)

    async def _read(self, notifications: Any) -> bool:
        """Takes what comes; whether the relay closed a subscription."""
        while True:
            told = await notifications.next()
            if told is None or told.is_SHUTDOWN():
                return False
            self._heard_s = asyncio.get_running_loop().time()
            if told.is_NEW_EVENT():
                self._came(told.event)
                self._not_told += told.subscription_id not in self._subscribed
            elif told.is_MESSAGE():
                message = told.message.as_enum()
                if message.is_END_OF_STORED_EVENTS():
                    self._ended.add(message.subscription_id)
                elif message.is_CLOSED() and message.message:
                    return True

    def _came(self, event: Event) -> None:
        name = event.id().to_hex()
        if name in self._known or not self._take(event, name):
            return
        self._known[name] = _Known(event.id(), event.created_at(), event.kind().as_u16())
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

    async def _watch(self, client: Client, relay: Relay) -> None:
        """Asks for everything, or for news and what was missed; then whether the relay is well, until it is not."""
        loop = asyncio.get_running_loop()
        if self._known and self._speaks_ranges:
            await self._subscribe(client, news_only=True)
            if await self._by_ranges(relay) is None:
                return
        else:
            await self._subscribe(client, news_only=False)
            self._speaks_ranges = None  # also of a relay that was only slow
        next_s = loop.time() + CHECK_S
        while relay.status() == nostr_sdk.RelayStatus.CONNECTED and self._relay is relay:
            if not self.has_read and self._subscribed <= self._ended:
                self._tell(is_there=True, has_read=True)
                next_s = loop.time()
            if loop.time() >= next_s:
                if not await self._is_well(relay):
                    return
                next_s = loop.time() + CHECK_S
            await asyncio.sleep(_LOOK_S if self.has_read else _LOOK_S / 10)

    async def _subscribe(self, client: Client, *, news_only: bool) -> None:
        """Subscribes.  Not every relay knows `limit 0`, so news come after one of each."""
        for i, each in enumerate(nostrevents.filters(self._ledger_id, self._since_ms)):
            self._subscribed.add(f"{i}")
            await client.subscribe(ReqTarget.auto([each.limit(1) if news_only else each]), id=f"{i}")

    async def _is_well(self, relay: Relay) -> bool:
        """Whether the relay answers, and has told what it has of late."""
        asked_s = asyncio.get_running_loop().time()
        since_s = max(self._clock() // _MS_PER_S - WINDOW_S, 0)
        has = await self._has(relay, since_s) if self._speaks_ranges is not False else None
        if has is None:
            if self._speaks_ranges:
                return False
            self._speaks_ranges, self._not_told = False, 0
            with suppress(nostr_sdk.NostrSdkError):
                for of_late, _, _ in self._wanted(since_s):
                    await relay.fetch_events(of_late.limit(1), timeout=timedelta(seconds=ANSWER_S))
            if self._heard_s <= asked_s:
                await asyncio.sleep(GRACE_S)  # the wheel answers who asked before it tells who listens
            return self._heard_s > asked_s and not self._not_told
        if self._missing(has):
            await asyncio.sleep(GRACE_S)
        return not await self._fetch(relay, self._missing(has))

    async def _by_ranges(self, relay: Relay) -> set[str] | None:
        """Takes what is missing; the ids of all that the relay has, or None when it did not say."""
        if (has := await self._has(relay, 0)) is not None:
            await self._fetch(relay, self._missing(has))
        return has

    async def _has(self, relay: Relay, since_s: int) -> set[str] | None:
        """The ids of what the relay has since then, by ranges, or None when it did not say."""
        has = set[str]()
        for wanted, kinds, from_s in self._wanted(since_s):
            known = [each for each in self._known.values() if each.kind in kinds and each.created.as_secs() >= from_s]
            if (found := await self._ids(relay, wanted, known)) is None:
                return None
            has |= found
        return has

    def _wanted(self, since_s: int) -> Iterator[tuple[Filter, Sequence[int], int]]:
        """What was subscribed to and is not older than this, of which kinds, and since when: letters begin later."""
        for kinds, first_s in ((nostrevents.ORDERS, 0), (nostrevents.LETTERS, self._since_ms // _MS_PER_S)):
            yield nostrevents.since(self._ledger_id, kinds, from_s := max(since_s, first_s)), kinds, from_s

    async def _by_questions(self, relay: Relay) -> set[str] | None:
        """The same without NIP-77: asks for everything."""
        asked_s, has = asyncio.get_running_loop().time(), set[str]()
        for each in nostrevents.filters(self._ledger_id, self._since_ms):
            with suppress(nostr_sdk.NostrSdkError):
                for event in await relay.fetch_events(each, timeout=timedelta(seconds=ANSWER_S)):
                    has.add(event.id().to_hex())
                    self._came(event)
        return has if self._heard_s > asked_s else None

    async def _ids(self, relay: Relay, wanted: Filter, known: Sequence[_Known]) -> set[str] | None:
        """The ids of what the relay has, by ranges; None when it does not answer, or does not know how."""
        items = [NegentropyItem(id=each.event_id, timestamp=each.created) for each in known]
        options = SyncOptions().dry_run().initial_timeout(timedelta(seconds=ANSWER_S))
        try:
            async with asyncio.timeout(2 * ANSWER_S):  # wait_for would lose a cancellation that comes with the answer
                found = await relay.sync(wanted, items=items, opts=options)
        except (nostr_sdk.NostrSdkError, TimeoutError):
            return None
        self._speaks_ranges = True
        lost = {each.to_hex() for each in found.local}
        return {each.event_id.to_hex() for each in known} - lost | {each.to_hex() for each in found.remote}

    def _missing(self, has: Iterable[str]) -> list[str]:
        """What of these has not come, and may be asked for."""
        now_s = asyncio.get_running_loop().time()
        self._withheld = {each: until_s for each, until_s in self._withheld.items() if until_s > now_s}
        return [each for each in has if each not in self._known and each not in self._withheld]

    async def _fetch(self, relay: Relay, missing: Sequence[str]) -> int:
        """Takes these events, and returns how many came; the others are not asked for again at once."""
        for at in range(0, len(missing), ASKED_AT_ONCE):
            wanted = Filter().ids([EventId.parse(each) for each in missing[at : at + ASKED_AT_ONCE]])
            with suppress(nostr_sdk.NostrSdkError):
                for event in await relay.fetch_events(wanted, timeout=timedelta(seconds=ANSWER_S)):
                    self._came(event)
        withheld = [each for each in missing if each not in self._known]
        self._withheld |= dict.fromkeys(withheld, asyncio.get_running_loop().time() + _FORGIVEN_S)
        return len(missing) - len(withheld)

    def _tell(self, *, is_there: bool, has_read: bool) -> None:
        self.is_there, self.has_read = is_there, has_read
        self._changed()
