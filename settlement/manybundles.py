"""Decodes many bundles at once: their points are checked together, in kernels, which is a tenth of the work.

A bundle in which anything is wrong is decoded once more, alone: so what is said of it is what is always said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from settlement import encoding
from settlement.bundle import Bundle
from zk.errors import FormatError
from zk.fields.prime import FR, WORDS


@dataclass
class _Points:
    """The bytes of points and proofs, each with the number of its bundle; `owner` is the number of the next."""

    owner: int = 0
    points: list[bytes] = field(default_factory=list)
    proofs: list[bytes] = field(default_factory=list)
    of_points: list[int] = field(default_factory=list)
    of_proofs: list[int] = field(default_factory=list)

    def add_point(self, data: bytes) -> None:
        self.points.append(data)
        self.of_points.append(self.owner)

    def add_proof(self, data: bytes) -> None:
        self.proofs.append(data)
        self.of_proofs.append(self.owner)

    def owners_of_unsound(self) -> set[int]:
        """The numbers of the bundles with a point that is not in its group."""
        from zk.curves import manypoints, rows  # loads the kernels
        from zk.groth16 import manyproofs

        numbers, are_reduced = rows.from_bytes(FR, b"".join(self.points))
        are_sound = are_reduced.reshape(-1, 2).all(axis=1)
        are_sound &= manypoints.are_on_baby_jubjub(numbers.reshape(-1, 2, WORDS))
        pairs = [*zip(self.of_points, are_sound, strict=True)]
        pairs += zip(self.of_proofs, manyproofs.are_sound(self.proofs), strict=True)
        return {owner for owner, is_sound in pairs if not is_sound}


def decode(data: Sequence[bytes]) -> list[Bundle | FormatError]:
    """What encoding.decode_bundle returns or raises for each of these bytes."""
    points, read = _Points(), list[Bundle | None]()
    for points.owner, one in enumerate(data):  # noqa: B020
        read.append(_read(one, points))
    unsound = points.owners_of_unsound()
    return [
        _alone(one) if bundle is None or number in unsound else bundle
        for number, (one, bundle) in enumerate(zip(data, read, strict=True))
    ]


def _read(data: bytes, points: _Points) -> Bundle | None:
    try:
        return encoding.decode_bundle_unchecked(data, points)
    except FormatError:
        return None


def _alone(data: bytes) -> Bundle | FormatError:
    try:
        return encoding.decode_bundle(data)
    except FormatError as error:
        return error
