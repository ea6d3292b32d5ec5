"""A circuit and a witness as JSON, as `snarkjs r1cs export json` and `snarkjs wtns export json` write them.

Every function yields the text piece by piece, so that it never has to be in memory as a whole.
"""

import json
from collections.abc import Iterable, Iterator

import numpy as np

from zk.fields import array
from zk.formats.r1csfile import CircuitHeader
from zk.formats.sections import FIELD_BYTES
from zk.r1cs.r1cs import R1CS, Row

_PIECE = 4096  # values of a witness


def circuit(header: CircuitHeader, system: R1CS, labels: np.ndarray) -> Iterator[str]:
    """The JSON of a .r1cs file: its header, its constraints as three objects {wire: coefficient} each, its labels."""
    head = {
        "n8": FIELD_BYTES,
        "prime": str(system.modulus),
        "nVars": header.num_wires,
        "nOutputs": header.num_outputs,
        "nPubInputs": header.num_public_inputs,
        "nPrvInputs": header.num_private_inputs,
        "nLabels": header.num_labels,
        "nConstraints": header.num_constraints,
        "useCustomGates": False,
    }
    yield json.dumps(head, indent=1)[:-2] + ',\n "constraints": ['
    triples = zip(system.a.rows(), system.b.rows(), system.c.rows(), strict=True)
    yield from _separated(json.dumps([_object(row) for row in rows]) for rows in triples)
    yield f'\n ],\n "map": {json.dumps(labels.tolist())},\n "customGates": [],\n "customGatesUses": []\n}}\n'


def witness(words: np.ndarray) -> Iterator[str]:
    """The JSON of a .wtns file, (wires, 4) plain words: a list of decimal strings."""
    yield "["
    pieces = (array.from_plain(words[i : i + _PIECE]) for i in range(0, len(words), _PIECE))
    yield from _separated(f'"{value}"' for piece in pieces for value in piece)
    yield "\n]\n"


def _separated(items: Iterable[str]) -> Iterator[str]:
    """The items, one on each line, separated by commas."""
    for index, item in enumerate(items):
        yield f"{',' if index else ''}\n {item}"


def _object(row: Row) -> dict[str, str]:
    return {str(wire): str(value) for wire, value in row}
