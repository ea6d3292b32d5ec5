"""A dealt key: what everybody may know of it, and one member's share of its secret.

    group secret s = f(0), never held by anybody;  key A = s·B8;  member i holds s_i = f(i), and everybody knows s_i·B8

A key re-randomised by alpha is the dealt key of f + alpha: its members hold s_i + alpha, because Lagrange's weights
add up to 1.
"""

from dataclasses import dataclass

from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, ORDER, Point
from zk.errors import FormatError
from zk.threshold import sharing
from zk.threshold.sharing import Quorum


@dataclass(frozen=True)
class GroupKey:
    """A dealt key: its quorum, its public key A, and the members' public shares s_i·B8, member 1 first."""

    quorum: Quorum
    public: Point
    shares: tuple[Point, ...]

    def share(self, index: int) -> Point:
        """The public share of a member, numbered from 1."""
        return self.shares[index - 1]


@dataclass(frozen=True, repr=False)
class KeyShare:
    """A member's share of the secret of a dealt key.  Its repr is its class name."""

    index: int
    secret: int
    group: GroupKey

    def __repr__(self) -> str:
        return type(self).__name__


def check(group: GroupKey) -> None:
    """Raises FormatError unless the points are of order l and lie on one polynomial of degree t - 1 through the key.

    For a key that comes from outside, such as a file.
    """
    quorum = group.quorum
    if len(group.shares) != quorum.members:
        raise FormatError(f"the dealt key has {len(group.shares)} public shares instead of {quorum.members}")
    babyjubjub.point(*group.public, "the dealt key")
    for index in quorum.indices:
        babyjubjub.point(*group.share(index), f"the public share of member {index}")
    for last in range(quorum.threshold, quorum.members + 1):  # t - 1 fixed ones and each of the others in turn
        chosen = [*range(1, quorum.threshold), last]
        if sharing.recover_point({index: group.share(index) for index in chosen}) != group.public:
            raise FormatError("the public shares are not shares of the dealt key")


def check_share(share: KeyShare) -> None:
    """Raises FormatError unless the group's key is one (`check`) and the secret is this member's share of it."""
    check(share.group)
    if share.index not in share.group.quorum.indices:
        raise FormatError(f"there is no member {share.index} of {share.group.quorum.members}")
    if babyjubjub.multiply(share.secret, BASE8) != share.group.share(share.index):
        raise FormatError(f"the secret is not member {share.index}'s share of the dealt key")


def rerandomised_group(group: GroupKey, alpha: int) -> GroupKey:
    """The public part of the key of secret s + alpha."""
    added = babyjubjub.multiply(alpha, BASE8)
    return GroupKey(
        group.quorum,
        babyjubjub.add(group.public, added),
        tuple(babyjubjub.add(share, added) for share in group.shares),
    )


def rerandomised(share: KeyShare, alpha: int) -> KeyShare:
    """The member's share of the key of secret s + alpha."""
    return KeyShare(share.index, (share.secret + alpha) % ORDER, rerandomised_group(share.group, alpha))
