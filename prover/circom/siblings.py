"""The files that circom and snarkjs leave beside each other, found by their names.

    CIRCUIT.r1cs  CIRCUIT.sym  CIRCUIT_js/CIRCUIT.wasm  CIRCUIT.zkey or CIRCUIT_final.zkey or CIRCUIT_0001.zkey
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from zk.errors import FormatError
from zk.formats import openfile, symfile

_CONTRIBUTION = re.compile(r"_(?:final|[0-9]+)$")


def circuit_of_key(zkey: Path) -> Path | None:
    """The .r1cs file beside a .zkey file, or None."""
    stems = (zkey.stem, _CONTRIBUTION.sub("", zkey.stem))
    return next((path for stem in stems if (path := zkey.with_name(f"{stem}.r1cs")).is_file()), None)


def symbols_of_program(wasm: Path) -> Path | None:
    """The .sym file of a .wasm file, beside it or beside its folder, or None."""
    folders = (wasm.parent, wasm.absolute().parent.parent)
    return next((path for folder in folders if (path := folder / f"{wasm.stem}.sym").is_file()), None)


def signal_names(wasm: Path) -> Iterator[str]:
    """The names of a program's signals, read when the first is needed; none without a well-formed .sym file."""
    sym = symbols_of_program(wasm)
    with suppress(FormatError):
        yield from () if sym is None else signals(sym).names


def signals(sym: Path) -> symfile.Symbols:
    """The signals in a .sym file.  Raises FormatError when it cannot be read or is malformed."""
    with openfile.opened(sym) as file:
        return symfile.decode(file, str(sym))


def names_of_wires(sym: Path, num_wires: int, labels: np.ndarray | None) -> list[str]:
    """A name for each wire of a circuit from a .sym file.

    `labels` come from the circuit's .r1cs file (zk/formats/r1cslabels.py).  Raises FormatError when the file cannot
    be read, is malformed, or is of another circuit.
    """
    symbols = signals(sym)
    if labels is not None:
        symfile.check(symbols, labels, str(sym))
    return symfile.wire_names(symbols, num_wires, str(sym))
