"""Dealing a key among members who do not trust each other: Feldman's sharing with proofs of possession and complaints.

    1  announce   each dealer i publishes the commitments C_i of a random polynomial f_i, and a proof that it knows
                  f_i(0): so nobody can choose a key as the negative sum of the others' and own the group's (rogue key)
    2  share      dealer i sends f_i(j) to member j alone, who checks it against C_i
    3  complain   member j publishes which dealers sent it nothing or a false share
    4  reveal     a dealer publishes each share complained of; a dealer that does not, reveals a false one, or has t or
                  more complaints is out (of t members who complain one is honest, so it cheated)
    5  finish     s_j = Σ f_i(j),  A = Σ C_i0,  public shares Σ f_i(j)·B8,  over the dealers still in

At least t dealers must be left: one of them is honest when fewer than t members are not, and its part hides the key.
What is published must reach all members alike; `transcript` is what they compare.

A dealer can have itself put out after it saw the others' commitments, and so choose between a few keys: Gennaro et al.
show that Schnorr signatures stay as hard to forge under such a key.

Sources: Gennaro, Jarecki, Krawczyk, Rabin, "Secure Distributed Key Generation for Discrete-Log Based Cryptosystems"
(J. Cryptology 2007), sections 3 and 6; Komlo, Goldberg, "FROST" (ePrint 2020/852), figure 1, for the proof of
possession.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from zk import domains, entropy
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, IDENTITY, ORDER, Point
from zk.errors import FormatError, InvalidProof
from zk.threshold import hashing, sharing
from zk.threshold.keys import GroupKey, KeyShare
from zk.threshold.sharing import Quorum


@dataclass(frozen=True, repr=False)
class Dealing:
    """A dealer's secret polynomial.  Its repr is its class name."""

    index: int
    coefficients: tuple[int, ...]

    def __repr__(self) -> str:
        return type(self).__name__


@dataclass(frozen=True)
class Announcement:
    """What a dealer publishes: its commitments, and the Schnorr proof (nonce·B8, response) that it knows f_i(0)."""

    index: int
    commitments: tuple[Point, ...]
    nonce: Point
    response: int


def announce(quorum: Quorum, context: bytes, index: int) -> tuple[Dealing, Announcement]:
    """A fresh polynomial and its announcement.  `context` names this dealing, so no announcement counts twice."""
    assert index in quorum.indices, "members are numbered from 1"
    dealing = Dealing(index, sharing.polynomial(entropy.scalar(ORDER), quorum.threshold))
    commitments = sharing.commit(dealing.coefficients)
    nonce = entropy.scalar(ORDER)
    point = babyjubjub.multiply(nonce, BASE8)
    challenge = _challenge(quorum, context, index, commitments, point)
    return dealing, Announcement(index, commitments, point, (nonce + challenge * dealing.coefficients[0]) % ORDER)


def check_announcement(quorum: Quorum, context: bytes, announcement: Announcement) -> None:
    """Raises InvalidProof, naming the dealer, for points outside the group, a wrong degree, or a false proof."""
    index, commitments = announcement.index, announcement.commitments
    who = f"member {index}"
    if index not in quorum.indices:
        raise InvalidProof(f"{who} is not one of {quorum.members}")
    if len(commitments) != quorum.threshold:
        raise InvalidProof(f"{who} announced {len(commitments)} commitments instead of {quorum.threshold}")
    try:
        for point in (*commitments, announcement.nonce):
            babyjubjub.point(*point, f"a point that {who} announced")
    except FormatError as error:
        raise InvalidProof(str(error)) from None
    if not 0 <= announcement.response < ORDER:
        raise InvalidProof(f"the proof of possession of {who} is not below the group order")
    challenge = _challenge(quorum, context, index, commitments, announcement.nonce)
    expected = babyjubjub.add(announcement.nonce, babyjubjub.multiply(challenge, commitments[0]))
    if babyjubjub.multiply(announcement.response, BASE8) != expected:
        raise InvalidProof(f"{who} does not prove that it knows the secret of its part of the key")


