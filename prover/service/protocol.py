"""Messages: a JSON object and some byte strings, encoded in a stream.

    4 bytes big-endian: length of the head · the head {"parts": [length, …], …} · the parts, one after the other

Client and server use the same encoding as server and worker.  A connection between client and server carries one
request and its answer.
"""

import json
import socket
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from zk.errors import FormatError
from zk.formats import strictjson

if TYPE_CHECKING:
    import asyncio  # slow to import, and clients do not need it

MAX_HEAD_BYTES = 64 << 10
MAX_PARTS = 8  # of requests that are proved together, one of each
MAX_REQUEST_BYTES = 1 << 20  # the limit of `statement.read`
MAX_TOGETHER_BYTES = MAX_PARTS * MAX_REQUEST_BYTES
MAX_ANSWER_BYTES = 16 << 20  # the limit of `snarkjs.decode_public`
DEFAULT_DEADLINE_MS = 60_000
MAX_DEADLINE_MS = 3_600_000

_LENGTH_BYTES = 4


class Failed(Exception):
    """The service did not fulfil a request.  The message is a sentence for the user."""


class Kind(Enum):
    """The kinds of requests."""

    STATEMENT = "statement"  # prove a statement: its name in "statement", its inputs as JSON in the one part
    CIRCOM = "circom"  # prove a circom circuit: "key" and "witness", absolute paths
    STATUS = "status"
    STOP = "stop"


class Outcome(Enum):
    """The outcome in an answer; each one except DONE and READY comes with a sentence."""

    DONE = "done"
    READY = "ready"  # a worker has loaded everything; only the server sees this
    UNSATISFIED = "unsatisfied"
    MALFORMED = "malformed"
    INVALID = "invalid"
    REFUSED = "refused"  # by the operating system: no such file, no space
    OVERDUE = "overdue"
    POISON = "poison"  # the request crashed two workers
    FULL = "full"
    OTHER_BUILD = "other build"
    STOPPING = "stopping"
    BROKEN = "broken"  # a bug


@dataclass(frozen=True)
class Message:
    """The fields of the head, except `parts`, and the parts themselves, which may be secret and are not in the repr."""

    fields: dict[str, Any]
    parts: tuple[bytes, ...] = field(default=(), repr=False)


def answer(outcome: Outcome, sentence: str = "", *parts: bytes, **fields: Any) -> Message:
    """An answer."""
    return Message({"outcome": outcome.value, "sentence": sentence, **fields}, parts)


def outcome(message: Message) -> Outcome:
    """The outcome in an answer.  Raises FormatError when there is none."""
    try:
        return Outcome(message.fields["outcome"])
    except (KeyError, ValueError):
        raise FormatError("the answer has no known outcome") from None


def join(answers: Sequence[Message]) -> Message:
    """One answer that has several, each with at most one part."""
    heads = [{"fields": one.fields, "has_part": bool(one.parts)} for one in answers]
    return answer(Outcome.DONE, "", *(part for one in answers for part in one.parts), answers=heads)


def split(message: Message, count: int) -> list[Message]:
    """The answers that `join` has put together.  Raises FormatError when they are not so many."""
    heads, parts = message.fields.get("answers"), iter(message.parts)
    if not isinstance(heads, list) or len(heads) != count:
        raise FormatError(f"the answer is not {count} answers")
    return [Message(head["fields"], (next(parts),) if head["has_part"] else ()) for head in heads]


def encode(message: Message) -> bytes:
    """The bytes of a message."""
    head = json.dumps(message.fields | {"parts": [len(part) for part in message.parts]}).encode()
    return b"".join((len(head).to_bytes(_LENGTH_BYTES, "big"), head, *message.parts))


def receive(channel: socket.socket, limit: int) -> Message:
    """Reads the next message, with at most `limit` bytes in its parts.

    Raises FormatError when it is malformed, and EOFError when the stream ends first.
    """
    steps = _decode(limit)
    wanted = next(steps)
    while True:
        try:
            wanted = steps.send(_exactly(channel, wanted))
        except StopIteration as end:
            return end.value


async def read(reader: "asyncio.StreamReader", limit: int) -> Message:
    """Does what `receive` does, in an event loop.  Raises the same; asyncio's IncompleteReadError is an EOFError."""
    steps = _decode(limit)
    wanted = next(steps)
    while True:
        try:
            wanted = steps.send(await reader.readexactly(wanted))
        except StopIteration as end:
            return end.value


def _decode(limit: int) -> Generator[int, bytes, Message]:
    """Yields the number of bytes that it needs next, is sent them, and returns the message."""
    what = "the message's head"
    length = int.from_bytes((yield _LENGTH_BYTES), "big")
    if length > MAX_HEAD_BYTES:
        raise FormatError(f"{what} has {length} bytes; the limit is {MAX_HEAD_BYTES}")
    fields = strictjson.loads((yield length), what, MAX_HEAD_BYTES)
    if not isinstance(fields, dict):
        raise FormatError(f"{what} is not an object")
    lengths = fields.pop("parts", None)
    if not isinstance(lengths, list) or len(lengths) > MAX_PARTS:
        raise FormatError(f"{what} must list the lengths of at most {MAX_PARTS} parts")
    if not all(type(size) is int and size >= 0 for size in lengths) or sum(lengths) > limit:
        raise FormatError(f"the message's parts must have at most {limit} bytes")
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
