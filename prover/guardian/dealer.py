"""One guardian's part in dealing the guardians' two keys, round by round (zk/threshold/dkg.py, twice at once).

    hello      32 random bytes from each: together with the members' identities they name this dealing
    announce   commitments and proofs of possession, to all
    share      the shares for each member, to it alone, and the digest of all announcements that were seen
    complain   the dealers whose share is missing or false, to all
    reveal     the shares complained of, to all
    confirm    the digest of the result, to all: only what all members have is kept

Each method takes what all members said in the round before, by member, its own words among it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from zk import domains, entropy
from zk.curves.babyjubjub import Point
from zk.errors import InvalidProof
from zk.threshold import dkg, hashing
from zk.threshold.dkg import Announcement, Dealing
from zk.threshold.keys import GroupKey, KeyShare
from zk.threshold.sharing import Quorum

HELLO_BYTES = 32
KEYS = (b"decryption", b"signing")
_BOTH = range(len(KEYS))


@dataclass(frozen=True, repr=False)
class Shares:
    """What a dealer sends one member: a share of each key, and the digest of the announcements it saw."""

    values: tuple[int, ...]
    transcript: bytes

    def __repr__(self) -> str:
        return type(self).__name__


@dataclass(frozen=True)
class Revealed:
    """The shares that a dealer publishes because `member` complained, one of each key; None where it did not."""

    member: int
    values: tuple[int | None, ...]


class Dealer:
    """Member `index` of the quorum in one dealing.  `identities` are those of all members, member 1 first."""

    def __init__(self, quorum: Quorum, index: int, identities: tuple[bytes, ...]):
        self.quorum, self.index = quorum, index
        self._identities = identities
        self._hello = entropy.token(HELLO_BYTES)
        self._dealings: tuple[Dealing, ...] = ()
        self._contexts: tuple[bytes, ...] = ()
        self._announced: list[dict[int, Announcement]] = [{}, {}]
        self._transcript = b""
        self._received: list[dict[int, int]] = [{}, {}]

    def __repr__(self) -> str:
        return type(self).__name__

    def hello(self) -> bytes:
        """Fresh bytes, which make this dealing another than all before."""
        return self._hello

    def announce(self, hellos: Mapping[int, bytes]) -> tuple[Announcement, ...]:
        """This dealer's announcements, one for each key."""
        names = [part for index in self.quorum.indices for part in (self._identities[index - 1], hellos[index])]
        self._contexts = tuple(hashing.digest(domains.GUARDIAN_DEALING, key, *names) for key in KEYS)
        made = [dkg.announce(self.quorum, context, self.index) for context in self._contexts]
        self._dealings = tuple(dealing for dealing, _ in made)
        return tuple(announcement for _, announcement in made)

    def share(self, announced: Mapping[int, tuple[Announcement, ...]]) -> dict[int, Shares]:
        """The shares for each member.  A dealer whose announcement is false is out."""
        digests = []
        for key in _BOTH:
            of_key = {index: both[key] for index, both in announced.items()}
            digests.append(dkg.transcript(of_key))
            self._announced[key] = {index: one for index, one in of_key.items() if self._is_sound(key, index, one)}
        self._transcript = hashlib.sha256(b"".join(digests)).digest()
        return {
            member: Shares(tuple(dkg.share(dealing, member) for dealing in self._dealings), self._transcript)
            for member in self.quorum.indices
        }

    def complain(self, shared: Mapping[int, Shares]) -> tuple[tuple[int, ...], ...]:
        """The dealers to complain of, for each key.

        Raises InvalidProof, naming the members, when some saw other announcements than this one.
        """
        others = [index for index, shares in sorted(shared.items()) if shares.transcript != self._transcript]
        if others:
            raise InvalidProof(f"somebody told members {', '.join(map(str, others))} other things than this one")
        for key in _BOTH:
            self._received[key] = {dealer: shares.values[key] for dealer, shares in shared.items()}
        return tuple(dkg.complaints(self.index, self._announced[key], self._received[key]) for key in _BOTH)

    def reveal(self, complained: Mapping[int, tuple[tuple[int, ...], ...]]) -> tuple[Revealed, ...]:
        """The shares that others complained of."""
        answers = []
        for member, by_key in sorted(complained.items()):
            values = tuple(
                dkg.share(self._dealings[key], member) if self.index in by_key[key] else None for key in _BOTH
            )
            if any(value is not None for value in values):
                answers.append(Revealed(member, values))
        return tuple(answers)

    def finish(
        self, complained: Mapping[int, tuple[tuple[int, ...], ...]], revealed: Mapping[int, tuple[Revealed, ...]]
    ) -> tuple[KeyShare, KeyShare]:
        """This member's shares of the decryption key and of the signing key.

        Raises InvalidProof when too few dealers are left.
        """
        shares = []
        for key in _BOTH:
            published = {
                (dealer, one.member): value
                for dealer, answers in revealed.items()
                for one in answers
                if (value := one.values[key]) is not None
            }
            accusations = {member: by_key[key] for member, by_key in complained.items()}
            dealers = dkg.qualified(self.quorum, self._announced[key], accusations, published)
            asked = accusations[self.index]  # nothing else that is revealed takes the place of a share that was sound
            own = {dealer: published[dealer, self.index] for dealer in asked if (dealer, self.index) in published}
            received = self._received[key] | own
            shares.append(dkg.finish(self.quorum, self.index, self._announced[key], received, dealers))
        decryption, signing = shares
        return decryption, signing

    def _is_sound(self, key: int, index: int, announcement: Announcement) -> bool:
        if announcement.index != index:
            return False
        try:
            dkg.check_announcement(self.quorum, self._contexts[key], announcement)
        except InvalidProof:
            return False
        return True


def confirmation(shares: tuple[KeyShare, ...]) -> bytes:
    """32 bytes that two members share exactly when they hold shares of the same keys."""
    return hashlib.sha256(b"".join(_public(share.group) for share in shares)).digest()


def check_confirmations(own: bytes, confirmed: Mapping[int, bytes]) -> None:
    """Raises InvalidProof, naming the members, when some have other keys."""
    others = [index for index, digest in sorted(confirmed.items()) if digest != own]
    if others:
        raise InvalidProof(f"members {', '.join(map(str, others))} have other keys than this one: deal again")


def _public(group: GroupKey) -> bytes:
    points: tuple[Point, ...] = (group.public, *group.shares)
    return hashing.points(*points)
