"""Decodes many bundles or orders at once: their points are checked together, in kernels, a tenth of the work.

One in which anything is wrong is decoded once more, alone: so what is said of it is what is always said.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from settlement.bundles import encoding
from settlement.bundles.bundle import Bundle
from settlement.fieldreader import Points
from zk.errors import FormatError
from zk.fields.prime import FR, WORDS

Item = TypeVar("Item")
Read = TypeVar("Read")
Failure = TypeVar("Failure", bound=Exception)


@dataclass
class _Points:
    """The bytes of points and proofs, each with the number of what it is in; `owner` is the number of the next."""

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
        """The numbers of those with a point that is not in its group."""
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
    return decode_each(data, _read_bundle, FormatError)


def decode_each(
    items: Sequence[Item], read: Callable[[Item, Points | None], Read], failure: type[Failure]
) -> list[Read | Failure]:
    """What `read` returns for each item, or the failure that it raises; with points, it lets these take them."""
    points, found = _Points(), list[Read | None]()
    for points.owner, one in enumerate(items):  # noqa: B020
        found.append(_unless_wrong(read, one, points, failure))
    unsound = points.owners_of_unsound()
    return [
        _alone(read, one, failure) if decoded is None or number in unsound else decoded
        for number, (one, decoded) in enumerate(zip(items, found, strict=True))
    ]


def _read_bundle(data: bytes, points: Points | None) -> Bundle:
    return encoding.decode_bundle(data) if points is None else encoding.decode_bundle_unchecked(data, points)


def _unless_wrong(
    read: Callable[[Item, Points | None], Read], item: Item, points: Points, failure: type[Exception]
) -> Read | None:  # fmt: skip
    try:
        return read(item, points)
    except failure:
        return None


def _alone(
    read: Callable[[Item, Points | None], Read], item: Item, failure: type[Failure]
) -> Read | Failure:  # fmt: skip
    try:
        return read(item, None)
    except failure as error:
        return error
