"""FROST: t of n members sign together, and the result is one signature of zk/signature.py.

    round 1   member i:  d_i, e_i fresh;  publishes D_i = d_i·B8, E_i = e_i·B8
    round 2   all know the message m and the list B of (i, D_i, E_i) of the signers:
              ρ_i = H(A, m, B, i)            binding factor: an answer counts for this message and this list alone
              R   = Σ D_i + ρ_i·E_i          c = 8 Poseidon(R, A, m)
              z_i = d_i + ρ_i·e_i + c·λ_i·s_i                    z_i·B8 = D_i + ρ_i·E_i + c·λ_i·Y_i  is what is checked
    signature (R, Σ z_i)

Nonces that sign twice give the share away, so an object of them signs once.  Under a re-randomised key
rk = A + alpha·B8 the members sign with `keys.rerandomised` shares; nothing else changes, and ρ_i and c bind rk.

Source: RFC 9591, sections 4 and 5, with SHA-512 modulo l for H1, H3, H4, H5 and with EdDSA-Poseidon's challenge for H2;
Komlo, Goldberg, "FROST" (ePrint 2020/852).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zk import domains, entropy, signature
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, IDENTITY, ORDER, Point
from zk.errors import FormatError, InvalidProof
from zk.fields import prime
from zk.signature import Signature
from zk.threshold import hashing, sharing
from zk.threshold.keys import GroupKey, KeyShare

NONCE_BYTES = 32


class FalseAnswers(InvalidProof):
    """The answers of `members` are missing or false."""

    def __init__(self, members: Sequence[int]):
        super().__init__(f"the parts of the signature of members {', '.join(map(str, members))} are missing or false")
        self.members = tuple(members)


class NoncesSpent(ValueError):
    """These nonces have signed already."""


@dataclass(frozen=True)
class Commitment:
    """What member `index` publishes in the first round."""

    index: int
    hiding: Point
    binding: Point


class Nonces:
    """A member's nonces of one signature.  They sign once; their repr is their class name."""

    def __init__(self, hiding: int, binding: int):
        self._scalars: tuple[int, int] | None = (hiding, binding)

    def __repr__(self) -> str:
        return type(self).__name__

    def spend(self) -> tuple[int, int]:
        """(d, e), once.  Raises NoncesSpent when they signed already."""
        if self._scalars is None:
            raise NoncesSpent("these nonces have signed already: a second signature would reveal the share")
        scalars, self._scalars = self._scalars, None
        return scalars


def commit(share: KeyShare) -> tuple[Nonces, Commitment]:
    """The first round: fresh nonces, from randomness and the share (RFC 9591, section 4.1), and what is published."""
    hiding, binding = (
        hashing.scalar(domains.THRESHOLD_NONCE, entropy.token(NONCE_BYTES), hashing.number(share.secret))
        for _ in range(2)
    )
    points = (babyjubjub.multiply(nonce, BASE8) for nonce in (hiding, binding))
    return Nonces(hiding, binding), Commitment(share.index, *points)


def sign(share: KeyShare, nonces: Nonces, message: int, commitments: Sequence[Commitment]) -> int:
    """The second round: the member's part z_i of the signature of `message` by the members of these commitments.

    Raises NoncesSpent, and InvalidProof when the list is malformed or does not hold the member's own commitment; then
    the nonces are spent, too.
    """
    hiding, binding = nonces.spend()
    own = Commitment(share.index, babyjubjub.multiply(hiding, BASE8), babyjubjub.multiply(binding, BASE8))
    listed = _check_list(share.group, message, commitments)
    if listed.get(share.index) != own:
        raise InvalidProof("the list of commitments does not have this member's own")
    factors, r = _nonce_point(share.group, message, listed)
    weight = sharing.weights(tuple(listed))[share.index]
    challenge = signature.challenge(r, share.group.public, message)
    return (hiding + factors[share.index] * binding + challenge * weight * share.secret) % ORDER


def combine(
    group: GroupKey, message: int, commitments: Sequence[Commitment], answers: Mapping[int, int]
) -> Signature:
    """The group's signature from the answers z_i, by member.

    Raises InvalidProof when the list is malformed, and FalseAnswers with the members whose answers are not right.
    """
    listed = _check_list(group, message, commitments)
    factors, r = _nonce_point(group, message, listed)
    weights = sharing.weights(tuple(listed))
    challenge = signature.challenge(r, group.public, message)
    false = []
    for index, commitment in listed.items():
        bound = _bound(commitment, factors[index])
        expected = babyjubjub.add(bound, babyjubjub.multiply(challenge * weights[index] % ORDER, group.share(index)))
        answer = answers.get(index)
        if answer is None or not 0 <= answer < ORDER or babyjubjub.multiply(answer, BASE8) != expected:
            false.append(index)
    if false:
        raise FalseAnswers(false)
    result = Signature(r, sum(answers[index] for index in listed) % ORDER)
    signature.verify(group.public, message, result)
    return result


def _check_list(group: GroupKey, message: int, commitments: Sequence[Commitment]) -> dict[int, Commitment]:
    """The commitments by member, in their order.  Raises InvalidProof unless there are t different ones or more."""
    if not 0 <= message < prime.R:
        raise InvalidProof("the message is not below the modulus")
    listed = {commitment.index: commitment for commitment in sorted(commitments, key=lambda one: one.index)}
    if len(listed) != len(commitments):
        raise InvalidProof("a member is twice in the list of commitments")
    if len(listed) < group.quorum.threshold:
        raise InvalidProof(f"{len(listed)} of the {group.quorum.threshold} members that it takes sign")
    for index, commitment in listed.items():
        if index not in group.quorum.indices:
            raise InvalidProof(f"there is no member {index} of {group.quorum.members}")
        try:
            for point in (commitment.hiding, commitment.binding):
                babyjubjub.point(*point, f"a commitment of member {index}")
        except FormatError as error:
            raise InvalidProof(str(error)) from None
    return listed


def _nonce_point(group: GroupKey, message: int, listed: Mapping[int, Commitment]) -> tuple[dict[int, int], Point]:
    """The binding factors by member, and R.  Raises InvalidProof when R is the identity."""
    listing = b"".join(
        hashing.number(index) + hashing.points(one.hiding, one.binding) for index, one in listed.items()
    )
    bound = (hashing.points(group.public), hashing.number(message), listing)
    factors = {
        index: hashing.scalar(domains.THRESHOLD_BINDING, *bound, hashing.number(index)) for index in listed
    }
    r = IDENTITY
    for index, commitment in listed.items():
        r = babyjubjub.add(r, _bound(commitment, factors[index]))
    if r == IDENTITY:
        raise InvalidProof("the commitments add up to the identity")
    return factors, r


def _bound(commitment: Commitment, factor: int) -> Point:
    """D_i + ρ_i·E_i."""
    return babyjubjub.add(commitment.hiding, babyjubjub.multiply(factor, commitment.binding))
