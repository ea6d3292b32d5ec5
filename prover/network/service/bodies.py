"""Reads the body of a request within limits: its size before and while it is read, its time, its encoding.

A body is never decompressed, so a few bytes never become many.
"""

import asyncio

from fastapi import Request

from prover.network.service.problems import Problem, malformed
from zk.errors import FormatError
from zk.formats import strictjson

BYTES, JSON = "application/octet-stream", "application/json"
READ_S = 10  # for the whole body, however it trickles in
_JSON_ROOM = 1 << 10  # around the hexadecimal digits
_MAX_VALUES = 8  # so that what is nested a hundred thousand levels deep is refused by counting its brackets


async def read(request: Request, limit: int, name: str) -> bytes:
    """The bytes that a request carries: its body, or the hexadecimal digits in the one field `name` of a JSON object.

    Raises Problem when there are more than `limit` of them, when they do not arrive in time, or for another media type.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == BYTES:
        return await _raw(request, limit)
    if media != JSON:
        raise Problem(
            415, "MEDIA_TYPE", "The body has another media type than this takes.", f"send {BYTES} or {JSON}",
            headers={"Accept": f"{BYTES}, {JSON}"},
        )  # fmt: skip
    data = await _raw(request, 2 * limit + _JSON_ROOM)
    try:
        document = strictjson.has_keys(strictjson.loads(data, "the body", len(data), _MAX_VALUES), {name}, "the body")
        digits = document[name]
        if not isinstance(digits, str):
            raise FormatError(f"the body's {name} is not a string")
        decoded = bytes.fromhex(digits) if digits.isascii() and (digits.isalnum() or not digits) else None
    except FormatError as error:
        raise malformed(str(error)) from None
    except ValueError:
        decoded = None
    if decoded is None:
        raise malformed(f"the body's {name} is not an even number of hexadecimal digits")
    if len(decoded) > limit:
        raise _too_large(limit)
    return decoded


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
