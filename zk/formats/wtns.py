"""A witness as circom's calculators and snarkjs write it, WITNESS.wtns: one canonical field element for each wire.

    header     u32 32 | r | u32 number of wires
    values     32 bytes each, little-endian; the first is 1
"""

import io

import numpy as np

from zk.errors import FormatError
from zk.fields.prime import FR, R
from zk.formats import sections
from zk.formats.sections import FIELD_BYTES, MAX_WIRES, Section, Source

_MAGIC, _VERSION = b"wtns", 2
_HEADER, _VALUES = 1, 2
_NAMES = {_HEADER: "the header", _VALUES: "the values"}


def decode(source: Source, what: str = "the witness") -> np.ndarray:
    """(wires, 4) plain words of the values in a .wtns file.

    Raises FormatError for everything that snarkjs would not write.
    """
    num_wires, values = _split(source, what)
    words = values.rows(FR, num_wires)
    if len(words) == 0 or words[0].tolist() != [1, 0, 0, 0]:
        raise FormatError(f"{values.what} do not begin with one")
    return words


def read_num_wires(source: Source, what: str = "the witness") -> int:
    """The number of wires in a .wtns file.  Reads the header only; raises FormatError as `decode`, values aside."""
    return _split(source, what)[0]


def _split(source: Source, what: str) -> tuple[int, Section]:
    """The number of wires, and the section of their values, which has the length for them."""
    parts = sections.split(source, _MAGIC, _VERSION, _NAMES, what)
    header, values = (sections.required(parts, number, _NAMES, what) for number in _NAMES)
    size, modulus, count = header.cut(4, FIELD_BYTES, 4)
    sections.check_modulus(size, modulus, R)
    num_wires = count.number()
    if num_wires > MAX_WIRES:
        raise FormatError(f"{header.what} has {num_wires} wires, and {MAX_WIRES} is the limit")
    values.check_length(num_wires * FIELD_BYTES)
    return num_wires, values


def encode(words: np.ndarray) -> bytes:
    """The .wtns file of a witness, (wires, 4) plain words, as snarkjs writes it."""
    header = FIELD_BYTES.to_bytes(4, "little") + R.to_bytes(FIELD_BYTES, "little") + len(words).to_bytes(4, "little")
    values = np.ascontiguousarray(words, dtype="<u8").tobytes()
    file = io.BytesIO()
    parts = [(number, len(part), (part,)) for number, part in ((_HEADER, header), (_VALUES, values))]
    sections.write(file, _MAGIC, _VERSION, parts)
    return file.getvalue()
