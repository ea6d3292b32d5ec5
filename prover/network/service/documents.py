"""Pieces of the OpenAPI document, and the reading of what stands in a path."""

import re
from typing import Any

from prover.network.service import bodies, problems
from prover.network.service.problems import malformed

_HEX = re.compile(r"[0-9a-f]*", re.ASCII)
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "name"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string"}, "name": {"type": "string"}, "rejection": {"type": "integer"},
        "remedy": {"type": "string"},
    },
}  # fmt: skip
_TITLES = {
    400: "Malformed", 404: "Not here", 408: "Too slow", 409: "Refused: the ledger has moved on", 413: "Too large",
    415: "Another media type", 421: "Another service settles", 422: "Refused", 429: "Too many requests from this peer",
    503: "Busy: nothing was done",
    504: "Not known yet",
}  # fmt: skip


def body(name: str, document: str | None = None) -> dict[str, Any]:
    """The request body of a route that takes bytes, or the same as hexadecimal digits in a field of this name.

    With `document`, which describes it, the field may have a JSON object in place of the digits.
    """
    digits: dict[str, Any] = {"type": "string", "pattern": "^([0-9a-fA-F]{2})*$"}
    value = digits if document is None else {"oneOf": [digits, {"type": "object", "description": document}]}
    fields = {"type": "object", "required": [name], "properties": {name: value}, "additionalProperties": False}
    content = {bodies.BYTES: {"schema": {"type": "string", "format": "binary"}}, bodies.JSON: {"schema": fields}}
    return {"requestBody": {"required": True, "content": content}}


def shown(description: str, fields: dict[str, str]) -> dict[str, Any]:
    """An answer that is a JSON object with these fields, by name and type."""
    properties = {name: {"type": kind} for name, kind in fields.items()}
    schema = {"type": "object", "required": list(fields), "properties": properties}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def bytes_of(description: str, media: str = bodies.BYTES) -> dict[str, Any]:
    """An answer of another media type."""
    schema = {"type": "string", "format": "binary"} if media == bodies.BYTES else {"type": "string"}
    return {"description": description, "content": {media: {"schema": schema}}}


def problem_of(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers of these statuses, which are problems (RFC 9457)."""
    content = {problems.MEDIA_TYPE: {"schema": _PROBLEM}}
    return {status: {"description": _TITLES[status], "content": content} for status in statuses}


def hexadecimal(text: str, length: int, what: str) -> bytes:
    """The bytes of a path's part.  Raises Problem unless it has `length` of them in lower-case digits."""
    if len(text) != 2 * length or not _HEX.fullmatch(text):
        raise malformed(f"{what} is {2 * length} hexadecimal digits, in lower case")
    return bytes.fromhex(text)


RECEIPT = shown(
    "The receipt: the bundle's place in the log, and a proof of it with a signed checkpoint (c2sp.org/tlog-proof).",
    {"bundle": "string", "height": "integer", "positions": "array", "proof": "string"},
)
