"""What the service of a copy passes on to the operator's: what changes the ledger or the board, and the board itself.

So a wallet that asks a validator needs nobody else.  It is passed on rather than redirected because an answer can then
send no wallet anywhere that its user did not name, and the operator does not see whose it is.  Nothing is trusted: the
receipt has the operator's signature, and the wallet checks it and every order as always.

Each request says that it was passed on.  The operator's service counts those of an address apart, so that a validator
that cosigns does not wait for what others sent through it; and none is passed on twice, so that copies of copies make
no circle.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from prover.network.service import peers, problems
from prover.network.service.problems import Problem
from prover.network.service.trust import FALSE
from prover.network.wire import many, work
from settlement.rejection import Rejected
from zk.errors import FormatError
from zk.formats import strictjson

AT_ONCE = 16
ANSWER_S = 35  # longer than the operator's service takes to say that it does not know
CONNECT_S = 5
BOARD_S = 1
"""For how long the board that was read for one is shown to others."""
MAX_ANSWER_BYTES = 16 << 20
_PASSED = ("content-type", "retry-after", work.HEADER.lower())
_UNREACHED = "the operator's service cannot be reached from this copy: nothing was done"


@dataclass
class Elsewhere(Exception):
    """Something for the operator's service at a URL: a path, what was sent there, and the work that was shown."""

    url: str
    path: str
    data: bytes
    shown: str


@dataclass(frozen=True)
class Answer:
    """What the operator's service said."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def num_false(self, path: str) -> int:
        """Of how many proofs sent to this path it says that they were false: several, where many were sent at once."""
        is_many = self.status == 200 and path == many.PATH
        if not is_many and self.status != problems.of(Rejected(FALSE[0], "")).status:
            return 0
        try:
            document = strictjson.loads(self.body, "the problem", many.MAX_ANSWER_BYTES)
        except FormatError:
            return 0
        answers = document.get("answers") if is_many and isinstance(document, dict) else [document]
        names = {each.name for each in FALSE}
        found = answers if isinstance(answers, list) else []
        return sum(isinstance(one, dict) and one.get("name") in names for one in found)


class Forwarding:
    """Asks the operator's service.  Belongs to one event loop."""

    def __init__(self) -> None:
        headers = {peers.FORWARDED: "1", "Accept-Encoding": "identity"}
        timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        limits = httpx.Limits(max_connections=AT_ONCE)
        self._http = httpx.AsyncClient(headers=headers, timeout=timeout, limits=limits)
        self._length = 0
        self.copying, self.copied_s = asyncio.Lock(), 0.0  # of letters: held by who does it, and when that was
        self._boards: dict[str, tuple[float, asyncio.Task[Answer]]] = {}

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def post(self, one: Elsewhere) -> Answer:
        """The answer to something that is sent on.  Raises Problem, which says whether it may have been done."""
        headers = {"Content-Type": "application/octet-stream"} | ({work.HEADER: one.shown} if one.shown else {})
        return await self._asked("POST", one.url + one.path, one.data, headers)

    async def board(self, url: str) -> bytes:
        """What the operator's service at this URL has of the board, a moment ago at most.  Raises Problem."""
        until_s, task = self._boards.get(url, (0.0, None))
        if task is None or time.monotonic() > until_s or task.done() and task.exception() is not None:
            task = asyncio.get_running_loop().create_task(self._asked("GET", url, None, {}))
            self._boards = {known: each for known, each in self._boards.items() if each[0] > time.monotonic()}
            self._boards[url] = time.monotonic() + BOARD_S, task
        answer = await asyncio.shield(task)
        if answer.status != 200:
            raise problems.busy("the operator's service does not show its board now")
        return answer.body

    async def read(self, url: str) -> bytes:
        """What the operator's service has at a URL.  Raises Problem."""
        answer = await self._asked("GET", url, None, {})
        if answer.status != 200:
            raise problems.busy("the operator's service does not show that now")
        return answer.body

    async def _asked(self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]) -> Answer:
        if self._length >= AT_ONCE:
            raise problems.busy(f"{AT_ONCE} requests wait for the operator's service already")
        self._length += 1
        try:
            asked = self._http.stream(method, url, content=data, headers=headers)
            async with asyncio.timeout(ANSWER_S), asked as found:
                body = bytearray()
                async for chunk in found.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        raise problems.busy("the operator's service answers with too much")
                passed = {name: found.headers[name] for name in _PASSED if name in found.headers}
                return Answer(found.status_code, bytes(body), passed)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise problems.busy(_UNREACHED) from None
        except (httpx.HTTPError, TimeoutError):
            if data is None:
                raise problems.busy(_UNREACHED) from None
            raise Problem(
                504, "OUTCOME_UNKNOWN", "The service does not know whether it was done.",
                "the operator's service did not answer: ask for it by its id, or send it again: it is done once",
            ) from None  # fmt: skip
        finally:
            self._length -= 1
