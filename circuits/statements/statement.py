"""What every statement has, and how its inputs are read, written and laid out.

A statement is a claim about public inputs that somebody proves by knowing private ones.  Its file has five parts:
`Public`, `Private`, `relation` (the claim in plain Python), `constrain` (the same claim as constraints), and a table of
lies in its test, told to both.

Public and Private are frozen dataclasses.  A field is another dataclass, or a value whose metadata names its kind, a
range, and its shape, the lengths of the tuples around it.  The order of fields is the order of inputs.

In JSON a dataclass is an object, a shape nested arrays, and every number a decimal string.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from circuits import records
from circuits.frontend.builder import Builder
from zk.errors import FormatError
from zk.fields.prime import R
from zk.formats import strictjson

SCALAR_BITS = 251  # the order l of Baby Jubjub's subgroup lies between 2^250 and 2^251
POSITION_BITS = 2 * records.DEPTH

KINDS: dict[str, tuple[int, int]] = {  # the values v of a kind: low <= v < high
    "field": (0, R),
    "i64": (-(1 << 63), 1 << 63),
    "u64": (0, 1 << 64),
    "bit": (0, 2),
    "position": (0, 1 << POSITION_BITS),
    "scalar": (0, 1 << SCALAR_BITS),
}

MAX_JSON_BYTES = 1 << 20
_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,77}")


@dataclass(frozen=True)
class Statement:
    """A claim, twice.

    `relation(public, private)` returns None, or a phrase for what is false; it takes any integers.
    `constrain(b, public, private)` takes the same two dataclasses filled with signals.  Each phrase of `relation` is
    the name of a scope in `constrain`, and both check in the same order.
    """

    name: str
    claim: str
    Public: type
    Private: type
    relation: Callable[[Any, Any], str | None]
    constrain: Callable[[Builder, Any, Any], None]

    def blank(self) -> tuple[Any, Any]:
        """(public, private) with a zero in every place: the shape of the inputs."""
        return _blank(self.Public), _blank(self.Private)


def value(kind: str, *shape: int) -> Any:
    """A dataclass field that holds numbers of a kind, in nested tuples of the given lengths."""
    assert kind in KINDS
    return field(metadata={"kind": kind, "shape": shape})


def is_kind(number: int, kind: str) -> bool:
    """Whether a number is in the range of a kind."""
    low, high = KINDS[kind]
    return low <= number < high


def leaves(instance: Any) -> list[tuple[str, int]]:
    """(path, number) for every number inside, in the order of inputs: ("old.balances[3]", -5)."""
    found: list[tuple[str, int]] = []

    def walk(inside: Any, path: str) -> None:
        if is_dataclass(inside):
            for f in fields(inside):
                walk(getattr(inside, f.name), f"{path}.{f.name}" if path else f.name)
        elif isinstance(inside, tuple):
            for i, element in enumerate(inside):
                walk(element, f"{path}[{i}]")
        else:
            found.append((path, inside))

    walk(instance, "")
    return found


def inputs(instance: Any, modulus: int = R) -> list[int]:
    """Every number inside as a field element, in the order of inputs; -5 is the modulus minus 5."""
    return [number % modulus for _, number in leaves(instance)]


def to_json(instance: Any) -> Any:
    """Objects, arrays and decimal strings for `json.dumps`."""
    if is_dataclass(instance):
        return {f.name: to_json(getattr(instance, f.name)) for f in fields(instance)}
    if isinstance(instance, tuple):
        return [to_json(element) for element in instance]
    return str(instance)


def from_json(kind: type, document: Any, what: str) -> Any:
    """An instance of a dataclass from the object that `to_json` makes.

    Raises FormatError, naming the place, for an unknown or missing field, an array of another length, anything but a
    canonical decimal string, or a number that is out of range.
    """
    if not isinstance(document, dict):
        raise FormatError(f"{what} is not an object")
    known = {f.name: f for f in fields(kind)}
    for name in document:
        if name not in known:
            raise FormatError(f"{what} has an unknown field {name[:40]!r}")
    values = {}
    for name, f in known.items():
        if name not in document:
            raise FormatError(f"{what}.{name} is missing")
        if is_dataclass(f.type):
            values[name] = from_json(f.type, document[name], f"{what}.{name}")
        else:
            shape = f.metadata.get("shape", ())
            values[name] = _numbers(document[name], f.metadata["kind"], shape, f"{what}.{name}")
    return kind(**values)


def read(statement: Statement, data: bytes) -> tuple[Any, Any]:
    """(public, private) from the JSON object {"public": {…}, "private": {…}}.  Raises FormatError as `from_json`."""
    document = strictjson.loads(data, "the input", MAX_JSON_BYTES)
    document = strictjson.has_keys(document, {"public", "private"}, "the input")
    return (
        from_json(statement.Public, document["public"], "public"),
        from_json(statement.Private, document["private"], "private"),
    )


def _numbers(document: Any, kind: str, shape: tuple[int, ...], what: str) -> Any:
    if not shape:
        return _number(document, kind, what)
    if not isinstance(document, list) or len(document) != shape[0]:
        raise FormatError(f"{what} is not an array of {shape[0]} elements")
    return tuple(_numbers(element, kind, shape[1:], f"{what}[{i}]") for i, element in enumerate(document))


def _number(document: Any, kind: str, what: str) -> int:
    if not isinstance(document, str) or not _DECIMAL.fullmatch(document):
        raise FormatError(f"{what} is not a decimal number written as a string")
    number = int(document)
    if not is_kind(number, kind):
        raise FormatError(f"{what} is out of range: it must be a {kind}")
    return number


def _blank(kind: type) -> Any:
    def zeros(shape: tuple[int, ...]) -> Any:
        return tuple(zeros(shape[1:]) for _ in range(shape[0])) if shape else 0

    return kind(
        **{f.name: _blank(f.type) if is_dataclass(f.type) else zeros(f.metadata.get("shape", ())) for f in fields(kind)}
    )
