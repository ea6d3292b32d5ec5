"""The names of a circuit's signals, CIRCUIT.sym, one signal on each line in the order of their labels.

    label,wire,component,name        12,9,0,main.sub[1].y

Labels count from 1.  The wire is -1 for a signal that the compiler removed because it equals another one or a constant.
The component, a number of the template's instance, is not used.  (circom's documentation, "Sym format".)
"""

import array
import io
import re
from dataclasses import dataclass

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


def decode(source: bytes | io.BufferedIOBase, what: str = "the symbols") -> Symbols:
    """The signals in a .sym file: its content, or the file itself, open, which is read up to its first bad line.

    Raises FormatError, naming the line, for everything that circom would not write.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    names, wires = [], array.array("q")
    for label, line in enumerate(iter(lambda: file.readline(_MAX_LINE_BYTES), b""), 1):
        match = _LINE.fullmatch(line)
        if match is None or int(match[1]) != label:
            raise FormatError(f"{what} line {label} is not `{label},WIRE,COMPONENT,NAME`")
        if label > MAX_SIGNALS:
            raise FormatError(f"{what} has more than {MAX_SIGNALS} lines")
        names.append(match[3].decode("ascii"))
        wires.append(int(match[2]))
    wire_indices = np.array(wires, dtype=np.int64)
    if wire_indices.max(initial=-1) >= MAX_WIRES or (wire_indices == 0).any():
        raise FormatError(f"{what} has a signal on a wire that no circuit has")
    return Symbols(names, wire_indices)


def wire_names(symbols: Symbols, num_wires: int, what: str = "the symbols") -> list[str]:
    """A name for each wire: "1" for the wire one; for others the name of their first signal, or "wire N" without one.

    Raises FormatError when a signal is on a wire that does not exist: the symbols are of another circuit.
    """
    if symbols.wire_indices.max(initial=-1) >= num_wires:
        raise FormatError(f"{what} is of another circuit: one with more than {num_wires} wires")
    names = numbered_names(num_wires)
    for name, wire in zip(reversed(symbols.names), symbols.wire_indices[::-1].tolist(), strict=True):
        if wire > 0:
            names[wire] = name
    return names


def numbered_names(num_wires: int) -> list[str]:
    """The names of wires without symbols: "1", "wire 1", "wire 2" and so on."""
    return [_ONE, *(f"wire {wire}" for wire in range(1, num_wires))]


def check(symbols: Symbols, labels: np.ndarray, what: str = "the symbols") -> None:
    """Raises FormatError unless the wires have the labels that a .r1cs file gives them (zk/formats/r1cslabels.py)."""
    wires = np.arange(1, len(labels))
    if labels.max() > len(symbols.names) or not np.array_equal(symbols.wire_indices[labels[1:] - 1], wires):
        raise FormatError(f"{what} is of another circuit: its signals are on other wires")
