"""Connections: how many there may be, of everybody and of one peer, and how long a slow client may take.

uvicorn closes a connection that is idle after a response, but waits for ever for a request that was begun, or never
begun; here a request's head must arrive within HEAD_S seconds, however it trickles in.  Bodies have their own limit
(prover.network.service.bodies).  A connection too many is closed at once, before a byte of it is read.
"""

import asyncio
from collections import OrderedDict

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from prover.network.service.census import Census
from prover.network.service.peers import name_of

HEAD_S = 10
MAX_CONNECTIONS = 1_024
MAX_OF_PEER = 32
PROXIES = ("127.0.0.1", "::1")
"""Whose X-Forwarded-For is believed, and who may have as many connections as there are: a proxy on this machine, which
ends TLS."""


class Doors:
    """The open connections of all peers to this process, counted in all.  Belongs to one event loop."""

    def __init__(
        self, most: int = MAX_CONNECTIONS, most_of_peer: int = MAX_OF_PEER, connected: Census | None = None
    ):  # fmt: skip
        self._most, self._most_of_peer, self._connected = most, most_of_peer, connected or Census()
        self._open: dict[str, OrderedDict[asyncio.BaseTransport, None]] = {}
        self._is_closed = False

    def close(self) -> None:
        """Lets nobody in any more: uvicorn ends the connections that there are when it ends, and knows of no later one,
        which would be served for as long as its client asks."""
        self._is_closed = True

    def enter(self, peer: str, transport: asyncio.BaseTransport) -> bool:
        """Counts a connection of a peer; False when it must be closed instead.

        When there is no room, the oldest one of the peer with the most in this process gives way, unless it has as few.
        """
        own = self._connected.of(peer)
        if self._is_closed or own >= self._most_of_peer and peer not in PROXIES:
            return False
        if self._connected.total() >= self._most:
            crowd = max(self._open, key=lambda name: len(self._open[name]), default=None)
            if crowd is None or len(self._open[crowd]) <= own + 1:
                return False
            oldest = next(iter(self._open[crowd]))
            self.leave(crowd, oldest)
            _abort(oldest)
        self._open.setdefault(peer, OrderedDict())[transport] = None
        self._connected.add(peer)
        return True

    def leave(self, peer: str, transport: asyncio.BaseTransport) -> None:
        """Counts a connection no more, if it was."""
        own = self._open.get(peer)
        if own is None or transport not in own:
            return
        del own[transport]
        self._connected.add(peer, -1)
        if not own:
            del self._open[peer]


class Impatient(H11Protocol):
    """uvicorn's protocol for one connection, which closes it when no request has come in time."""

    doors = Doors()
    _waiting: asyncio.TimerHandle | None = None
    _peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to wait."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._peer = name_of(self.client[0] if self.client else None)
        if self.doors.enter(self._peer, transport):
            self._wait()
        else:
            _abort(transport)

    def data_received(self, data: bytes) -> None:
        """Takes what arrived, and waits on only while a head is incomplete."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._wait()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends."""
        self.doors.leave(self._peer, self.transport)
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(HEAD_S, self._close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _close(self) -> None:
        self._waiting = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


def protocol(doors: Doors) -> type[Impatient]:
    """The protocol of a server with these doors."""
    return type("Impatient", (Impatient,), {"doors": doors})


def _abort(transport: asyncio.BaseTransport) -> None:
    """Closes a connection without waiting for what is still to be written."""
    assert isinstance(transport, asyncio.WriteTransport), "a socket's"
    transport.abort()
