"""Dataclasses as JSON values and back, with every field's type checked.

A codec reads a type from JSON and writes it.  `of` derives it from a type:

    bool, str, int, float   the JSON value of exactly that type: true is no integer, and 1 is no float
    bytes                   lower-case hexadecimal digits
    X | None                null, or X
    Literal["a", 2]         one of these values
    tuple[X, ...]           an array; tuple[X, Y] is an array of two
    dict[str, X]            an object with any keys
    a dataclass             an object with exactly the dataclass's fields as keys, in their order
    NewType("T", X)         X
    Annotated[T, codec]     the codec

Reading raises FormatError, which names the field by its path ("the pool: assets[3].risk.factor is not an integer").
Writing gives values for `json.dumps`.  The bytes are not read here: zk/formats/strictjson.py does that.
"""

import math
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Generic, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from zk.errors import FormatError

T = TypeVar("T")

_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,77}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)


@dataclass(frozen=True)
class Codec(Generic[T]):
    """`read(value, place)` returns the T in a JSON value or raises FormatError, naming the place; `write` undoes it."""

    read: Callable[[Any, str], T]
    write: Callable[[T], Any]


def read(kind: type[T], value: object, what: str) -> T:
    """The instance of `kind` in a JSON value.  Raises FormatError, naming `what` and the path of the wrong field."""
    return of(kind).read(value, what)


def write(instance: Any) -> Any:
    """The JSON value of a dataclass's instance."""
    return of(type(instance)).write(instance)


def of(hint: Any) -> Codec:
    """The codec of a type.  Raises TypeError for a type that has none."""
    return _of(hint)


@cache  # reading the hints of a dataclass takes longer than reading its JSON
def _of(hint: Any) -> Codec:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if isinstance(hint, NewType):
        return of(hint.__supertype__)
    if isinstance(hint, type) and is_dataclass(hint):
        return record(hint)
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return next((part for part in parts[1:] if isinstance(part, Codec)), None) or of(parts[0])
    if origin is Literal:
        return one_of(parts)
    if origin in (Union, types.UnionType) and len(parts) == 2 and type(None) in parts:
        return optional(of(next(part for part in parts if part is not type(None))))
    if origin is tuple:
        return array(of(parts[0])) if parts[1:] == (Ellipsis,) else row(*map(of, parts))
    if origin is dict and parts[0] is str:
        return mapping(of(parts[1]))
    raise TypeError(f"{hint} has no codec")


def integer(low: int, high: int) -> Codec[int]:
    """A JSON number from `low` to `high`."""

    def decode(value: Any, place: str) -> int:
        if type(value) is not int or not low <= value <= high:
            raise FormatError(f"{place} is not an integer from {low} to {high}")
        return value

    return Codec(decode, int)


def decimal(low: int, end: int, name: str = "") -> Codec[int]:
    """A number in [low, end), at most 78 digits, written as a canonical decimal string; `name` is the range's name."""
    allowed = name or f"at least {low} and below {end}"

    def decode(value: Any, place: str) -> int:
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            raise FormatError(f"{place} is not a decimal number written as a string")
        if not low <= int(value) < end:
            raise FormatError(f"{place} is out of range: it must be {allowed}")
        return int(value)

    return Codec(decode, str)


def text(pattern: str, description: str) -> Codec[str]:
    """A string that the pattern matches completely; the error for others says that they are not `description`."""
    compiled = re.compile(pattern, re.ASCII)

    def decode(value: Any, place: str) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise FormatError(f"{place} is not {description}")
        return value

    return Codec(decode, str)


def hexadecimal(length: int | None = None) -> Codec[bytes]:
    """Bytes as lower-case hexadecimal digits; exactly `length` bytes unless it is None."""

    def decode(value: Any, place: str) -> bytes:
        if not isinstance(value, str) or not _HEX.fullmatch(value):
            raise FormatError(f"{place} is not a string of pairs of hexadecimal digits")
        if length is not None and len(value) != 2 * length:
            raise FormatError(f"{place} has {len(value)} hexadecimal digits instead of {2 * length}")
        return bytes.fromhex(value)

    return Codec(decode, bytes.hex)


