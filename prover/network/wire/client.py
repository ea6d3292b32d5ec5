"""Requests to a ledger's service, for whoever uses a ledger that is elsewhere.

Nothing that the service answers is believed here: receipts, tiles and checkpoints are verified by those who ask.  An
answer is read within limits, and its refusals become the exceptions that a ledger on this machine raises.

The board is asked for again and again, and is large: it comes again only when it has changed (RFC 9110, section
13.1.2).  So who looks every second costs the service nothing, and is not made to wait.

A request that the service has no room for is sent again for as long as PATIENCE_S, and one whose connection broke up to
TRIES times.  That is safe: the service does nothing twice, and what is posted again is answered as the first time.
"""

import time
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

import httpx

from prover.network.wire import work
from prover.network.wire.refusals import NotFound, Refused
from settlement.errors import OutcomeUnknown, Unavailable
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError
from zk.formats import strictjson

MAX_ANSWER_BYTES = 16 << 20
MAX_PROBLEM_BYTES = 64 << 10
MAX_URL_CHARACTERS = 200
TIMEOUT_S = 60  # longer than the service takes to say that it does not know
PATIENCE_S = 20
MAX_PAUSE_S = 5
TRIES = 4  # a service that nobody can connect to is tried half as often
FIRST_PAUSE_S = 0.1  # after a broken connection; then twice as long each time

__all__ = ["Client", "NotFound", "Refused", "check_url"]

KEPT = ("/orders", "/withdrawals")
"""Of these a client that `keeps` keeps the last answer, and asks with If-None-Match whether there is another.

That tells the service that this is who had the last answer, even where the connection does not: so only a process that
runs on keeps, and no command, which asks as everybody does.
"""

_BYTES = {"Content-Type": "application/octet-stream"}
_MAX_DETAIL, _MAX_ETAG = 1_000, 128


class _Unreached(Unavailable):
    """Nobody took the connection."""


