"""Dealt keys for tests: honest members by default, and any part of the dealing replaced on request."""

from zk.threshold import dkg
from zk.threshold.keys import KeyShare
from zk.threshold.sharing import Quorum

CONTEXT = b"a dealing in a test"


def announced(quorum: Quorum) -> tuple[dict[int, dkg.Dealing], dict[int, dkg.Announcement]]:
    """Everybody's secret polynomial and announcement."""
    made = {index: dkg.announce(quorum, CONTEXT, index) for index in quorum.indices}
    return {i: pair[0] for i, pair in made.items()}, {i: pair[1] for i, pair in made.items()}


def dealt(threshold: int, members: int) -> tuple[KeyShare, ...]:
    """The shares of a key that honest members dealt."""
    quorum = Quorum(threshold, members)
    dealings, announcements = announced(quorum)
    for announcement in announcements.values():
        dkg.check_announcement(quorum, CONTEXT, announcement)
    return tuple(
        dkg.finish(quorum, i, announcements, {d: dkg.share(dealings[d], i) for d in dealings}, quorum.indices)
        for i in quorum.indices
    )
