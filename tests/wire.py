"""A proxy before a PostgreSQL server that cuts a connection at a chosen message of either side.

Messages are those of the protocol: a type, four bytes of length, and the rest; a session's first one has no type
(www.postgresql.org/docs/18/protocol-message-formats.html).  Only a socket in a folder is listened on and asked.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self

SOCKET = ".s.PGSQL.5432"
_LENGTH_BYTES = 4


class Cut(Enum):
    """What becomes of a message: it is passed on, or the connection ends before it, or after it."""

    NOT = "not"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Message:
    """A message; `kind` is its type, and empty for the first of a session."""

    is_from_client: bool
    kind: str
    content: bytes


Cuts = Callable[[int, Message], Cut]
"""What becomes of the message of this number, from 0, of all that have passed since the proxy was told to cut."""


class Proxy:
    """Sessions with the server whose socket is in one folder, for those who ask in another.  Use it in a `with` block.

    Cuts nothing while `cuts` is None.
    """

    def __init__(self, server: Path, folder: Path):
        self._server, self._folder = server, folder
        self._lock, self._cuts = threading.Lock(), None
        self._count, self.seen = 0, list[Message]()

    def __enter__(self) -> Self:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._folder / SOCKET))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self, cuts: Cuts | None) -> None:
        """From now on, numbers messages from 0 and asks `cuts` about each; with None, passes everything on."""
        with self._lock:
            self._cuts, self._count, self.seen = cuts, 0, []

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                try:
                    server.connect(str(self._server / SOCKET))
                except OSError:
                    client.close()
                    continue
                for own, other, is_from_client in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass_on, args=(own, other, is_from_client), daemon=True).start()

    def _pass_on(self, own: socket.socket, other: socket.socket, is_from_client: bool) -> None:
        with suppress(OSError), own.makefile("rb") as incoming:
            is_first = is_from_client
            while (message := _read(incoming, is_from_client, is_first)) is not None:
                kind = self._judged(message)
                if kind is not Cut.BEFORE:
                    other.sendall(message.content)
                if kind is not Cut.NOT:
                    break
                is_first = False
        for end in (own, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        own.close()

    def _judged(self, message: Message) -> Cut:
        with self._lock:
            if self._cuts is None:
                return Cut.NOT
            self.seen.append(message)
            self._count += 1
            return self._cuts(self._count - 1, message)


def _read(incoming, is_from_client: bool, is_first: bool) -> Message | None:
    """The next message, or None at the end."""
    kind = b"" if is_first else incoming.read(1)
    length = incoming.read(_LENGTH_BYTES)
    if len(length) < _LENGTH_BYTES:
        return None
    rest = incoming.read(int.from_bytes(length, "big") - _LENGTH_BYTES)
    return Message(is_from_client, kind.decode("latin-1"), kind + length + rest)
