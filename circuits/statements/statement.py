"""What every statement has, and how its inputs are read, written and laid out.

A statement is a claim about public inputs that somebody proves by knowing private ones.  Its file has five parts:
`Public`, `Private`, `relation` (the claim in plain Python), `constrain` (the same claim as constraints), and a table of
lies in its test, told to both.

Public and Private are frozen dataclasses.  A field is another dataclass, or a value whose metadata names its kind, a
range, and its shape, the lengths of the tuples around it.  The order of fields is the order of inputs.

In JSON a dataclass is an object, a shape nested arrays, and every number a decimal string.
"""

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields, is_dataclass
from typing import Any

from circuits import records
from circuits.frontend.builder import Builder
from zk.fields.prime import R
from zk.formats import dataclassjson, strictjson
from zk.formats.dataclassjson import Codec

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
    return _codec(type(instance)).write(instance)


def from_json(kind: type, document: Any, what: str) -> Any:
    """An instance of a dataclass from the object that `to_json` makes.

    Raises FormatError, naming the place, for an unknown or missing field, an array of another length, anything but a
    canonical decimal string, or a number that is out of range.
    """
    return _codec(kind).read(document, what)


def read(statement: Statement, data: bytes) -> tuple[Any, Any]:
    """(public, private) from the JSON object {"public": {…}, "private": {…}}.  Raises FormatError as `from_json`."""
    document = strictjson.loads(data, "the input", MAX_JSON_BYTES)
    document = strictjson.has_keys(document, {"public", "private"}, "the input")
    return (
        from_json(statement.Public, document["public"], "public"),
        from_json(statement.Private, document["private"], "private"),
    )


def _codec(kind: type) -> Codec:
    """The codec of a dataclass whose numbers have their kinds and shapes in the fields' metadata."""
    codecs = {
        f.name: _codec(part) if (part := _part(f)) else _numbers(f.metadata["kind"], _shape(f)) for f in fields(kind)
    }
    return dataclassjson.record(kind, codecs)


def _numbers(kind: str, shape: tuple[int, ...]) -> Codec:
    if not shape:
        return dataclassjson.decimal(*KINDS[kind], f"a {kind}")
    return dataclassjson.array(_numbers(kind, shape[1:]), shape[0], shape[0])


def _part(f: Field) -> type | None:
    """The dataclass that a field holds, or None when it holds numbers."""
    return f.type if isinstance(f.type, type) and is_dataclass(f.type) else None


def _shape(f: Field) -> tuple[int, ...]:
    return f.metadata.get("shape", ())


def _blank(kind: type) -> Any:
    def zeros(shape: tuple[int, ...]) -> Any:
        return tuple(zeros(shape[1:]) for _ in range(shape[0])) if shape else 0

    return kind(
        **{f.name: _blank(part) if (part := _part(f)) else zeros(_shape(f)) for f in fields(kind)}
    )
