"""Reads the body of a request within limits: its size before and while it is read, its time, its encoding.

A body is never decompressed, so a few bytes never become many.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from prover.network.service.problems import Problem, malformed
from zk.errors import FormatError
from zk.formats import strictjson

BYTES, JSON = "application/octet-stream", "application/json"
READ_S = 10  # for the whole body, however it trickles in
_JSON_ROOM = 1 << 10  # around the hexadecimal digits
_MAX_VALUES = 8  # so that what is nested a hundred thousand levels deep is refused by counting its brackets


@dataclass(frozen=True)
class Document:
    """What a JSON object may have in place of the hexadecimal digits; `read` returns the bytes that it stands for.

    Bytes of that kind have at most `max_values` values in JSON, and at most `room` characters for each byte.
    """

    read: Callable[[object], bytes]
    max_values: int
    room: int


async def read(request: Request, limit: int, name: str, document: Document | None = None) -> bytes:
    """The bytes that a request carries: its body, or what the one field `name` of a JSON object has of them.

    That is their hexadecimal digits, or else the document, if there is one of their kind.  Raises Problem when there
    are more than `limit` bytes, when they do not arrive in time, or for another media type.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == BYTES:
        return await _raw(request, limit)
    if media != JSON:
        raise Problem(
            415, "MEDIA_TYPE", "The body has another media type than this takes.", f"send {BYTES} or {JSON}",
            headers={"Accept": f"{BYTES}, {JSON}"},
        )  # fmt: skip
    room, max_values = (2, 0) if document is None else (document.room, document.max_values)
    data = await _raw(request, room * limit + _JSON_ROOM)
    try:
        decoded = _decoded(data, name, _MAX_VALUES + max_values, document)
    except FormatError as error:
        raise malformed(str(error)) from None
    if len(decoded) > limit:
        raise _too_large(limit)
    return decoded


def _decoded(data: bytes, name: str, max_values: int, document: Document | None) -> bytes:
    """The bytes that a JSON object stands for.  Raises FormatError."""
    whole = strictjson.has_keys(strictjson.loads(data, "the body", len(data), max_values), {name}, "the body")
    value = whole[name]
    if document is not None and isinstance(value, dict):
        return document.read(value)
    if not isinstance(value, str):
        raise FormatError(f"the body's {name} is not a string")
    try:
        if value.isascii() and (value.isalnum() or not value):
            return bytes.fromhex(value)
    except ValueError:
        pass
    raise FormatError(f"the body's {name} is not an even number of hexadecimal digits")


async def _raw(request: Request, limit: int) -> bytes:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Problem(
            415, "CONTENT_ENCODING", "The body is compressed.", "send it as it is",
            headers={"Accept-Encoding": "identity"},
        )  # fmt: skip
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdecimal() or len(declared) > 19 or int(declared) > limit:
        raise _too_large(limit)
    data = bytearray()
    try:
        async with asyncio.timeout(READ_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise Problem(408, "TIMEOUT", "The body did not arrive in time.", f"it has {READ_S} seconds") from None
    return bytes(data)


def _too_large(limit: int) -> Problem:
    # The rest of the body is not read, so the connection cannot be used again.
    return Problem(
        413, "BODY_TOO_LARGE", "The body is too large.", f"at most {limit} bytes", headers={"Connection": "close"}
    )
