"""Partial decryptions: each of t members answers s_i·E with a proof that it used its share, and together they have s·E.

    D_i = s_i·E      proof that log_E D_i = log_B8 Y_i, Y_i = s_i·B8 the member's public share (Chaum and Pedersen):
    k random,  c = H(E, Y_i, D_i, k·B8, k·E),  z = k + c·s_i
    valid when  c = H(E, Y_i, D_i, z·B8 - c·Y_i, z·E - c·D_i)

    s·E = Σ λ_i D_i, for any t members

E must be a point of order l: on any other, an answer would say something about s_i modulo the cofactor.

Source: Chaum, Pedersen, "Wallet Databases with Observers" (CRYPTO 1992), section 3.2.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from zk import domains, entropy
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, ORDER, Point
from zk.errors import FormatError, InvalidProof
from zk.threshold import hashing, sharing
from zk.threshold.keys import GroupKey, KeyShare


@dataclass(frozen=True)
class Partial:
    """Member `index`'s part D_i of a decryption, and its proof (c, z)."""

    index: int
    point: Point
    challenge: int
    response: int


def partial(share: KeyShare, ephemeral: Point) -> Partial:
    """The member's part of the decryption of what is encrypted under E.

    Raises FormatError unless E is a point of order l: a member must not answer for any other.
    """
    babyjubjub.point(*ephemeral, "the point to decrypt")
    point = babyjubjub.multiply(share.secret, ephemeral)
    nonce = entropy.scalar(ORDER)
    commitments = (babyjubjub.multiply(nonce, BASE8), babyjubjub.multiply(nonce, ephemeral))
    challenge = _challenge(ephemeral, share.group.share(share.index), point, *commitments)
    return Partial(share.index, point, challenge, (nonce + challenge * share.secret) % ORDER)


def check(group: GroupKey, ephemeral: Point, answer: Partial) -> None:
    """Raises InvalidProof, naming the member, unless its part was made with its share of this key."""
    who = f"member {answer.index}"
    if answer.index not in group.quorum.indices:
        raise InvalidProof(f"there is no {who} of {group.quorum.members}")
    try:
        babyjubjub.point(*ephemeral, "the point to decrypt")
        babyjubjub.point(*answer.point, f"the partial decryption of {who}")
    except FormatError as error:
        raise InvalidProof(str(error)) from None
    if not (0 <= answer.challenge < ORDER and 0 <= answer.response < ORDER):
        raise InvalidProof(f"the proof of {who} is not below the group order")
    public = group.share(answer.index)
    commitments = (
        _minus(BASE8, answer.response, public, answer.challenge),
        _minus(ephemeral, answer.response, answer.point, answer.challenge),
    )
    if _challenge(ephemeral, public, answer.point, *commitments) != answer.challenge:
        raise InvalidProof(f"the partial decryption of {who} was not made with its share")


def combine(group: GroupKey, ephemeral: Point, answers: Iterable[Partial]) -> Point:
    """s·E from the answers of members, of which each is checked.

    Raises InvalidProof as `check` does, when a member answers twice, or when fewer than the threshold answer.
    """
    parts: dict[int, Point] = {}
    for answer in answers:
        check(group, ephemeral, answer)
        if answer.index in parts:
            raise InvalidProof(f"member {answer.index} answers twice")
        parts[answer.index] = answer.point
    threshold = group.quorum.threshold
    if len(parts) < threshold:
        raise InvalidProof(f"{len(parts)} of the {threshold} members that it takes answered")
    chosen = sorted(parts)[:threshold]
    return sharing.recover_point({index: parts[index] for index in chosen})


def _minus(base: Point, response: int, point: Point, challenge: int) -> Point:
    """z·base - c·point."""
    scaled = babyjubjub.multiply(challenge, point)
    return babyjubjub.add(babyjubjub.multiply(response, base), babyjubjub.negate(scaled))


def _challenge(ephemeral: Point, public: Point, point: Point, *commitments: Point) -> int:
    return hashing.scalar(domains.THRESHOLD_DECRYPTION, hashing.points(ephemeral, public, point, *commitments))