def transcript(announcements: Mapping[int, Announcement]) -> bytes:
    """64 bytes that two members share exactly when they saw the same announcements."""
    return hashing.digest(domains.THRESHOLD_TRANSCRIPT, *(
        hashing.number(index) + hashing.points(*announcement.commitments, announcement.nonce)
        + hashing.number(announcement.response)
        for index, announcement in sorted(announcements.items())
    ))  # fmt: skip


def share(dealing: Dealing, member: int) -> int:
    """f_i(j), for this member alone."""
    return sharing.evaluate(dealing.coefficients, member)


def is_share(announcement: Announcement, member: int, value: int | None) -> bool:
    """Whether this is the share that the announcement promises the member."""
    return (
        value is not None and 0 <= value < ORDER
        and babyjubjub.multiply(value, BASE8) == sharing.evaluate_commitments(announcement.commitments, member)
    )  # fmt: skip


def complaints(
    member: int, announcements: Mapping[int, Announcement], shares: Mapping[int, int]
) -> tuple[int, ...]:
    """The dealers that sent this member no share, or a false one; `shares` are by dealer."""
    return tuple(
        dealer for dealer, announcement in sorted(announcements.items())
        if not is_share(announcement, member, shares.get(dealer))
    )  # fmt: skip


def qualified(
    quorum: Quorum,
    announcements: Mapping[int, Announcement],
    complained: Mapping[int, Collection[int]],
    revealed: Mapping[tuple[int, int], int],
) -> tuple[int, ...]:
    """The dealers that are still in.

    `complained` are the dealers that each member complains of, and `revealed` the shares that dealers published, by
    (dealer, member).  Raises InvalidProof, naming those that are out, when fewer than the threshold are left.
    """
    left = []
    for dealer, announcement in sorted(announcements.items()):
        accusers = [member for member, accused in sorted(complained.items()) if dealer in accused]
        answered = all(is_share(announcement, member, revealed.get((dealer, member))) for member in accusers)
        if len(accusers) < quorum.threshold and answered:
            left.append(dealer)
    if len(left) < quorum.threshold:
        out = [index for index in quorum.indices if index not in left]
        raise InvalidProof(
            f"only {len(left)} of the {quorum.threshold} members that a key needs dealt honestly; out are "
            f"{', '.join(map(str, out))}"
        )
    return tuple(left)


def finish(
    quorum: Quorum, member: int, announcements: Mapping[int, Announcement], shares: Mapping[int, int],
    dealers: Collection[int],
) -> KeyShare:  # fmt: skip
    """The member's share of the dealt key, from the shares of the dealers that are in (those revealed among them).

    Raises InvalidProof when a share is missing or false, or the key is the identity.
    """
    secret, public = 0, IDENTITY
    points = dict.fromkeys(quorum.indices, IDENTITY)
    for dealer in sorted(dealers):
        announcement = announcements[dealer]
        if not is_share(announcement, member, shares.get(dealer)):
            raise InvalidProof(f"the share of member {dealer} for member {member} is missing or false")
        secret = (secret + shares[dealer]) % ORDER
        public = babyjubjub.add(public, announcement.commitments[0])
        for index in quorum.indices:
            part = sharing.evaluate_commitments(announcement.commitments, index)
            points[index] = babyjubjub.add(points[index], part)
    if IDENTITY in (public, *points.values()):
        raise InvalidProof("the dealt key or a share of it is the identity: deal again")
    return KeyShare(member, secret, GroupKey(quorum, public, tuple(points.values())))


def _challenge(quorum: Quorum, context: bytes, index: int, commitments: tuple[Point, ...], nonce: Point) -> int:
    numbers = b"".join(map(hashing.number, (quorum.threshold, quorum.members, index)))
    return hashing.scalar(
        domains.THRESHOLD_POSSESSION, context, numbers, hashing.points(*commitments), hashing.points(nonce)
    )
