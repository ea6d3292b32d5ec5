"""What every request passes first: its turn, and its peer's bucket.  And what every answer passes last: a bug is told.

An answer of 429 comes when there would be room again, or after HELD_S: so who does not wait by himself is made to, at
the price of an open connection, of which a peer has only so many.
"""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prover.network.service import logs, peers, problems, standing
from prover.network.service.peers import Peers, name_of
from prover.network.service.problems import Problem
from prover.network.service.standing import Standing, Turns

FREE = ("/healthz", "/readyz", "/metrics")
FILES = ("/tile/", "/keys/")
"""What whoever joins reads all of, as fast as he can, and what costs the service little: it is not counted by size."""

COUNTED = ("/bundles", "/cosignatures", "/letters")
"""Where the route itself counts what something costs its sender that is taken: when it was not new, or by its size."""

BOARD = "/orders"
"""Orders, and the margins that keep them fresh: a desk has a hundred of them, which are verified together."""

HELD_S = 2
_BUG = Problem(500, "INTERNAL", "The service has a bug.", "what was asked may have been done: ask for it by its id")
_FORWARDED = peers.FORWARDED.encode()
_NOT_REFUSED = (404, 429)


class Gate:
    """ASGI middleware around the routes."""

    def __init__(self, app: ASGIApp, buckets: Peers, standings: Standing, turns: Turns):
        self._app, self._peers, self._standings = app, buckets, standings
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_forwarded = any(name == _FORWARDED for name, _ in scope["headers"])
        address = peers.address_of(scope["client"][0] if scope.get("client") else None, is_forwarded=is_forwarded)
        if is_forwarded and scope.get("client"):
            scope = {**scope, "client": (address, scope["client"][1])}
        peer, is_read = name_of(address), scope["method"] in ("GET", "HEAD")
        if scope["path"] not in FREE:
            pause_ms = standing.pause_ms(self._standings.level(peer))
            if pause_ms:
                await asyncio.sleep(pause_ms / 1_000)
            await self._turns.wait(peer)
            seconds = self._peers.take(address, peers.READ_COST if is_read else peers.WRITE_COST)
            if seconds:
                await asyncio.sleep(min(seconds, HELD_S))
                await problems.response(problems.too_many(seconds))(scope, receive, send)
                return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._standings.add(peer, _cost(scope["path"], message["status"], is_read=is_read))
            elif is_read and not scope["path"].startswith(FILES):
                self._standings.add(peer, len(message.get("body", b"")) // standing.ANSWER_BYTES)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:  # in the middle of a body: no bug, and nobody is there to be answered
            self._standings.add(peer, standing.REFUSED)
        except Exception as error:
            logs.failed(error)
            if not has_begun:
                await problems.response(_BUG)(scope, receive, send)


def _cost(path: str, status: int, *, is_read: bool) -> int:
    """What an answer of this status has cost the service without use."""
    if 400 <= status < 500 and status not in _NOT_REFUSED:
        return standing.REFUSED
    if is_read or path in COUNTED:
        return 0
    return standing.LISTED if path.startswith(BOARD) else standing.TAKEN
