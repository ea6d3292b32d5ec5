"""The names of a circuit's signals, CIRCUIT.sym, one signal a line in the order of their labels.

    label,wire,component,name        12,9,0,main.sub[1].y

Labels count from 1.  The wire is -1 for a signal that the compiler took out, for it is equal to another or constant.
The component, a number of the template's instance, is not used.  (circom's documentation, "Sym format".)
"""

import array
import io
import re
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from zk.errors import FormatError
from zk.formats.sections import MAX_WIRES

MAX_SIGNALS = 1 << 24
_MAX_LINE_BYTES = 4096 + 40

_LINE = re.compile(rb"([1-9][0-9]{0,9}),(-1|0|[1-9][0-9]{0,9}),(?:0|[1-9][0-9]{0,9}),([!-+\--~]{1,4096})\r?\n?")
_ONE = "1"


@dataclass(frozen=True)
class Symbols:
    """The signals of a source: the first has label 1."""

    names: list[str]  # printable ASCII without commas
    wire_indices: np.ndarray  # int64 (names,): the wire that carries the signal, or -1


def decode(source: bytes | BinaryIO, what: str = "the symbols") -> Symbols:
    """The signals in a .sym file: its content, or the file itself, open, of which no more is read than its good lines.

    Raises FormatError, naming the line, for everything that is not what circom writes.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    names, wires = [], array.array("q")
    for label, line in enumerate(iter(lambda: file.readline(_MAX_LINE_BYTES), b""), 1):
        found = _LINE.fullmatch(line)
        if found is None or int(found[1]) != label:
            raise FormatError(f"{what} line {label} is not `{label},WIRE,COMPONENT,NAME`")
        if label > MAX_SIGNALS:
            raise FormatError(f"{what} has more than {MAX_SIGNALS} lines")
        names.append(found[3].decode("ascii"))
        wires.append(int(found[2]))
    found_wires = np.array(wires, dtype=np.int64)
    if found_wires.max(initial=-1) >= MAX_WIRES or (found_wires == 0).any():
        raise FormatError(f"{what} has a signal on a wire that no circuit has")
    return Symbols(names, found_wires)


def of_wires(symbols: Symbols, wires: int, what: str = "the symbols") -> list[str]:
    """A name for each of so many wires: "1" for the wire one, the first signal of every other one, or "wire N".

    Raises FormatError when a signal is on a wire beyond them: the symbols are of another circuit.
    """
    if symbols.wire_indices.max(initial=-1) >= wires:
        raise FormatError(f"{what} is of another circuit: one with more than {wires} wires")
    names = unnamed(wires)
    for name, wire in zip(reversed(symbols.names), symbols.wire_indices[::-1].tolist()):
        if wire > 0:
            names[wire] = name
    return names


def unnamed(wires: int) -> list[str]:
    """What the wires are called where there are no symbols."""
    return [_ONE, *(f"wire {wire}" for wire in range(1, wires))]


def check(symbols: Symbols, labels: np.ndarray, what: str = "the symbols") -> None:
    """Raises FormatError unless the wires have the labels that a .r1cs file gives them (zk/formats/r1cslabels.py)."""
    wires = np.arange(1, len(labels))
    if labels.max() > len(symbols.names) or not np.array_equal(symbols.wire_indices[labels[1:] - 1], wires):
        raise FormatError(f"{what} is of another circuit: its signals lie on other wires")
