"""One message: a JSON object and some byte strings, in a stream.

    4 bytes big-endian: length of the head · the head {"parts": [length, …], …} · the parts, one after the other

The same form goes between client and server and between server and worker.  A connection between client and server
carries one request and its answer.
"""

import json
import socket
from collections.abc import Generator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from zk.errors import FormatError
from zk.formats import strictjson

if TYPE_CHECKING:
    import asyncio  # a client has no use for it, and it takes long to import

MAX_HEAD_BYTES = 64 << 10
MAX_PARTS = 4
MAX_REQUEST_BYTES = 1 << 20  # what `statement.read` takes
MAX_ANSWER_BYTES = 16 << 20  # what `snarkjs.decode_public` takes
DEFAULT_DEADLINE_MS = 60_000
MAX_DEADLINE_MS = 3_600_000

_LENGTH_BYTES = 4


class Failed(Exception):
    """The service did not do what it was asked.  The message is a sentence for the user."""


class Kind(Enum):
    """What a request asks for."""

    STATEMENT = "statement"  # prove a statement of ours: "statement"; the part is its inputs in JSON
    CIRCOM = "circom"  # prove a circom circuit: "key" and "witness", absolute paths
    STATUS = "status"
    STOP = "stop"


class Outcome(Enum):
    """What an answer says; each but DONE and READY comes with a sentence."""

    DONE = "done"
    READY = "ready"  # a worker has loaded what it needs; no client sees it
    UNSATISFIED = "unsatisfied"
    MALFORMED = "malformed"
    INVALID = "invalid"
    REFUSED = "refused"  # what the machine says: no such file, no room
    OVERDUE = "overdue"
    POISON = "poison"  # it ended two workers
    FULL = "full"
    OTHER_EDITION = "other edition"
    STOPPING = "stopping"
    BROKEN = "broken"  # our own mistake


@dataclass(frozen=True)
class Message:
    """The fields of the head, but for `parts`, and the parts, which may be secret and are not shown."""

    fields: dict[str, Any]
    parts: tuple[bytes, ...] = field(default=(), repr=False)


def answer(outcome: Outcome, sentence: str = "", *parts: bytes, **fields: Any) -> Message:
    """An answer."""
    return Message({"outcome": outcome.value, "sentence": sentence, **fields}, parts)


def outcome(found: Message) -> Outcome:
    """What an answer says.  Raises FormatError when it is no answer."""
    try:
        return Outcome(found.fields["outcome"])
    except (KeyError, ValueError):
        raise FormatError("the answer has no outcome that is known here") from None


def encode(message: Message) -> bytes:
    """The message's bytes."""
    head = json.dumps(message.fields | {"parts": [len(part) for part in message.parts]}).encode()
    return b"".join((len(head).to_bytes(_LENGTH_BYTES, "big"), head, *message.parts))


def receive(channel: socket.socket, limit: int) -> Message:
    """The next message, with at most `limit` bytes in its parts.

    Raises FormatError when it is none, and EOFError when the stream ends first.
    """
    steps = _decode(limit)
    wanted = next(steps)
    while True:
        try:
            wanted = steps.send(_exactly(channel, wanted))
        except StopIteration as end:
            return end.value


async def read(reader: "asyncio.StreamReader", limit: int) -> Message:
    """What `receive` does, in an event loop.  Raises the same; asyncio's IncompleteReadError is an EOFError."""
    steps = _decode(limit)
    wanted = next(steps)
    while True:
        try:
            wanted = steps.send(await reader.readexactly(wanted))
        except StopIteration as end:
            return end.value


def _decode(limit: int) -> Generator[int, bytes, Message]:
    """Yields how many bytes it needs next, is sent them, and returns the message."""
    what = "the message's head"
    length = int.from_bytes((yield _LENGTH_BYTES), "big")
    if length > MAX_HEAD_BYTES:
        raise FormatError(f"{what} has {length} bytes, and {MAX_HEAD_BYTES} is the limit")
    fields = strictjson.loads((yield length), what, MAX_HEAD_BYTES)
    lengths = fields.pop("parts", None) if isinstance(fields, dict) else None
    if not isinstance(lengths, list) or len(lengths) > MAX_PARTS:
        raise FormatError(f"{what} does not say how long its parts are")
    if not all(type(size) is int and size >= 0 for size in lengths) or sum(lengths) > limit:
        raise FormatError(f"the message's parts are not at most {limit} bytes")
    parts = []
    for size in lengths:
        parts.append((yield size))
    return Message(fields, tuple(parts))


def _exactly(channel: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        more = channel.recv(count - len(data))
        if not more:
            raise EOFError("the stream ended within a message")
        data += more
    return bytes(data)
