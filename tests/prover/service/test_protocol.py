"""Messages go both ways unchanged; what is not a message is refused before it is waited for."""

import asyncio
import json
import socket

import pytest

from prover.service import protocol
from prover.service.protocol import Message
from zk.errors import FormatError

LIMIT = 1000


def receive(data):
    """The message in some bytes, as a socket gives it and as an event loop does."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        return protocol.receive(ours, LIMIT)


def read(data):
    async def reading():
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await protocol.read(reader, LIMIT)

    return asyncio.run(reading())


def framed(head: bytes, *parts: bytes) -> bytes:
    return b"".join((len(head).to_bytes(4, "big"), head, *parts))


@pytest.mark.parametrize("take", [receive, read])
@pytest.mark.parametrize("parts", [(), (b"",), (b"one", b"", b"\0three")])
def test_a_message_survives_a_round_trip(take, parts):
    message = Message({"kind": "statement", "deadline_ms": 5}, parts)
    assert take(protocol.encode(message)) == message


@pytest.mark.parametrize("take", [receive, read])
@pytest.mark.parametrize("data, words", [
    ((1 << 30).to_bytes(4, "big"), "the limit is 65536"),
    (framed(b"not json"), "not JSON"),
    (framed(b'{"parts": [], "parts": []}'), "twice"),
    (framed(b'{"parts": [1.0]}'), "fraction"),
    (framed(b"[]"), "not an object"),
    (framed(b"{}"), "must list the lengths"),
    (framed(b'{"parts": 3}'), "must list the lengths"),
    (framed(b'{"parts": [0, 0, 0, 0, 0, 0, 0, 0, 0]}'), "must list the lengths"),
    (framed(b'{"parts": [-1]}'), "must have at most 1000 bytes"),
    (framed(b'{"parts": [true]}'), "must have at most 1000 bytes"),
    (framed(b'{"parts": ["1"]}'), "must have at most 1000 bytes"),
    (framed(b'{"parts": [600, 401]}'), "must have at most 1000 bytes"),
])  # fmt: skip
def test_a_malformed_message_is_refused_before_the_rest_is_read(take, data, words):
    with pytest.raises(FormatError, match=words):
        take(data)


@pytest.mark.parametrize("take", [receive, read])
def test_a_message_of_the_maximum_size_is_accepted(take):
    head = json.dumps({"parts": [600, 400]}).encode()
    assert sum(map(len, take(framed(head, bytes(1000))).parts)) == LIMIT


@pytest.mark.parametrize("take", [receive, read])
@pytest.mark.parametrize("kept", [0, 2, 10, 30])
def test_a_stream_that_ends_within_a_message_raises_eof(take, kept):
    whole = protocol.encode(Message({}, (b"secret" * 5,)))
    with pytest.raises(EOFError):
        take(whole[:kept])


def test_the_repr_of_a_message_hides_its_parts():
    assert "secret" not in repr(Message({}, (b"secret",)))
