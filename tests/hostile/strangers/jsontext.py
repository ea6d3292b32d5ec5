"""JSON as fields, and changes to it: most leave it JSON, and then a value is another or stands elsewhere."""

import json
import random
from typing import Any

from tests.hostile.strangers import fields
from tests.hostile.strangers.fields import Parts

VALUES = (
    0, -0.0, 1, -1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 64, 255, 1.0, 1.5, 1e400, 2**31, 2**32 - 1, 2**53, 2**63 - 1, 2**63,
    2**64 - 1, 2**64, 10**79, 10**81, -(2**63), -(2**63) - 1, True, False, None, "", "0", "-1", "00", "1e3", "٣", " ",
    "\0", "\ud800", "x" * 70, "A" * 5000, "é", "e\u0301", [], {}, [0], [[]], {"": 0}, [None] * 40, float("nan"),
    "21888242871839275222246405745257275088548364400416034343698204186575808495617",
)  # fmt: skip
TEXTS = (b"", b"-0", b"1e5", b"01", b'"', b"'", b"nul", b"\xff", b"\xef\xbb\xbf", b"/**/1", b"[" * 40, b"[" * 100_000,
         b'{"a":' * 100_000, b"9" * 5000, b'"\\u0000"', b'"\\ud83d"', b"1,", b'1,"a":2')  # fmt: skip


def parts(value: Any, path: str = "") -> Parts:
    """The tokens of a value; the label of a leaf is its path."""
    if isinstance(value, dict):
        found: Parts = [(f"{path}{{", b"{")]
        for place, (key, item) in enumerate(value.items()):
            comma = b"," if place else b""
            found.append((f"{path}.{key}:", comma + json.dumps(key).encode() + b":"))
            found += parts(item, f"{path}.{key}")
        return [*found, (f"{path}}}", b"}")]
    if isinstance(value, list):
        found = [(f"{path}[", b"[")]
        for place, item in enumerate(value):
            found += [(f"{path}[{place},", b",")] if place else []
            found += parts(item, f"{path}[{place}]")
        return [*found, (f"{path}]", b"]")]
    return [(path, json.dumps(value).encode())]


def changed(chance: random.Random, tokens: Parts, good: Parts) -> Parts:
    """The tokens with some changes."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        tokens = _one(chance, tokens, good)
    return tokens


def _one(chance: random.Random, tokens: Parts, good: Parts) -> Parts:
    leaves = [place for place, (label, _) in enumerate(tokens) if label[-1:] not in ("{", "}", "[", "]", ",", ":")]
    if not leaves or chance.random() < 0.3:
        return fields.changed(chance, tokens, good)
    place, other = chance.choice(leaves), chance.choice(leaves)
    label, data = tokens[place]
    new = chance.choice((
        json.dumps(chance.choice(VALUES)).encode(), chance.choice(TEXTS), tokens[other][1], _near(chance, data),
        _near(chance, data),
    ))  # fmt: skip
    return [*tokens[:place], (label, new), *tokens[place + 1 :]]


def _near(chance: random.Random, data: bytes) -> bytes:
    """A number or text that is nearly as it was."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    if isinstance(value, bool) or value is None:
        return json.dumps(not value).encode()
    if isinstance(value, int):
        return json.dumps(chance.choice((value + 1, value - 1, -value, str(value), value * 2, f"{value}.0"))).encode()
    if isinstance(value, str) and value:
        place = chance.randrange(len(value))
        letter = chance.choice("0aAfFgz9+/= 1")
        texts = value[:place] + letter + value[place + 1 :], value[:place], value + letter, value.upper(), f" {value}"
        return json.dumps(chance.choice(texts)).encode()
    return data
