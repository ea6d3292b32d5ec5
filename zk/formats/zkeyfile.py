"""A whole .zkey file, section by section, as a ceremony needs it, before phase 2 too.

Proving reads keys with zk/formats/zkey.py instead.  Data that a ceremony compares or copies keeps the form of the file:
terms are bytes, points are read-only rows.  Only their lengths are checked; before points are multiplied,
zk/msm/membership.py must check them.
"""

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from zk.curves import g1, g2
from zk.formats import sections, zkeycontributions, zkeyheader
from zk.formats.sections import Section, Source
from zk.formats.zkeycontributions import Ceremony
from zk.formats.zkeyheader import KeyHeader

# snarkjs writes the sections of a new key in one order, and those of a key with contributions in another.
_NEW_ORDER = (1, 2, 4, 3, 9, 8, 5, 6, 7, 10)
_LATER_ORDER = tuple(range(1, 11))


@dataclass(frozen=True)
class KeySummary:
    """The header and the contributions of a .zkey file."""

    header: KeyHeader
    ceremony: Ceremony


@dataclass(frozen=True, eq=False)
class KeyFile(KeySummary):
    """Everything in a .zkey file.  Points are rows of Montgomery words, all zero for the identity."""

    ic: np.ndarray  # uint64 (num_public + 1, 2, 4)
    terms: bytes | memoryview
    a_query: np.ndarray  # uint64 (num_wires, 2, 4)
    b_g1_query: np.ndarray  # uint64 (num_wires, 2, 4)
    b_g2_query: np.ndarray  # uint64 (num_wires, 2, 2, 4)
    l_query: np.ndarray  # uint64 (num_wires - num_public - 1, 2, 4)
    h_query: np.ndarray  # uint64 (N, 2, 4)


def read_summary(source: Source, what: str = "the key") -> KeySummary:
    """The header and the contributions; the rest of the file is not read.  Raises FormatError as `decode`."""
    return _summary(source, what)[0]


def decode(source: Source, what: str = "the key") -> KeyFile:
    """The whole file.

    Raises FormatError, naming the part of the file, as `zkeyheader.split` and `zkeycontributions.decode`.
    """
    summary, parts = _summary(source, what)
    return KeyFile(
        summary.header,
        summary.ceremony,
        ic=_rows(parts[zkeyheader.IC], g1.SHAPE),
        terms=parts[zkeyheader.TERMS].data,
        a_query=_rows(parts[zkeyheader.A_QUERY], g1.SHAPE),
        b_g1_query=_rows(parts[zkeyheader.B_G1_QUERY], g1.SHAPE),
        b_g2_query=_rows(parts[zkeyheader.B_G2_QUERY], g2.SHAPE),
        l_query=_rows(parts[zkeyheader.L_QUERY], g1.SHAPE),
        h_query=_rows(parts[zkeyheader.H_QUERY], g1.SHAPE),
    )


def write(file: BinaryIO, key: KeyFile) -> None:
    """Writes the file as snarkjs does.  Raises FormatError as `zkeycontributions.encode`."""
    parts: dict[int, bytes | memoryview] = {
        **zkeyheader.encode(key.header),
        zkeyheader.IC: key.ic.data,
        zkeyheader.TERMS: key.terms,
        zkeyheader.A_QUERY: key.a_query.data,
        zkeyheader.B_G1_QUERY: key.b_g1_query.data,
        zkeyheader.B_G2_QUERY: key.b_g2_query.data,
        zkeyheader.L_QUERY: key.l_query.data,
        zkeyheader.H_QUERY: key.h_query.data,
        zkeyheader.CEREMONY: zkeycontributions.encode(key.ceremony),
    }
    order = _LATER_ORDER if key.ceremony.contributions else _NEW_ORDER
    views = [(number, memoryview(parts[number])) for number in order]
    sections.write(
        file,
        zkeyheader.MAGIC,
        zkeyheader.VERSION,
        [(number, view.nbytes, [view] if view.nbytes else []) for number, view in views],
    )


def _summary(source: Source, what: str) -> tuple[KeySummary, dict[int, Section]]:
    header, parts = zkeyheader.split(source, what)
    contributions = sections.required(parts, zkeyheader.CEREMONY, zkeyheader.NAMES, what)
    return KeySummary(header, zkeycontributions.decode(contributions)), parts


def _rows(section: Section, shape: tuple[int, ...]) -> np.ndarray:
    """The points in the form that they have in the file."""
    return np.frombuffer(section.data, dtype="<u8").reshape(-1, *shape)
