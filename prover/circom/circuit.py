"""The whole content of CIRCUIT.r1cs, and the names of its wires."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prover.circom import siblings
from zk.errors import FormatError
from zk.formats import openfile, r1csfile, r1cslabels, symfile
from zk.formats.r1csfile import CircuitHeader
from zk.r1cs.r1cs import R1CS

MEMORY_PER_BYTE = 5  # of a file that is read, for its terms as Python's integers; measured on one of 2^18 constraints


@dataclass(frozen=True)
class CircomCircuit:
    """The content of a .r1cs file.  `labels` is None when there is one label fewer than wires (r1cslabels.py)."""

    path: Path
    header: CircuitHeader
    system: R1CS
    labels: np.ndarray | None


def read(path: Path) -> CircomCircuit:
    """The circuit in a .r1cs file.  Raises FormatError when it cannot be read or is malformed."""
    what = str(path)
    with openfile.opened(path) as file:
        header, _ = r1csfile.split(file, what)
        return CircomCircuit(path, header, r1csfile.decode(file, what), r1cslabels.decode(file, what))


def read_header(path: Path) -> CircuitHeader:
    """The header of a .r1cs file, whose constraints are not read.  Raises FormatError as `read`."""
    with openfile.opened(path) as file:
        return r1csfile.split(file, str(path))[0]


def memory_bytes(path: Path) -> int:
    """About how much memory `read` takes.  Raises FormatError when the file is missing or its header malformed."""
    read_header(path)
    return MEMORY_PER_BYTE * path.stat().st_size


def names(circuit: CircomCircuit, sym: Path) -> list[str]:
    """A name for each wire, from a .sym file.  Raises FormatError when it is malformed or of another circuit."""
    return siblings.names_of_wires(sym, circuit.header.num_wires, circuit.labels)


def names_beside(circuit: CircomCircuit) -> tuple[list[str], str]:
    """A name for each wire, and a note when these are only numbers because no .sym file matches."""
    sym = circuit.path.with_suffix(".sym")
    if not sym.is_file():
        why = f"{sym.name} is not beside it"
        return symfile.numbered_names(circuit.header.num_wires), f"{why}: wires are called by their numbers"
    try:
        return names(circuit, sym), ""
    except FormatError as error:
        return symfile.numbered_names(circuit.header.num_wires), f"{error}: wires are called by their numbers"
