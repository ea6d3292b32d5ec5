"""What every request passes first: its peer's bucket.  And what every answer passes last: a bug is told as one."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prover.network.service import logs, peers, problems
from prover.network.service.peers import Peers
from prover.network.service.problems import Problem

FREE = ("/healthz", "/readyz", "/metrics")
_BUG = Problem(500, "INTERNAL", "The service has a bug.", "what was asked may have been done: ask for it by its id")


class Gate:
    """ASGI middleware around the routes."""

    def __init__(self, app: ASGIApp, buckets: Peers):
        self._app, self._peers = app, buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        cost = peers.READ_COST if scope["method"] in ("GET", "HEAD") else peers.WRITE_COST
        seconds = 0 if scope["path"] in FREE else self._peers.take(client[0] if client else None, cost)
        if seconds:
            problem = Problem(
                429, "TOO_MANY", "Too many requests from your address.", f"ask again in {seconds} s",
                headers={"Retry-After": str(seconds)},
            )  # fmt: skip
            await problems.response(problem)(scope, receive, send)
            return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            logs.failed(error)
            if not has_begun:
                await problems.response(_BUG)(scope, receive, send)