class Client:
    """A service at a URL such as "https://ledger.example:7464".  Use it in a `with` block.  Belongs to one thread.

    Raises FormatError for a URL that is none, or that has more than a host, a port and a path in it.
    """

    def __init__(
        self, url: str, transport: httpx.BaseTransport | None = None, pause: Callable[[float], None] = time.sleep,
        *, keeps: bool = False,
    ):  # fmt: skip
        self.url = check_url(url)
        self._pause = pause
        self._keeps, self._kept = keeps, dict[str, tuple[str, bytes]]()
        self._http = httpx.Client(transport=transport, timeout=TIMEOUT_S, headers={"Accept-Encoding": "identity"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def get(self, path: str) -> bytes:
        """What the service has at a path such as "/checkpoint".

        Raises NotFound, Refused for another refusal, and errors.Unavailable when it does not answer.
        """
        return self._asked("GET", path, None)

    def post(self, path: str, body: bytes) -> bytes:
        """The service's answer to what is sent to a path, such as "/bundles".

        Raises Rejected as the ledger does, Refused for a refusal that no ledger has, errors.Unavailable when nothing
        has happened, and errors.OutcomeUnknown when it may have, in any of the tries: the same request again is then
        safe, and finds out.
        """
        return self._asked("POST", path, body)

    def _asked(self, method: str, path: str, body: bytes | None) -> bytes:
        until_s, shown = time.monotonic() + PATIENCE_S, ""
        broken, unknown = 0, None
        while True:
            try:
                status, answer, headers = self._sent(method, path, body, shown)
            except Unavailable as error:
                unknown = error if isinstance(error, OutcomeUnknown) else unknown
                broken += 2 if isinstance(error, _Unreached) else 1
                if broken >= TRIES or time.monotonic() > until_s:
                    raise unknown or Unavailable(str(error)) from None
                self._pause(FIRST_PAUSE_S * 2 ** (broken - 1))
                continue
            if status == 200:
                etag = headers.get("ETag", "")
                if self._keeps and path in KEPT and body is None and len(etag) <= _MAX_ETAG:
                    self._kept[path] = etag, answer
                return answer
            if status == 304 and path in self._kept:
                return self._kept[path][1]
            pause_s = _pause_s(headers.get("Retry-After", ""))
            if status not in (429, 503) or time.monotonic() + pause_s > until_s:
                refused = _error(self.url, status, answer, is_read=body is None)
                raise unknown if unknown is not None and type(refused) is Unavailable else refused
            bits = headers.get(work.HEADER, "")
            if body is not None and bits.isascii() and bits.isdecimal() and len(bits) < 4:
                shown = work.find(body, int(bits))
            else:
                self._pause(pause_s)

    def _sent(self, method: str, path: str, body: bytes | None, shown: str) -> tuple[int, bytes, httpx.Headers]:
        """Status, body and headers of an answer; `shown` is the work that was done for the request, if any."""
        headers = {} if body is None else _BYTES | ({work.HEADER: shown} if shown else {})
        if body is None and path in self._kept:
            headers = {"If-None-Match": self._kept[path][0]}
        try:
            with self._http.stream(method, self.url + path, content=body, headers=headers) as response:
                limit = MAX_ANSWER_BYTES if response.status_code == 200 else MAX_PROBLEM_BYTES
                if response.headers.get("Content-Encoding", "identity") != "identity":
                    raise Refused(f"the service at {self.url} compresses its answers, which nobody asked it to")
                answer = bytearray()
                for chunk in response.iter_bytes():
                    answer += chunk
                    if len(answer) > limit:
                        raise Refused(f"the service at {self.url} answers with more than {limit} bytes")
                return response.status_code, bytes(answer), response.headers
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _Unreached(f"the service at {self.url} cannot be reached: {_reason(error)}") from None
        except httpx.HTTPError as error:
            kind = Unavailable if body is None else OutcomeUnknown
            raise kind(f"the service at {self.url} did not answer: {_reason(error)}") from None


def check_url(url: str) -> str:
    """The URL without a slash at its end.  Raises FormatError when it is none that a service can have."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = None, None
    is_printable = url.isascii() and url.isprintable() and " " not in url and len(url) <= MAX_URL_CHARACTERS
    if parts is None or not is_printable or parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise FormatError(f"{url!r:.80} is not the URL of a service, such as http://127.0.0.1:7464")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise FormatError("the URL of a service has neither a user, a password, a query nor a fragment")
    return url.rstrip("/")


def _error(url: str, status: int, answer: bytes, *, is_read: bool) -> Exception:
    """The exception that stands for a refusal."""
    try:
        document = strictjson.loads(answer, "the answer", MAX_PROBLEM_BYTES)
    except FormatError:
        document = None
    problem = document if isinstance(document, dict) else {}
    detail = _text(problem.get("detail"))
    number, name = problem.get("rejection"), problem.get("name")
    if isinstance(name, str) and name in Rejection.__members__ and Rejection[name].value == number:
        return Rejected(Rejection[name], detail)
    said = f"the service at {url} answers with status {status}" + (f": {detail}" if detail else "")
    if status in (429, 503):
        return Unavailable(said)
    if status >= 500:
        return Unavailable(said) if is_read else OutcomeUnknown(said)
    return NotFound(said) if status == 404 else Refused(said)


def _text(value: object) -> str:
    """A text that somebody else wrote, in printable characters and not too many."""
    return ascii(value)[1:-1][:_MAX_DETAIL] if isinstance(value, str) else ""


def _pause_s(text: str) -> float:
    return min(int(text), MAX_PAUSE_S) if text.isascii() and text.isdecimal() and len(text) < 9 else 1


def _reason(error: Exception) -> str:
    """Why, in words: an error's number says nothing to most people."""
    return _text(str(error).rpartition("] ")[2]) or type(error).__name__
