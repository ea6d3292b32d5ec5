"""A relay of Nostr for one ledger, which carries only orders that would settle (nostrpolicy.py).

What it has taken lies in a folder, and is checked again when it starts; what can no longer settle is deleted.
"""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import nostr_sdk
from nostr_sdk import Event, Filter, Kind, LocalRelay, LocalRelayBuilder, NostrLmdb, RateLimit

from prover.carriers import nostrevents, nostrloop
from prover.carriers.checker import TOGETHER, Checker
from prover.carriers.meters import Meters
from prover.carriers.nostrpolicy import Policy
from prover.network.service.peers import Peers, Rate
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.errors import Unavailable
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from zk.errors import FormatError

MAX_CONNECTIONS = 256
MAX_ANSWERED = 8192  # events for one question: a full board, and letters
REQUESTS_AT_ONCE, NOTES_PER_MINUTE = 64, 60_000  # the wheel's limits for a connection; ours are by peer
PRUNE_S = 10
_ENDING_S, _AGAIN_S = 2.0, 0.02


class Relay:
    """A running relay; `url` is where it is.  `open_ledger` is called in the thread that checks.

    Raises OSError when it cannot listen there, Unavailable when what it kept cannot be checked, and what opening the
    ledger raises.
    """

    def __init__(
        self, host: str, port: int, folder: Path, open_ledger: Callable[[], Ledger], clock: Callable[[], int],
        verify_proofs: VerifyProofs = checks.verify_proofs, rate: Rate | None = None,
        meters: Meters | None = None,
    ):  # fmt: skip
        self.meters = meters or Meters()
        self._checker = Checker(open_ledger, clock, verify_proofs)
        try:
            self.ledger_id = self._checker.run(lambda ledger, now_ms: ledger.ledger_id).result()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            peers = Peers(rate or Rate())
            self._relay, self.url = nostrloop.run(self._started(host, port, folder, peers, clock))
        except BaseException:
            self._checker.close()
            raise

    def close(self) -> None:
        """Ends it: another relay can listen there when this returns.  What it has taken is kept."""
        self._pruning.cancel()
        self._policy.close()
        nostrloop.run(_deaf(self._relay, *self._place))
        nostrloop.start(_ended(self._relay))
        self._checker.close()

    async def _started(
        self, host: str, port: int, folder: Path, peers: Peers, clock: Callable[[], int]
    ) -> tuple[LocalRelay, str]:
        database = await NostrLmdb.open(str(folder))
        await self._check_kept(database)
        self._policy = Policy(self.ledger_id, self._checker, database, peers, self.meters, clock)
        builder = LocalRelayBuilder().addr(host).database(database).write_policy(self._policy)
        builder = builder.port(port) if port else builder  # else any that is free
        builder = builder.max_filter_limit(MAX_ANSWERED).default_filter_limit(MAX_ANSWERED)
        limits = RateLimit(max_reqs=REQUESTS_AT_ONCE, notes_per_minute=NOTES_PER_MINUTE)
        relay = builder.max_connections(MAX_CONNECTIONS).rate_limit(limits).build()
        try:
            await relay.run()
        except nostr_sdk.NostrSdkError as error:
            raise OSError(f"the relay cannot listen at {host}:{port}: {error}") from None
        self._pruning: Future[None] = nostrloop.start(self._prune(database))
        url = str(await relay.url())
        self._place = host, urlsplit(url).port or port
        return relay, url

    async def _check_kept(self, database: NostrLmdb) -> None:
        """Admits again what the folder has, and deletes what would not be taken any more.

        Raises Unavailable when the ledger cannot be asked: then nothing more is deleted.
        """
        for event in await database.query(Filter().kind(Kind(nostrevents.WITHDRAWAL))):
            found = nostrevents.read(event, self.ledger_id)
            order_id = OrderId(bytes.fromhex(found.name))
            await asyncio.wrap_future(self._checker.remember_withdrawal(order_id, found.expires_s * 1000))
        events = await database.query(Filter().kind(Kind(nostrevents.ORDER)))
        for start in range(0, len(events), TOGETHER):
            await asyncio.gather(*(self._check_order(database, event) for event in events[start : start + TOGETHER]))

    async def _check_order(self, database: NostrLmdb, event: Event) -> None:
        try:
            await asyncio.wrap_future(self._checker.order(nostrevents.read(event, self.ledger_id).data))
        except (FormatError, Rejected):
            await database.delete_events(Filter().id(event.id()))

    async def _prune(self, database: NostrLmdb) -> None:
        while True:
            await asyncio.sleep(PRUNE_S)
            with suppress(Unavailable, FormatError, nostr_sdk.NostrSdkError):
                void = await asyncio.wrap_future(self._checker.prune())
                for order_id in void:
                    named = Filter().kind(Kind(nostrevents.ORDER)).identifier(order_id.hex())
                    await database.delete_events(named)
                old = Filter().kinds([Kind(nostrevents.LETTER), Kind(nostrevents.WITHDRAWAL)])
                for event in await database.query(old):
                    if event.is_expired():
                        await database.delete_events(Filter().id(event.id()))


async def _deaf(relay: LocalRelay, host: str, port: int) -> None:
    """Ends what listens, which the wheel does some time after it was told to."""
    for _ in range(int(_ENDING_S / _AGAIN_S)):
        relay.shutdown()
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((host, port))
                return
        await asyncio.sleep(_AGAIN_S)


async def _ended(relay: LocalRelay) -> None:
    """Ends the sessions that were busy: the wheel tells only those of its end that wait at that moment."""
    for _ in range(int(_ENDING_S / _AGAIN_S)):
        await asyncio.sleep(_AGAIN_S)
        relay.shutdown()
