"""What `snarkjs r1cs export json` and `snarkjs wtns export json` write: a circuit and a witness as JSON.

Every function gives the text piece by piece, so that none of it need be in memory whole.
"""

import json
from collections.abc import Iterable, Iterator

import numpy as np

from zk.fields import array
from zk.formats.r1csfile import Header
from zk.formats.sections import FIELD_BYTES
from zk.r1cs.r1cs import R1CS, Row

_AT_ONCE = 4096  # values of a witness in one piece


def circuit(header: Header, system: R1CS, labels: np.ndarray) -> Iterator[str]:
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
    triples = zip(system.a.rows(), system.b.rows(), system.c.rows())
    yield from _separated(json.dumps([_object(row) for row in rows]) for rows in triples)
    yield f'\n ],\n "map": {json.dumps(labels.tolist())},\n "customGates": [],\n "customGatesUses": []\n}}\n'


def witness(words: np.ndarray) -> Iterator[str]:
    """The JSON of a .wtns file, (wires, 4) plain words: a list of decimal strings."""
    yield "["
    parts = (array.from_plain(words[i : i + _AT_ONCE]) for i in range(0, len(words), _AT_ONCE))
    yield from _separated(f'"{value}"' for part in parts for value in part)
    yield "\n]\n"


def _separated(items: Iterable[str]) -> Iterator[str]:
    """The items, a line for each, with commas between them."""
    for index, item in enumerate(items):
        yield f"{',' if index else ''}\n {item}"


def _object(row: Row) -> dict[str, str]:
    return {str(wire): str(value) for wire, value in row}
