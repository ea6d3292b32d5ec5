"""Between a contribution's file and a statement's key: a share is the part of the key that a contribution changes.

Its record is the contributions section of a .zkey with this single contribution, so it includes the circuit hash.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from settlement.ceremony.contribution import Head, Share
from zk.curves import bn254, g1, g2
from zk.errors import FormatError, InvalidProof
from zk.fields import array
from zk.fields.prime import FP
from zk.formats import sections
from zk.formats.attribution import Attribution
from zk.runtime.progress import Progress

if TYPE_CHECKING:
    from zk.formats.zkeyfile import KeyFile

_WORD_BYTES = 8


def encode(key: "KeyFile") -> Share:
    """The share of the last contribution to this key."""
    from zk.formats import zkeycontributions

    last = zkeycontributions.Ceremony(key.ceremony.circuit_hash, key.ceremony.contributions[-1:])
    delta_g2 = g2.encode([key.header.delta_g2])
    return Share(zkeycontributions.encode(last), delta_g2.tobytes(), key.l_query.tobytes(), key.h_query.tobytes())


def apply(before: "KeyFile", share: Share, what: str) -> "KeyFile":
    """The key after a contribution, not yet verified: see `check_points` and `check_proofs_of_knowledge`.

    Raises FormatError, naming `what`, for another circuit, a wrong number of points, or a malformed δ.
    """
    from zk.formats import zkeycontributions

    record = zkeycontributions.decode(sections.of_bytes(share.record, what))
    if record.circuit_hash != before.ceremony.circuit_hash or len(record.contributions) != 1:
        raise FormatError(f"{what} is not a single contribution to the key of this circuit")
    ceremony = replace(before.ceremony, contributions=before.ceremony.contributions + record.contributions)
    delta_g1, delta_g2 = record.contributions[0].delta_g1, _point(share.delta_g2, f"{what}: delta")
    return replace(
        before,
        header=replace(before.header, delta_g1=delta_g1, delta_g2=delta_g2),
        l_query=_rows(share.l_query, g1.SHAPE, len(before.l_query), f"{what}: the points c"),
        h_query=_rows(share.h_query, g1.SHAPE, len(before.h_query), f"{what}: the points h"),
        ceremony=ceremony,
    )


def check_attribution(key: "KeyFile", head: Head, what: str) -> None:
    """Raises InvalidProof unless the last contribution's record has the name and the beacon of the file's head."""
    if key.ceremony.contributions[-1].attribution != Attribution(head.name, head.beacon):
        raise InvalidProof(f"{what}: the record names another contributor than the file's head")


def check_points(key: "KeyFile", initial: "KeyFile", what: str) -> None:
    """Raises InvalidProof, naming `what`, unless the key is the initial one, divided by the δ of its last record.

    Raises FormatError when a point of c or h is invalid.
    """
    from zk.ceremony import phase2check

    deltas = [bn254.G1, *(contribution.delta_g1 for contribution in key.ceremony.contributions)]
    try:
        phase2check.check_key(key, initial, initial.h_query, deltas)
    except InvalidProof as error:
        raise InvalidProof(f"{what}: {error}") from None


def check_proofs_of_knowledge(key: "KeyFile", what: str, progress: Progress) -> None:
    """Raises InvalidProof, naming `what` and the contribution, unless every contributor knew their secret."""
    from zk.ceremony import phase2check

    try:
        phase2check.check_contributions(key.ceremony, progress)
    except InvalidProof as error:
        raise InvalidProof(f"{what}: {error}") from None


def _point(data: bytes, what: str) -> bn254.G2Point:
    """The point of G2 in these bytes.  Raises FormatError when it is invalid or the identity."""
    words = sections.of_bytes(data, what).rows(FP, *g2.SHAPE[:-1])
    x0, x1, y0, y1 = array.decode(FP, words.reshape(-1, g2.SHAPE[-1]))
    return bn254.g2((x0, x1), (y0, y1), what)


def _rows(data: bytes, shape: tuple[int, ...], count: int, what: str) -> np.ndarray:
    """The points in these bytes, unchecked.  Raises FormatError unless there are `count`."""
    sections.of_bytes(data, what).check_length(count * int(np.prod(shape)) * _WORD_BYTES)
    return np.frombuffer(data, dtype="<u8").reshape(count, *shape)
