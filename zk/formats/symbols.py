"""The names of a circuit's signals, CIRCUIT.sym, one signal a line in the order of their labels.

    label,wire,component,name        12,9,0,main.sub[1].y

Labels count from 1.  The wire is -1 for a signal that the compiler took out, for it is equal to another or constant.
The component, a number of the template's instance, is not used.  (circom's documentation, "Sym format".)
"""

import re
from dataclasses import dataclass

import numpy as np

from zk.errors import FormatError
from zk.formats.sections import MAX_WIRES

MAX_BYTES = 1 << 30

_LINE = re.compile(rb"([1-9][0-9]{0,9}),(-1|0|[1-9][0-9]{0,9}),(?:0|[1-9][0-9]{0,9}),([!-+\--~]{1,4096})\r?")
_ONE = "1"


@dataclass(frozen=True)
class Symbols:
    """The signals of a source: the first has label 1."""

    names: list[str]  # printable ASCII without commas
    wires: np.ndarray  # int64 (names,): the wire that carries the signal, or -1


def decode(data: bytes, what: str = "the symbols") -> Symbols:
    """The signals in a .sym file.  Raises FormatError, naming the line, for everything that is not what circom writes."""
    if len(data) > MAX_BYTES:
        raise FormatError(f"{what} is larger than {MAX_BYTES} bytes")
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    names, wires = [], np.empty(len(lines), dtype=np.int64)
    for label, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if found is None or int(found[1]) != label:
            raise FormatError(f"{what} line {label} is not `{label},WIRE,COMPONENT,NAME`")
        names.append(found[3].decode("ascii"))
        wires[label - 1] = int(found[2])
    if wires.max(initial=-1) >= MAX_WIRES or (wires == 0).any():
        raise FormatError(f"{what} has a signal on a wire that no circuit has")
    return Symbols(names, wires)


def of_wires(symbols: Symbols, wires: int, what: str = "the symbols") -> list[str]:
    """A name for each of so many wires: "1" for the wire one, the first signal of every other one, or "wire N".

    Raises FormatError when a signal is on a wire beyond them: the symbols are of another circuit.
    """
    if symbols.wires.max(initial=-1) >= wires:
        raise FormatError(f"{what} is of another circuit: one with more than {wires} wires")
    names = unnamed(wires)
    for name, wire in zip(reversed(symbols.names), symbols.wires[::-1].tolist()):
        if wire > 0:
            names[wire] = name
    return names


def unnamed(wires: int) -> list[str]:
    """What the wires are called where there are no symbols."""
    return [_ONE, *(f"wire {wire}" for wire in range(1, wires))]


def check(symbols: Symbols, labels: np.ndarray, what: str = "the symbols") -> None:
    """Raises FormatError unless the wires have the labels that a .r1cs file gives them (zk/formats/r1cslabels.py)."""
    wires = np.arange(1, len(labels))
    if labels.max() > len(symbols.names) or not np.array_equal(symbols.wires[labels[1:] - 1], wires):
        raise FormatError(f"{what} is of another circuit: its signals lie on other wires")