def array(item: Codec[T], least: int = 0, most: int | None = None) -> Codec[tuple[T, ...]]:
    """An array of `least` to `most` items; without `most`, of any length."""

    def decode(value: Any, place: str) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise FormatError(f"{place} is not an array")
        if least == most != len(value):
            raise FormatError(f"{place} is not an array of {least} elements: it has {len(value)}")
        if len(value) < least or most is not None and len(value) > most:
            bounds = f"at least {least}" if most is None else f"{least} to {most}"
            raise FormatError(f"{place} has {len(value)} elements, and {bounds} are allowed")
        return tuple(item.read(element, f"{place}[{i}]") for i, element in enumerate(value))

    return Codec(decode, lambda items: [item.write(element) for element in items])


def row(*items: Codec) -> Codec[tuple]:
    """An array with one element for each codec."""

    def decode(value: Any, place: str) -> tuple:
        if not isinstance(value, list) or len(value) != len(items):
            raise FormatError(f"{place} is not an array of {len(items)} elements")
        return tuple(
            item.read(element, f"{place}[{i}]") for i, (item, element) in enumerate(zip(items, value, strict=True))
        )

    return Codec(decode, lambda values: [item.write(value) for item, value in zip(items, values, strict=True)])


def optional(item: Codec[T]) -> Codec[T | None]:
    """Null for None, or the item."""
    return Codec(
        lambda value, place: None if value is None else item.read(value, place),
        lambda element: None if element is None else item.write(element),
    )


def mapping(item: Codec[T]) -> Codec[dict[str, T]]:
    """An object with any keys."""

    def decode(value: Any, place: str) -> dict[str, T]:
        values = _object(value, place)
        return {key: item.read(element, f"{place}[{key[:40]!r}]") for key, element in values.items()}

    return Codec(decode, lambda items: {key: item.write(element) for key, element in items.items()})


def one_of(values: tuple[Any, ...]) -> Codec[Any]:
    """One of these strings or numbers."""

    def decode(value: Any, place: str) -> Any:
        if not any(type(value) is type(known) and value == known for known in values):
            raise FormatError(f"{place} is not {' or '.join(map(repr, values))}")
        return value

    return Codec(decode, lambda value: value)


def record(kind: type[T], known: Mapping[str, Codec] | None = None) -> Codec[T]:
    """An object with exactly the fields of a dataclass; `known` has codecs of fields whose type does not imply one.

    A FormatError that the dataclass itself raises is raised again with the object's place in front.
    """
    hints, known = get_type_hints(kind, include_extras=True), known or {}
    codecs = {f.name: known.get(f.name) or of(hints[f.name]) for f in _fields(kind)}

    def decode(value: Any, place: str) -> T:
        members = _object(value, place)
        # "the pool" is prose and "public.old" a path: a colon separates prose from the path after it.
        inside = f"{place}: " if " " in place and ": " not in place else f"{place}."
        for name in members:
            if name not in codecs:
                raise FormatError(f"{place} has an unknown field {name[:40]!r}")
        for name in codecs:
            if name not in members:
                raise FormatError(f"{inside}{name} is missing")
        values = {name: codec.read(members[name], f"{inside}{name}") for name, codec in codecs.items()}
        try:
            return kind(**values)
        except FormatError as error:
            raise type(error)(f"{place}: {error}") from None

    return Codec(
        decode, lambda instance: {name: codec.write(getattr(instance, name)) for name, codec in codecs.items()}
    )


def _fields(kind: Any) -> tuple[Field, ...]:
    return tuple(f for f in fields(kind) if f.init)


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError(f"{place} is not an object")
    return value


def _exactly(kind: type[T], name: str) -> Codec[T]:
    def decode(value: Any, place: str) -> T:
        if type(value) is not kind:
            raise FormatError(f"{place} is not {name}")
        return value

    return Codec(decode, lambda value: value)


def _finite(value: Any, place: str) -> float:
    if type(value) is not float or not math.isfinite(value):
        raise FormatError(f"{place} is not a finite number with a point")
    return value


_SIMPLE: dict[Any, Codec] = {
    bool: _exactly(bool, "true or false"),
    str: _exactly(str, "a string"),
    int: _exactly(int, "an integer"),
    float: Codec(_finite, float),
    bytes: hexadecimal(),
}
