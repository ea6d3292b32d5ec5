"""The section of labels of a .r1cs file: which signal of the source each wire is.

    labels     u64 for each wire: the signal's number in CIRCUIT.sym, counted from 1; 0 for the wire one

A circuit has more signals than wires: the compiler removes signals that equal another one or a constant.  Circom before
2.0 wrote one label fewer than there are wires.  (iden3, "binary file format for R1CS", section "Wire2Label".)
"""

import numpy as np

from zk.errors import FormatError
from zk.formats import r1csfile
from zk.formats.sections import Source


def decode(source: Source, what: str = "the circuit") -> np.ndarray | None:
    """uint64 (wires,): the label of each wire.  None when there is one label fewer, as circom wrote them before 2.0.

    Raises FormatError when the number of labels is any other, a label is not a signal's, or two wires have the same.
    """
    header, parts = r1csfile.split(source, what)
    section = r1csfile.labels(parts)
    if section.length < r1csfile.LABEL_BYTES * header.num_wires:
        return None
    labels = np.frombuffer(section.data, dtype="<u8")
    if labels[0] != 0 or labels.max() >= header.num_labels:
        raise FormatError(f"{section.what} name a signal that does not exist")
    if len(np.unique(labels)) != len(labels):
        raise FormatError(f"{section.what} name a signal twice")
    return labels
