"""The witness of a circom circuit: calculated from inputs (calculator.py), or read from a .wtns file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zk.formats import openfile, wtns


@dataclass(frozen=True, repr=False, eq=False)
class Witness:
    """The value of every wire, which is secret but for the public inputs.

    `values` are (num_wires, 4) plain little-endian words, `name` is the witness's name in messages, and `log` has the
    lines that the circuit printed while the witness was calculated, which are as secret as the values.
    """

    values: np.ndarray
    name: str = "the witness"
    log: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Witness({self.num_wires:,} wires)"

    @property
    def num_wires(self) -> int:
        """The number of wires, the constant one included."""
        return len(self.values)

    def to_wtns(self) -> bytes:
        """The content of a .wtns file, as snarkjs writes it."""
        return wtns.encode(self.values)


def read(path: Path) -> Witness:
    """The witness in a .wtns file.  Raises FormatError when it cannot be read or is malformed."""
    with openfile.opened(path) as file:
        return Witness(wtns.decode(file, str(path)), str(path))


def decode(data: bytes, name: str = "the witness") -> Witness:
    """The witness in the content of a .wtns file.  Raises FormatError when it is malformed."""
    return Witness(wtns.decode(data, name), name)
