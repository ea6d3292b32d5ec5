"""Reads JSON from outside more strictly than Python does.

It refuses duplicate keys, NaN and infinities, -0, numbers with a fraction or an exponent, bytes that are not UTF-8, and
excessive nesting: each is a mistake or an attack.
"""

import json
import re

from zk.errors import FormatError

MAX_DEPTH = 32
MAX_DIGITS = 80
MAX_VALUES = 1 << 19

# A string, or the beginning of one that does not end.  The pattern matches at every quote and never backtracks, so no
# text makes it slow or makes it use much memory.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")


def loads(data: bytes, what: str, limit: int, max_values: int = MAX_VALUES) -> object:
    """The JSON value in at most `limit` bytes.  Raises FormatError, naming `what`, when it is malformed or refused."""
    if len(data) > limit:
        raise FormatError(f"{what} has {len(data)} bytes, and {limit} is the limit")
    if sum(map(data.count, (b"[", b"{", b",", b":"))) > max_values or data.count(b'"') > 4 * max_values:
        raise FormatError(f"{what} has more than {max_values} values")
    try:
        text = data.decode("utf-8")
        _check_depth(text, what)
        return json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, what),
            parse_float=lambda number: _refuse(what),
            parse_int=lambda number: _integer(number, what),
            parse_constant=lambda number: _refuse(what),
        )
    except UnicodeDecodeError:
        raise FormatError(f"{what} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise FormatError(f"{what} is not JSON: {error.msg} in line {error.lineno}") from None


def has_keys(value: object, required: set[str], what: str, optional: frozenset[str] = frozenset()) -> dict[str, object]:
    """`value`, which must be an object.  Raises FormatError when it is not, or a key is missing or unknown."""
    if not isinstance(value, dict):
        raise FormatError(f"{what} is not an object")
    if missing := sorted(required - set(value)):
        raise FormatError(f"{what} has no {missing[0]}")
    if unknown := sorted(set(value) - required - optional):
        raise FormatError(f"{what} has the unknown key {unknown[0][:40]!r}")
    return value


def has_length(value: object, length: int, what: str) -> list:
    """`value`, which must be a list.  Raises FormatError when it is not, or has another length."""
    if not isinstance(value, list):
        raise FormatError(f"{what} is not a list")
    if len(value) != length:
        raise FormatError(f"{what} has {len(value)} entries instead of {length}")
    return value


def _object(pairs: list[tuple[str, object]], what: str) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in pairs:
        if key in result:
            raise FormatError(f"{what} has the key {key[:40]!r} twice")
        result[key] = value
    return result


def _refuse(what: str) -> object:
    raise FormatError(f"{what} has a number with a fraction or an exponent; only integers are allowed")


def _integer(number: str, what: str) -> int:
    if number == "-0":
        raise FormatError(f"{what} has the number -0")
    if len(number) > MAX_DIGITS:
        raise FormatError(f"{what} has a number of {len(number)} digits, and {MAX_DIGITS} is the limit")
    return int(number)


def _check_depth(text: str, what: str) -> None:
    """Raises FormatError when brackets outside strings nest deeper than the limit.

    Python's reader stops at the recursion limit.  A library may have raised that so far that the stack overflows first.
    """
    depth = 0
    for character in _NO_BRACKETS.sub("", _STRING.sub("", text)):
        depth += (character in "[{") - (character in "]}")
        if depth > MAX_DEPTH:
            raise FormatError(f"{what} nests deeper than {MAX_DEPTH}")
