"""A witness as circom's calculators and snarkjs write it, WITNESS.wtns: one canonical field element for each wire.

    header     u32 32 | r | u32 wires
    values     32 bytes each, little-endian; the first is 1
"""

import numpy as np

from zk.errors import FormatError
from zk.fields.prime import FR, R
from zk.formats import sections
from zk.formats.sections import FIELD_BYTES

_MAGIC, _VERSION = b"wtns", 2
_HEADER, _VALUES = 1, 2
_NAMES = {_HEADER: "the header", _VALUES: "the values"}


def decode(data: bytes, what: str = "the witness") -> np.ndarray:
    """(wires, 4) plain words of the values.  Raises FormatError for everything that is not what snarkjs writes."""
    parts = sections.split(data, _MAGIC, _VERSION, _NAMES, what)
    header, values = (sections.required(parts, number, _NAMES, what) for number in _NAMES)
    size, modulus, wires = header.cut(4, FIELD_BYTES, 4)
    sections.check_modulus(size, modulus, R)
    words = values.rows(FR, wires.number())
    if len(words) == 0 or words[0].tolist() != [1, 0, 0, 0]:
        raise FormatError(f"{values.what} do not begin with one")
    return words
