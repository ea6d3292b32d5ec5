"""Powers of tau, POWERS.ptau: the result of phase 1, which serves every circuit of at most 2^power constraints.

    1  header           u32 32 | p | u32 power | u32 power of the ceremony, larger if the file is truncated
    2  tau_g1           τ^i G1          2 n - 1 points, n = 2^power
    3  tau_g2           τ^i G2          n
    4  alpha_g1         α τ^i G1        n
    5  beta_g1          β τ^i G1        n
    6  beta_g2          β G2            1
    7  contributions    zk/formats/ptaucontributions.py
   12  lagrange_tau_g1  for every k up to power + 1, the 2^k points L_i(τ) G1, where L_i is the Lagrange polynomial that
                        is 1 at the i-th power of the 2^k-th root of unity; of degree below 2 n - 1 for the last k
   13, 14, 15           the same for tau_g2, alpha_g1, beta_g1, for every k up to power

The last four sections are either all present ("prepared for phase 2") or all absent.  Points are affine Montgomery
words.  They stay in the file until they are sliced, and are untrusted until `load` has checked them.  (snarkjs,
"powersoftau_new.js".)
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from zk.curves import g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.fields.prime import P
from zk.formats import openfile, sections
from zk.formats.sections import FIELD_BYTES, Section, Source
from zk.msm import membership

MAX_POWER = 28  # the two-adicity of Fr: there are no larger domains
MIN_POWER = 1

_MAGIC, _VERSION = b"ptau", 1
_HEADER, _CONTRIBUTIONS = 1, 7
_HEADER_LENGTHS = (4, FIELD_BYTES, 4, 4)
_U32S = struct.Struct("<II")


@dataclass(frozen=True)
class Part:
    """A section of points: its number, the shape of a point, and the number of points as a function of n = 2^power."""

    number: int
    shape: tuple[int, ...]
    count: Callable[[int], int]

    def length(self, power: int) -> int:
        """The length of the section in bytes."""
        return self.count(1 << power) * int(np.prod(self.shape)) * 8


PARTS = {
    "tau_g1": Part(2, g1.SHAPE, lambda n: 2 * n - 1),
    "tau_g2": Part(3, g2.SHAPE, lambda n: n),
    "alpha_g1": Part(4, g1.SHAPE, lambda n: n),
    "beta_g1": Part(5, g1.SHAPE, lambda n: n),
    "beta_g2": Part(6, g2.SHAPE, lambda n: 1),
    "lagrange_tau_g1": Part(12, g1.SHAPE, lambda n: 4 * n - 1),
    "lagrange_tau_g2": Part(13, g2.SHAPE, lambda n: 2 * n - 1),
    "lagrange_alpha_g1": Part(14, g1.SHAPE, lambda n: 2 * n - 1),
    "lagrange_beta_g1": Part(15, g1.SHAPE, lambda n: 2 * n - 1),
}
LAGRANGE = tuple(name for name in PARTS if name.startswith("lagrange_"))
POWERS = tuple(name for name in PARTS if name not in LAGRANGE)
_NAMES = {_HEADER: "the header", _CONTRIBUTIONS: "the contributions"}
_NAMES |= {part.number: name for name, part in PARTS.items()}


class Rows:
    """The points of a section, read on demand: rows[:10] reads ten points from the file into a new array.

    Only their number has been checked.
    """

    def __init__(self, section: Section, shape: tuple[int, ...]):
        self._section, self._bytes = section, int(np.prod(shape)) * 8
        self.shape = (section.length // self._bytes, *shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, places: slice) -> np.ndarray:
        first, end, step = places.indices(len(self))
        if step != 1:
            raise ValueError("the step of a slice must be 1")
        data = self._section.part(first * self._bytes, max(end - first, 0) * self._bytes)
        return np.array(np.frombuffer(data, dtype="<u8"), np.uint64).reshape(-1, *self.shape[1:])


@dataclass(frozen=True, eq=False)
class Powers:
    """The content of a .ptau file."""

    power: int
    ceremony_power: int
    contributions: Section
    tau_g1: Rows
    tau_g2: Rows
    alpha_g1: Rows
    beta_g1: Rows
    beta_g2: Rows
    lagrange_tau_g1: Rows | None = None
    lagrange_tau_g2: Rows | None = None
    lagrange_alpha_g1: Rows | None = None
    lagrange_beta_g1: Rows | None = None

    @property
    def is_prepared(self) -> bool:
        """Whether the Lagrange points are present."""
        return self.lagrange_tau_g1 is not None

    @property
    def is_truncated(self) -> bool:
        """Whether the file has fewer powers than the ceremony produced."""
        return self.power < self.ceremony_power


def level(points: Rows, log_size: int) -> np.ndarray:
    """The Lagrange points of a section for the domain of size 2^log_size."""
    return points[(1 << log_size) - 1 : (2 << log_size) - 1]


def load(points: Rows | np.ndarray, what: str) -> np.ndarray:
    """Reads points and checks everything that kernels rely on.

    Raises FormatError, naming `what`, unless all coordinates are reduced and all points belong to their group and
    differ from the identity.  Must not be called from a pool task.
    """
    rows = points[:]
    (membership.check_g1 if rows.shape[1:] == g1.SHAPE else membership.check_g2)(rows, what)
    present = rows.reshape(len(rows), -1).any(axis=1)
    if not present.all():
        raise FormatError(f"{what}: point {int(np.argmin(present))} is the identity")
    return rows


def point_g1(rows: np.ndarray, place: int = 0) -> G1Point:
    """The point of G1 at this place, which is known not to be the identity."""
    point = g1.decode(rows[place : place + 1])[0]
    assert point is not None, "the identity has been refused"
    return point


def point_g2(rows: np.ndarray, place: int = 0) -> G2Point:
    """The point of G2 at this place, which is known not to be the identity."""
    point = g2.decode(rows[place : place + 1])[0]
    assert point is not None, "the identity has been refused"
    return point


@contextmanager
def opened(path: Path, what: str = "") -> Iterator[Powers]:
    """The powers in a file, which stays open until the block ends; `what` is its name in messages, by default the path.

    Raises FormatError like `openfile.opened` and `decode`.
    """
    with openfile.opened(path) as file:
        yield decode(file, what or str(path))


def decode(source: Source, what: str = "the powers") -> Powers:
    """Parses the header and the section table of a file, or of its bytes; points are read later, on demand.

    Raises FormatError, naming the part of the file, when a section is missing, unknown, repeated, or of a length that
    contradicts the power.  Points are checked by `load`, contributions by `ptaucontributions.decode`.
    """
    present = sections.split(source, _MAGIC, _VERSION, _NAMES, what)
    header = sections.required(present, _HEADER, _NAMES, what)
    size, modulus, *powers = header.cut(*_HEADER_LENGTHS)
    sections.check_modulus(size, modulus, P)
    power, ceremony_power = (part.number() for part in powers)
    if not MIN_POWER <= power <= ceremony_power <= MAX_POWER:
        raise FormatError(f"{header.what} has the powers {power} and {ceremony_power}, which are out of range")
    is_prepared = any(PARTS[name].number in present for name in LAGRANGE)
    rows = {
        name: _rows(sections.required(present, part.number, _NAMES, what), part, power)
        for name, part in PARTS.items()
        if is_prepared or name not in LAGRANGE
    }
    contributions = sections.required(present, _CONTRIBUTIONS, _NAMES, what)
    return Powers(power, ceremony_power, contributions, **rows)


def _rows(section: Section, part: Part, power: int) -> Rows:
    """The points of a section.  Raises FormatError unless their number follows from the power."""
    section.check_length(part.length(power))
    return Rows(section, part.shape)


def write(
    file: BinaryIO,
    power: int,
    ceremony_power: int,
    points: Mapping[str, Iterable[np.ndarray]],
    contributions: tuple[int, Iterable[bytes]],
) -> None:
    """Writes a file section by section, in the order of their numbers, as snarkjs does.

    `points` maps the name of each part to its rows, in batches.  `contributions` is a length and the bytes themselves,
    which are requested only after the first five parts are in the file.  Raises ValueError when a length is wrong.
    """
    header = FIELD_BYTES.to_bytes(4, "little") + P.to_bytes(FIELD_BYTES, "little") + _U32S.pack(power, ceremony_power)
    parts: list[tuple[int, int, Iterable[bytes | memoryview]]] = [
        (_HEADER, len(header), [header]),
        (_CONTRIBUTIONS, *contributions),
    ]
    for name, rows in points.items():
        parts.append((PARTS[name].number, PARTS[name].length(power), (batch.data for batch in rows)))
    sections.write(file, _MAGIC, _VERSION, sorted(parts, key=lambda part: part[0]))
