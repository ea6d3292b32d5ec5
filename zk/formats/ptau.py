"""Powers of τ, POWERS.ptau: what phase 1 of a ceremony leaves to every circuit of at most 2^power constraints.

    1  header           u32 32 | p | u32 power | u32 power of the ceremony, of which this may be a shortened copy
    2  tau_g1           τ^i G1          2 n - 1 points, n = 2^power
    3  tau_g2           τ^i G2          n
    4  alpha_g1         α τ^i G1        n
    5  beta_g1          β τ^i G1        n
    6  beta_g2          β G2            1
    7  contributions    zk/formats/ptaucontributions.py
   12  lagrange_tau_g1  for every k up to power + 1 the 2^k points L_i(τ) G1, where L_i is 1 at the i-th power of the
                        2^k-th root of unity and 0 at the others; of degree below 2 n - 1 for the last k
   13, 14, 15           the same of tau_g2, alpha_g1, beta_g1, for every k up to power

The last four are all there ("prepared for phase 2") or none is.  Points are affine Montgomery words.  They stay in the
file until somebody asks for some of them, and are not believed: `taken` checks them.  (snarkjs, "powersoftau_new.js".)
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from zk.curves import g1, g2
from zk.errors import FormatError
from zk.fields.prime import P
from zk.formats import openfile, sections
from zk.formats.sections import FIELD_BYTES, Section, Source
from zk.msm import membership

MAX_POWER = 28  # of the files: Fr has no more roots of unity
MIN_POWER = 1

_MAGIC, _VERSION = b"ptau", 1
_HEADER, _CONTRIBUTIONS = 1, 7
_HEADER_LENGTHS = (4, FIELD_BYTES, 4, 4)
_U32S = struct.Struct("<II")


@dataclass(frozen=True)
class Part:
    """A section of points: its number, the shape of a point, and how many there are for n = 2^power."""

    number: int
    shape: tuple[int, ...]
    count: Callable[[int], int]

    def length(self, power: int) -> int:
        """The bytes of the section."""
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
    """The points of a section.  Slices are arrays in memory of their own: rows[:10] reads ten points from the file.

    Nothing of them is checked but their number.
    """

    def __init__(self, section: Section, shape: tuple[int, ...]):
        self._section, self._bytes = section, int(np.prod(shape)) * 8
        self.shape = (section.length // self._bytes, *shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, places: slice) -> np.ndarray:
        first, end, step = places.indices(len(self))
        if step != 1:
            raise ValueError("rows are read one after another")
        data = self._section.part(first * self._bytes, max(end - first, 0) * self._bytes)
        return np.array(np.frombuffer(data, dtype="<u8"), np.uint64).reshape(-1, *self.shape[1:])


@dataclass(frozen=True, eq=False)
class Powers:
    """What a file holds."""

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
        """Whether the Lagrange points are there."""
        return self.lagrange_tau_g1 is not None

    @property
    def is_truncated(self) -> bool:
        """Whether this is a shortened copy of what the ceremony made."""
        return self.power < self.ceremony_power


def level(points: Rows, log_size: int) -> np.ndarray:
    """The 2^log_size Lagrange points in a Lagrange section."""
    return points[(1 << log_size) - 1 : (2 << log_size) - 1]


def taken(points: Rows | np.ndarray, what: str) -> np.ndarray:
    """The points, when they are what kernels rely on.

    Raises FormatError, naming `what`, unless they are points of their group, none of which is the identity, with
    reduced coordinates.  Not to be called from a task of the pool.
    """
    rows = points[:]
    (membership.check_g1 if rows.shape[1:] == g1.SHAPE else membership.check_g2)(rows, what)
    present = rows.reshape(len(rows), -1).any(axis=1)
    if not present.all():
        raise FormatError(f"{what}: point {int(np.argmin(present))} is the identity")
    return rows


@contextmanager
def opened(path: Path, what: str = "") -> Iterator[Powers]:
    """The powers in a file, which stays open for as long as the block lasts.

    `what` is its name when nothing else is said.  Raises FormatError as `regular.opened` and `decode`.
    """
    with openfile.opened(path) as file:
        yield decode(file, what or str(path))


def decode(source: Source, what: str = "the powers") -> Powers:
    """What a file holds: its content, or the file itself, from which points are then read when they are asked for.

    Raises FormatError, naming the part of the file, when sections are missing, unknown, there twice, or have a length
    that does not follow from the power; points and contributions are left to `taken` and to
    `ptaucontributions.decode`.
    """
    found = sections.split(source, _MAGIC, _VERSION, _NAMES, what)
    header = sections.required(found, _HEADER, _NAMES, what)
    size, modulus, power, ceremony_power = header.cut(*_HEADER_LENGTHS)
    sections.check_modulus(size, modulus, P)
    power, ceremony_power = power.number(), ceremony_power.number()
    if not MIN_POWER <= power <= ceremony_power <= MAX_POWER:
        raise FormatError(f"{header.what} has the powers {power} and {ceremony_power}, which is out of range")
    is_prepared = any(PARTS[name].number in found for name in LAGRANGE)
    rows = {
        name: _rows(sections.required(found, part.number, _NAMES, what), part, power)
        for name, part in PARTS.items()
        if is_prepared or name not in LAGRANGE
    }
    contributions = sections.required(found, _CONTRIBUTIONS, _NAMES, what)
    return Powers(power, ceremony_power, contributions, **rows)


def _rows(section: Section, part: Part, power: int) -> Rows:
    """The points of a section that has as many as the power tells."""
    section.check_length(part.length(power))
    return Rows(section, part.shape)


def write(
    file: BinaryIO,
    power: int,
    ceremony_power: int,
    points: Mapping[str, Iterable[np.ndarray]],
    contributions: tuple[int, Iterable[bytes]],
) -> None:
    """Write a file section by section, in the order of their numbers, as snarkjs does.

    `points` has the rows of each part by its name, in pieces; `contributions` a length and its bytes, which are asked
    for when the first five parts stand in the file.  Raises ValueError when a length is not what it must be.
    """
    size = (FIELD_BYTES).to_bytes(4, "little")
    header = size + P.to_bytes(FIELD_BYTES, "little") + _U32S.pack(power, ceremony_power)
    parts = [(_HEADER, len(header), [header]), (_CONTRIBUTIONS, *contributions)]
    parts += [(PARTS[name].number, PARTS[name].length(power), rows) for name, rows in points.items()]
    sections.write(file, _MAGIC, _VERSION, sorted(parts, key=lambda part: part[0]))
