"""Where guardians listen, and requests to them: HOST:PORT, or a Unix socket beside the file of one on this machine.

    HOME/guardians/NUMBER-INDEX.socket

A guardian answers every request with an object; {"refused": sentence} is one that it did not fulfil.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from prover.guardian import channel
from prover.guardian.channel import Channel, NoAnswer, Unreachable
from settlement.errors import Discrepancy, Unavailable
from settlement.rejection import Rejected
from zk.errors import FormatError, InvalidProof, Unsatisfied

MAX_PATH_BYTES = 103  # the limit of macOS, the lowest of all systems with Unix sockets
MAX_CONNECTIONS = 64
_PAUSE_S = 0.05
REFUSED = "refused"

Address = Path | tuple[str, int]
Answer = Callable[[int, dict[str, Any]], dict[str, Any]]
"""From the member that asks and its request to the answer."""


class Refused(NoAnswer):
    """The other guardian did not fulfil a request.  The message is its sentence."""


def address(text: str, beside: Path) -> Address:
    """The address in a peer's text: HOST:PORT, or nothing for the Unix socket at `beside`.

    Raises FormatError for a port that there is not, and a path that is too long for a socket.
    """
    if text:
        host, _, port = text.rpartition(":")
        if not 0 < int(port) < 1 << 16:
            raise FormatError(f"{text} has no port from 1 to 65535")
        return host, int(port)
    if len(os.fsencode(beside)) > MAX_PATH_BYTES:
        raise FormatError(f"the path {beside} is too long for a socket: use a shorter --home")
    return beside


def listen(at: Address) -> socket.socket:
    """A listening socket.  A Unix socket is private to the user and replaces one that was left behind.

    Raises FormatError when somebody listens there already, or the address is not this machine's.
    """
    try:
        if isinstance(at, tuple):
            return socket.create_server(at)
        if _is_alive(at):
            raise FormatError(f"another process serves the guardian at {at}")
        at.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(os.fspath(at))
        finally:
            os.umask(before)
        listener.listen()
        return listener
    except OSError as error:
        where = ":".join(map(str, at)) if isinstance(at, tuple) else at
        raise FormatError(f"a guardian cannot listen at {where}: {error.strerror or error}") from None


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return False
        return True


class _Slow(Unreachable):
    """The other guardian did not answer in time; asked again at once, it would not either."""


class Server:
    """Answers the requests of known guardians, each connection in a thread, until `close`.

    Whoever connects is a stranger until his first request proves authentic.  When there are too many connections, the
    oldest of a stranger ends, or else the oldest: strangers cannot keep guardians out.
    """

    def __init__(self, listener: socket.socket, own: X25519PrivateKey, known: Mapping[bytes, int], answer: Answer):
        self._listener, self._own, self._known, self._answer = listener, own, dict(known), answer
        self._open: dict[socket.socket, bool] = {}  # whether it has proved to be a guardian's; the oldest first
        self._is_closed = False
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stops listening and ends the connections."""
        with self._lock:
            ending, self._open, self._is_closed = self._open, {}, True
        for connection in (self._listener, *ending):
            _end(connection)

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                time.sleep(_PAUSE_S)  # one connection failed, or there are too many files: others may still come
                continue
            with self._lock:
                strangers = (one for one, is_known in self._open.items() if not is_known)
                is_full = len(self._open) >= MAX_CONNECTIONS
                oldest = next(strangers, next(iter(self._open), None)) if is_full else None
                if oldest is not None:
                    del self._open[oldest]
                if not self._is_closed:
                    self._open[connection] = False
            if oldest is not None:
                _end(oldest)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            opened, member = channel.accept(connection, self._own, self._known)
            request = opened.receive(channel.TIMEOUT_S)
            with self._lock:
                if connection in self._open:
                    self._open[connection] = True
            while request is not None:
                opened.send(self._reply(member, request))
                request = opened.receive()
        except (OSError, FormatError):
            pass  # whoever it is notices that the connection ends, and learns nothing else
        finally:
            with self._lock:
                self._open.pop(connection, None)
            _end(connection)

    def _reply(self, member: int, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._answer(member, request)
        except (FormatError, InvalidProof, Unsatisfied, Rejected, Discrepancy, Unavailable) as error:
            return {REFUSED: str(error)}


def _end(connection: socket.socket) -> None:
    """Closes a socket for every thread and file that still has it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


class Client:
    """Asks one guardian, over one connection that is made when it is needed.  May be used by several threads."""

    def __init__(self, own: X25519PrivateKey, other: bytes, at: Address, name: str):
        self._own, self._other, self._at, self._name = own, other, at, name
        self._channel: Channel | None = None
        self._lock = threading.Lock()

    def ask(self, request: Mapping[str, Any], timeout_s: float = channel.TIMEOUT_S) -> dict[str, Any]:
        """The answer to a request.

        Raises Unreachable when there is none in time, and Refused with the guardian's reason.
        """
        with self._lock:
            was_open = self._channel is not None
            try:
                answer = self._exchange(request, timeout_s)
            except _Slow:
                raise
            except Unreachable:
                if not was_open:
                    raise
                answer = self._exchange(request, timeout_s)  # the connection had ended since it was used
        if REFUSED in answer:
            raise Refused(str(answer[REFUSED])[:1000])
        return answer

    def close(self) -> None:
        """Ends the connection."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _exchange(self, request: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        try:
            if self._channel is None:
                self._channel = self._connect(timeout_s)
            self._channel.send(request)
            answer = self._channel.receive(timeout_s)
        except TimeoutError:
            self.close()
            raise _Slow(f"{self._name} does not answer: timed out") from None
        except (OSError, FormatError) as error:
            self.close()
            raise Unreachable(f"{self._name} does not answer: {getattr(error, 'strerror', None) or error}") from None
        if answer is None:
            self.close()
            raise Unreachable(f"{self._name} does not answer: it closed the connection")
        return answer

    def _connect(self, timeout_s: float) -> Channel:
        if isinstance(self._at, tuple):
            connection = socket.create_connection(self._at, timeout_s)
        else:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(timeout_s)
            connection.connect(os.fspath(self._at))
        try:
            return channel.dial(connection, self._own, self._other)
        except BaseException:
            connection.close()
            raise
