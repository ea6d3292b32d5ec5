"""Which signal of the source each wire of a .r1cs file is: the section of labels.

    labels     u64 for each wire: the signal's number in CIRCUIT.sym, counted from 1; 0 for the wire one

A circuit has more signals than wires: the compiler takes out those that are equal to others, or to a constant.  Circom
before 2.0 wrote one label less than there are wires.  (iden3, "binary file format for R1CS", section "Wire2Label".)
"""

from typing import BinaryIO

import numpy as np

from zk.errors import FormatError
from zk.formats import r1csfile


def decode(source: bytes | BinaryIO, what: str = "the circuit") -> np.ndarray | None:
    """uint64 (wires,): the label of each wire.  None when there is one less, as circom wrote them before 2.0.

    `source` is the file's content, or the file itself, open.  Raises FormatError when their number is yet another, or
    one of them is no signal's, or two wires have one.
    """
    header, parts = r1csfile.split(source, what)
    section = r1csfile.labels(parts)
    if section.length < r1csfile.LABEL_BYTES * header.num_wires:
        return None
    found = np.frombuffer(section.data, dtype="<u8")
    if found[0] != 0 or found.max() >= header.num_labels:
        raise FormatError(f"{section.what} name a signal that is not there")
    if len(np.unique(found)) != len(found):
        raise FormatError(f"{section.what} name a signal twice")
    return found
