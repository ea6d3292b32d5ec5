"""INPUT.json, the values of a circuit's input signals.

One object, with a key for each input of the main component.  Its value is one number, or numbers in nested arrays that
are read row by row: a signal `in[2][3]` may be [[…, …, …], […, …, …]] or flat.  A bus is an object of its fields, or an
array of such objects; its fields may also be given one by one, as "bus.field" and "bus[0].field".

A number is a whole number in a string, "0|-?[1-9][0-9]*" of at most 80 characters, or a JSON number between -2^53 and
2^53, beyond which JavaScript, and with it snarkjs, would round it.  As in circom's own calculators, a number is taken
modulo r, so -1 is r - 1 and r is 0.  Stricter than those calculators: empty strings, true, null, hexadecimal and keys
that occur twice are refused.
"""

import operator
import re
from collections.abc import Mapping

from zk.errors import FormatError
from zk.fields.prime import R
from zk.formats import strictjson

MAX_BYTES = 256 << 20
EXACT = 1 << 53  # JavaScript's numbers below this are whole and distinct

_NUMBER = re.compile(r"(?:0|-?[1-9][0-9]*)")
_MAX_CHARACTERS = 80


def decode(data: bytes, what: str = "the inputs") -> dict[str, list[int]]:
    """The values of each signal by its name, row by row, as canonical integers below r.

    Raises FormatError, naming the signal, for everything that the module's docstring does not allow.
    """
    document = strictjson.loads(data, what, MAX_BYTES)
    if not isinstance(document, dict):
        raise FormatError(f"{what} is not an object with a key for each input signal")
    return _signals(document, what)


def from_values(values: Mapping[str, object], what: str = "the inputs") -> dict[str, list[int]]:
    """The same from Python's values, of which integers of any size are exact.  Raises FormatError as `decode`."""
    return _signals({str(name): _json(value) for name, value in values.items()}, what)


def _json(value: object) -> object:
    """The value as JSON would represent it: lists for sequences, and integers as strings."""
    if isinstance(value, Mapping):
        return {str(name): _json(inner) for name, inner in value.items()}
    if hasattr(value, "tolist"):  # an array or a number of NumPy
        return _json(value.tolist())
    if isinstance(value, list | tuple):
        return [_json(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(operator.index(value) % R)
    return value


def shown(name: str) -> str:
    """A name from a file, as an error message may contain it."""
    return name if name.isascii() and name.isprintable() and len(name) <= 60 else ascii(name[:60])


def _signals(document: Mapping[str, object], what: str) -> dict[str, list[int]]:
    signals: dict[str, list[int]] = {}
    for name, value in document.items():
        _add(signals, name, value, what)
    return signals


def _add(signals: dict[str, list[int]], name: str, value: object, what: str) -> None:
    """Adds the signals of one value of the document: a single signal, or all signals of a bus."""
    if isinstance(value, dict):
        for field, inner in value.items():
            _add(signals, f"{name}.{field}", inner, what)
    elif isinstance(value, list) and _has_buses(value):
        for index, inner in enumerate(value):
            if not isinstance(inner, (dict, list)):
                raise FormatError(f"{what}: {shown(name)} mixes objects and values")
            _add(signals, f"{name}[{index}]", inner, what)
    elif name in signals:
        raise FormatError(f"{what}: {shown(name)} is given twice")
    else:
        signals[name] = []
        _flatten(signals[name], value, f"{what}: {shown(name)}")


def _has_buses(value: object) -> bool:
    """Whether there is an object in nested arrays."""
    return isinstance(value, list) and any(isinstance(inner, dict) or _has_buses(inner) for inner in value)


def _flatten(values: list[int], value: object, what: str) -> None:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            _flatten(values, inner, f"{what}[{index}]")
    else:
        values.append(_number(value, what))


def _number(value: object, what: str) -> int:
    if type(value) is int:
        if abs(value) >= EXACT:
            raise FormatError(f"{what} is a number beyond 2^53, which JavaScript rounds: write it in a string")
        return value % R
    if isinstance(value, str) and len(value) <= _MAX_CHARACTERS and _NUMBER.fullmatch(value):
        return int(value) % R
    raise FormatError(f"{what} is not a whole number, in decimal digits in a string or as a JSON number")
