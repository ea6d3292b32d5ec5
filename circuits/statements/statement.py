"""The parts of a statement, and the layout and the JSON of its inputs.

A statement is a claim about public inputs, proved by knowing private ones.  Its file has five parts: `Public`,
`Private`, `relation` (the claim in plain Python), `constrain` (the same claim as constraints), and in its test a table
of lies that both must refuse.

Public and Private are frozen dataclasses over integers or over signals.  Each field is another dataclass or numbers;
its metadata names the numbers' kind, which is a range, and their shape, the lengths of the tuples around them.  The
order of the fields is the order of the inputs.

In JSON a dataclass is an object, a shape is nested arrays, and every number is a decimal string.
"""

from collections.abc import Callable
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import Any, NamedTuple, get_origin

from circuits import records
from circuits.frontend.builder import Builder
from zk.fields.prime import R
from zk.formats import dataclassjson, strictjson
from zk.formats.dataclassjson import Codec

SCALAR_BITS = 251  # the order l of Baby Jubjub's subgroup lies between 2^250 and 2^251
POSITION_BITS = 2 * records.DEPTH
MAX_JSON_BYTES = 1 << 20


class Kind(NamedTuple):
    """A range of integers, low <= v < end, and its name for people."""

    low: int
    end: int
    description: str


KINDS = {
    "field": Kind(0, R, "a field element"),
    "i64": Kind(-(1 << 63), 1 << 63, "a signed 64-bit integer"),
    "u32": Kind(0, 1 << 32, "an unsigned 32-bit integer"),
    "u64": Kind(0, 1 << 64, "an unsigned 64-bit integer"),
    "u63": Kind(0, 1 << 63, "an unsigned 63-bit integer"),
    "bps": Kind(0, records.BPS + 1, f"a number of basis points, 0 to {records.BPS}"),
    "scenario": Kind(0, records.SCENARIOS, f"a scenario, 0 to {records.SCENARIOS - 1}"),
    "bit": Kind(0, 2, "0 or 1"),
    "position": Kind(0, 1 << POSITION_BITS, f"an unsigned {POSITION_BITS}-bit integer"),
    "scalar": Kind(0, 1 << SCALAR_BITS, f"an unsigned {SCALAR_BITS}-bit integer"),
}


@dataclass(frozen=True)
class Statement:
    """A claim, stated twice.

    `relation(public, private)` returns None, or a phrase for what is false; it accepts any integers.  Whoever has
    loaded the kernels gives it a faster hash, as a third argument (zk/hashes/quick.py).
    `constrain(b, public, private)` takes the same two dataclasses, filled with signals.  Each phrase of `relation` is
    the name of a scope in `constrain`, and both check in the same order.
    """

    name: str
    claim: str
    Public: type
    Private: type
    relation: Callable[..., str | None]
    constrain: Callable[[Builder, Any, Any], None]

    @property
    def num_public(self) -> int:
        """The number of public inputs."""
        return len(leaves(_blank(self.Public)))

    @property
    def public_fields(self) -> tuple[str, ...]:
        """The fields of the public inputs with their shapes: ("commitment", "grid[32][16]")."""
        return tuple(f.name + "".join(f"[{length}]" for length in _shape(f)) for f in fields(self.Public))

    def blank(self) -> tuple[Any, Any]:
        """(public, private) with a zero in every place: the shape of the inputs."""
        return _blank(self.Public), _blank(self.Private)


def of_kind(kind: str, *shape: int) -> dict[str, Any]:
    """The metadata of a dataclass field of numbers of a kind, in nested tuples of these lengths."""
    assert kind in KINDS
    return {"kind": kind, "shape": shape}


def is_kind(number: int, kind: str) -> bool:
    """Whether a number is in the range of a kind."""
    return KINDS[kind].low <= number < KINDS[kind].end


def leaves(instance: Any) -> list[tuple[str, int]]:
    """(path, number) for every number inside, in the order of inputs: ("old.balances[3]", -5)."""
    numbers: list[tuple[str, int]] = []

    def walk(inside: Any, path: str) -> None:
        if is_dataclass(inside):
            for f in fields(inside):
                walk(getattr(inside, f.name), f"{path}.{f.name}" if path else f.name)
        elif isinstance(inside, tuple):
            for i, element in enumerate(inside):
                walk(element, f"{path}[{i}]")
        else:
            numbers.append((path, inside))

    walk(instance, "")
    return numbers


def inputs(instance: Any, modulus: int = R) -> list[int]:
    """Every number inside as a field element, in the order of inputs; -5 becomes the modulus minus 5."""
    numbers: list[int] = []

    def collect(inside: Any) -> None:
        if isinstance(inside, int):
            numbers.append(inside % modulus)
        else:
            for part in inside if isinstance(inside, tuple) else [getattr(inside, f.name) for f in fields(inside)]:
                collect(part)

    collect(instance)
    return numbers


def to_json(instance: Any) -> Any:
    """Objects, arrays and decimal strings for `json.dumps`."""
    return _codec(type(instance)).write(instance)


def from_json(kind: type, document: Any, what: str) -> Any:
    """An instance of a dataclass from the object that `to_json` makes.

    Raises FormatError, naming the place, for an unknown or missing field, an array of the wrong length, anything but a
    canonical decimal string, or a number out of range.
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
        f.name: _codec(part) if (part := _part(f)) else _numbers(KINDS[f.metadata["kind"]], _shape(f))
        for f in fields(kind)
    }
    return dataclassjson.record(kind, codecs)


def _numbers(kind: Kind, shape: tuple[int, ...]) -> Codec:
    if not shape:
        return dataclassjson.decimal(*kind)
    return dataclassjson.array(_numbers(kind, shape[1:]), shape[0], shape[0])


def _part(f: Field) -> type | None:
    """The dataclass of a field's value, or None when its value is numbers."""
    kind = get_origin(f.type) or f.type
    return kind if isinstance(kind, type) and is_dataclass(kind) else None


def _shape(f: Field) -> tuple[int, ...]:
    return f.metadata.get("shape", ())


def _blank(kind: type) -> Any:
    def zeros(shape: tuple[int, ...]) -> Any:
        return tuple(zeros(shape[1:]) for _ in range(shape[0])) if shape else 0

    return kind(**{f.name: _blank(part) if (part := _part(f)) else zeros(_shape(f)) for f in fields(kind)})
