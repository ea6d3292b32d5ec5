"""The service as a process: its socket, and the signals that end it."""

import asyncio
import ipaddress
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from prover.network.service import connections, logs
from zk.errors import FormatError

DRAIN_S = 30
KEEP_ALIVE_S = 20
ACCEPTS = 1
"""Connections that a process takes at once: where there are several processes, the next is for whoever has time."""
MAX_HEAD_BYTES = 16 << 10
SWITCH_S = 0.001
"""How long a thread of Python may keep the others waiting.  The one that settles lets go of Python dozens of times a
block, and each time comes back behind the event loop's: with 5 ms, Python's own, that takes a tenth of a second."""


def address(text: str, *, is_public: bool) -> tuple[str, int]:
    """Host and port of "127.0.0.1:7464" or "[::1]:7464".

    Raises FormatError for anything else, and for an address that others can reach unless `is_public`.
    """
    host, separator, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        parsed = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        parsed = None
    if not separator or parsed is None or not (port.isascii() and port.isdecimal() and int(port) < 1 << 16):
        raise FormatError(f"{text!r:.80} is not an address with a port, such as 127.0.0.1:7464")
    if not parsed.is_loopback and not is_public:
        raise FormatError(f"everybody who reaches {parsed} could use the service: say --public if that is meant")
    return str(parsed), int(port)


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there; port 0 takes any that is free.  Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, not 0, because asyncio turns off the delay of small segments (Nagle) only where it reads TCP here.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(socket.SOMAXCONN)
        yield listener
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from None
    finally:
        listener.close()


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves the signals to this module and says when it is ready."""

    def __init__(self, config: uvicorn.Config, doors: connections.Doors, ready: Callable[[], None]):
        super().__init__(config)
        self._doors, self._ready = doors, ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            for listener in sockets or ():
                listener.listen(socket.SOMAXCONN)  # asyncio has made the queue as short as what it accepts at once
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._doors.close()
        await super().shutdown(sockets)


def run(app: FastAPI, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serves until Ctrl-C or SIGTERM, and then finishes what has begun.  Calls `ready` once it answers requests.

    Raises what the application's lifespan raises.
    """
    logs.configure()
    sys.setswitchinterval(SWITCH_S)
    asyncio.run(_serve(app, listener, ready))


async def _serve(app: FastAPI, listener: socket.socket, ready: Callable[[], None]) -> None:
    """The lifespan is run here, not by uvicorn, which would end the process when it raises."""
    doors: connections.Doors = app.state.doors
    config = uvicorn.Config(
        app, http=connections.protocol(doors), ws="none", lifespan="off", loop="asyncio",
        log_config=None, log_level="warning", access_log=False, server_header=False, timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S, h11_max_incomplete_event_size=MAX_HEAD_BYTES, proxy_headers=True,
        forwarded_allow_ips=list(connections.PROXIES), backlog=ACCEPTS,
    )  # fmt: skip
    async with app.router.lifespan_context(app):
        server = _Server(config, doors, ready)

        def stop() -> None:
            server.should_exit = True
            app.state.parts.stopping.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        await server.serve([listener])
