"""INPUT.json, the values of a circuit's input signals.

One object: a name for each input of the main component, and its value, or its values in nested arrays that are read row
by row, for a signal `in[2][3]` as [[…, …, …], […, …, …]] or flat.  A bus is an object of its fields, or an array of
such objects; its fields may as well be given one by one as "bus.field" and "bus[0].field".

A value is a whole number: in a string "0|-?[1-9][0-9]*" of at most 80 characters, or a JSON number between -2^53 and
2^53, beyond which JavaScript, and snarkjs with it, would round it.  As in circom's own calculators a value is taken
modulo r, so -1 is r - 1 and r is 0.  Refused is what those let pass: empty strings, true and null, hexadecimal, keys
that occur twice.
"""

import re

from zk.errors import FormatError
from zk.fields.prime import R
from zk.formats import strictjson

MAX_BYTES = 256 << 20
EXACT = 1 << 53  # numbers of JavaScript are whole and apart below this

_NUMBER = re.compile(r"(?:0|-?[1-9][0-9]*)")
_MAX_CHARACTERS = 80


def decode(data: bytes, what: str = "the inputs") -> dict[str, list[int]]:
    """The values of each signal by its name, row by row, canonical ints below r.

    Raises FormatError, naming the signal, for everything that the module's docstring does not allow.
    """
    found = strictjson.loads(data, what, MAX_BYTES)
    if not isinstance(found, dict):
        raise FormatError(f"{what} is not an object with a key for each input signal")
    signals: dict[str, list[int]] = {}
    for name, value in found.items():
        _add(signals, name, value, what)
    return signals


def _add(signals: dict[str, list[int]], name: str, value: object, what: str) -> None:
    """Adds the signals that a value of the file is: one, or those of a bus."""
    if isinstance(value, dict):
        for field, inner in value.items():
            _add(signals, f"{name}.{field}", inner, what)
    elif _has_buses(value):
        for index, inner in enumerate(value):
            if not isinstance(inner, (dict, list)):
                raise FormatError(f"{what}: {shown(name)} mixes objects and values")
            _add(signals, f"{name}[{index}]", inner, what)
    elif name in signals:
        raise FormatError(f"{what}: {shown(name)} is given twice")
    else:
        signals[name] = []
        _flatten(signals[name], value, f"{what}: {shown(name)}")


def shown(name: str) -> str:
    """A name from a file as a sentence may hold it."""
    return name if name.isascii() and name.isprintable() and len(name) <= 60 else ascii(name[:60])


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
