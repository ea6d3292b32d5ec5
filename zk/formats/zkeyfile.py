"""The whole of a .zkey file as a ceremony needs it, before phase 2 too: what it holds, section by section.

Nothing here proves or verifies: zk/formats/zkey.py reads the keys that are fit for it.  What a ceremony compares or
copies stays as it lies in the file: the terms as bytes, points as rows that cannot be written to.  Of these only the
lengths are checked; whoever multiplies points asks zk/msm/membership.py first.
"""

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from zk.curves import g1, g2
from zk.formats import sections, zkeycontributions, zkeyheader
from zk.formats.sections import Section
from zk.formats.zkeycontributions import Ceremony
from zk.formats.zkeyheader import Header

# snarkjs writes the sections of a new key in one order, and those of a key that was contributed to in another.
_NEW = (1, 2, 4, 3, 9, 8, 5, 6, 7, 10)
_LATER = tuple(range(1, 11))
_POINTS = (
    ("ic", zkeyheader.IC, g1.SHAPE),
    ("a_query", zkeyheader.A, g1.SHAPE),
    ("b_g1_query", zkeyheader.B1, g1.SHAPE),
    ("b_g2_query", zkeyheader.B2, g2.SHAPE),
    ("l_query", zkeyheader.C, g1.SHAPE),
    ("h_query", zkeyheader.H, g1.SHAPE),
)


@dataclass(frozen=True, eq=False)
class KeyFile:
    """Everything in a .zkey file.  Points are rows of Montgomery words, all zero for the identity."""

    header: Header
    ic: np.ndarray  # uint64 (num_public + 1, 2, 4)
    terms: bytes | memoryview
    a_query: np.ndarray  # uint64 (num_wires, 2, 4)
    b_g1_query: np.ndarray  # uint64 (num_wires, 2, 4)
    b_g2_query: np.ndarray  # uint64 (num_wires, 2, 2, 4)
    l_query: np.ndarray  # uint64 (num_wires - num_public - 1, 2, 4)
    h_query: np.ndarray  # uint64 (N, 2, 4)
    ceremony: Ceremony


def decode(source: bytes | BinaryIO, what: str = "the key") -> KeyFile:
    """What a file holds; `source` is its content, or the file itself, open.

    Raises FormatError, naming the part of the file, as `zkeyheader.split` and `zkeycontributions.decode`.
    """
    header, parts = zkeyheader.split(source, what)
    ceremony = zkeycontributions.decode(sections.required(parts, zkeyheader.CEREMONY, zkeyheader.NAMES, what))
    points = {name: _rows(parts[number], shape) for name, number, shape in _POINTS}
    return KeyFile(header, terms=parts[zkeyheader.TERMS].data, ceremony=ceremony, **points)


def write(file: BinaryIO, key: KeyFile) -> None:
    """Write the file as snarkjs does.  Raises FormatError as `zkeycontributions.encode`."""
    parts = zkeyheader.encode(key.header) | {number: getattr(key, name) for name, number, _ in _POINTS}
    parts |= {zkeyheader.TERMS: key.terms, zkeyheader.CEREMONY: zkeycontributions.encode(key.ceremony)}
    order = _LATER if key.ceremony.contributions else _NEW
    views = [(number, memoryview(parts[number])) for number in order]
    listed = [(number, view.nbytes, [view] if view.nbytes else []) for number, view in views]
    sections.write(file, zkeyheader.MAGIC, zkeyheader.VERSION, listed)


def _rows(section: Section, shape: tuple[int, ...]) -> np.ndarray:
    """The points as they lie in the file."""
    return np.frombuffer(section.data, dtype="<u8").reshape(-1, *shape)
