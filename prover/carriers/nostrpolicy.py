"""What a relay takes: the events of one ledger whose orders would settle.

What is cheap is asked first: whether the peer may ask so much, the form, whether it is known, or known to be false. The
proofs come last, in the checker's thread, and those of suspects after all others (prover.network.service.trust).  The
relay says why it refuses something, in NIP-01's words:

    blocked: NULLIFIER_SPENT: leg 0 spends an account that has already moved
    invalid: the event is of another ledger            duplicate: it is here        rate-limited: ask again in 2 s

An exception that left a callback would end a thread of the wheel's: each of them answers, whatever happens.
"""

import asyncio
import ipaddress
from collections.abc import Callable

from nostr_sdk import Event, Filter, Kind, NostrLmdb, WritePolicy, WritePolicyResult

from prover.carriers import admission, nostrevents
from prover.carriers.checker import Checker
from prover.carriers.meters import Meters
from prover.carriers.nostrevents import Read
from prover.network.service.peers import FALSE_PROOF_COST, WRITE_COST, Peers
from prover.network.service.standing import Standing
from prover.network.service.trust import FALSE, Remembered, Trust
from prover.network.wire import postings
from settlement.errors import Unavailable
from settlement.ids import LedgerId, OrderId
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError

JUNK_COST = 50
_NAMES = {nostrevents.ORDER: "order", nostrevents.WITHDRAWAL: "withdrawal", nostrevents.LETTER: "letter"}
_FALSE = (*FALSE, Rejection.TERMS_SIGNATURE, Rejection.LEG_SIGNATURE)
_LOOPBACK, _LOOPBACK_NET = ("127.", "[::1]"), 127 << 24
_MOST_S = {nostrevents.LETTER: 2 * nostrevents.LETTER_LIFE_S, nostrevents.WITHDRAWAL: 31 * 24 * 3_600}


class Policy(WritePolicy):
    """The policy of one relay."""

    def __init__(
        self, ledger_id: LedgerId, checker: Checker, database: NostrLmdb, peers: Peers, meters: Meters,
        clock: Callable[[], int],
    ):  # fmt: skip
        self._ledger_id, self._checker, self._database, self._peers = ledger_id, checker, database, peers
        self._meters, self._clock = meters, clock
        self._trust, self._false = Trust(Standing()), Remembered()
        self._is_closed = False

    def close(self) -> None:
        """From now on nothing is taken: what a session that outlives its relay took, nobody would hear of."""
        self._is_closed = True

    async def admit_event(self, event: Event, socket_addr: str) -> WritePolicyResult:
        """ACCEPT, or REJECT with the reason."""
        try:
            why = await self._refusal(event, _peer(socket_addr))
        except BaseException as error:  # or the wheel's thread ends
            why = f"error: internal ({type(error).__name__})"
        if why is None:
            return WritePolicyResult.ACCEPT()
        self._meters.turned_away.labels(why.partition(":")[0]).inc()
        return WritePolicyResult.REJECT(why)

    async def _refusal(self, event: Event, peer: str) -> str | None:
        """Why the event is refused, or None."""
        if self._is_closed:
            return "error: the relay is closing"
        seconds = self._peers.take(peer, WRITE_COST)
        if seconds:
            return f"rate-limited: ask again in {seconds} s"
        try:
            if event.kind().as_u16() == nostrevents.ORDER and self._trust.is_suspect(peer):
                self._checker.check_time()  # before anything is decoded
            found = nostrevents.read(event, self._ledger_id)
            self._check_life(found)
            if found.kind == nostrevents.ORDER:
                await self._admit(found, peer)
            elif found.kind == nostrevents.WITHDRAWAL:
                await self._withdraw(found)
        except FormatError as error:
            self._peers.fine(peer, JUNK_COST)
            return f"invalid: {error}"
        except Unavailable as error:
            return f"rate-limited: {error}"
        except Rejected as rejected:
            if rejected.rejection is Rejection.ORDER_KNOWN:
                return "duplicate: the order is here"
            self._peers.fine(peer, FALSE_PROOF_COST if rejected.rejection in _FALSE else JUNK_COST)
            if rejected.rejection in _FALSE:
                self._trust.refused(peer)
            return f"blocked: {rejected.rejection.name}: {rejected.detail}"
        self._meters.taken.labels(_NAMES[found.kind]).inc()
        self._meters.taken_bytes.inc(len(found.data))
        return None

    def _check_life(self, found: Read) -> None:
        left_s = found.expires_s - self._clock() // 1000
        if left_s <= 0 or left_s > _MOST_S.get(found.kind, left_s):
            raise FormatError("the event has expired, or would be kept too long")

    async def _admit(self, found: Read, peer: str) -> None:
        named = admission.named(self._ledger_id, found.data)
        if found.name != named.order_id.hex() or found.expires_s != -(-named.expiry_ms // 1000):
            raise FormatError("the event's tags are not those of its order")
        if self._checker.is_known(named.order_id, named.epoch):
            raise Rejected(Rejection.ORDER_KNOWN, "the order is here")
        self._false.check(found.data)
        try:
            await asyncio.wrap_future(self._checker.order(found.data, is_suspect=self._trust.is_suspect(peer)))
        except Rejected as refused:
            self._false.add(found.data, refused)
            raise
        self._trust.took(peer)
        await self._delete(named.order_id)  # what it had with an older margin

    async def _withdraw(self, found: Read) -> None:
        order_id, _ = postings.decode_withdrawal(found.data)
        if found.name != order_id.hex():
            raise FormatError("the event's tags are not those of its withdrawal")
        await asyncio.wrap_future(self._checker.withdrawal(found.data))
        await self._delete(order_id)

    async def _delete(self, order_id: OrderId) -> None:
        await self._database.delete_events(Filter().kind(Kind(nostrevents.ORDER)).identifier(order_id.hex()))


def _peer(address: str) -> str:
    """Whose bucket it is: an address; on this machine a connection, because a proxy brings those of many.

    A connection of this machine is named by its port, as an address of 127.0.0.0/8.
    """
    host, _, port = address.rpartition(":")
    return str(ipaddress.IPv4Address(_LOOPBACK_NET | int(port))) if host.startswith(_LOOPBACK) else host.strip("[]")
