"""Whose orders and bundles are verified together with others', and how much time is spent on everybody else's.

    known       something new of his was taken, within KNOWN_MS, and nothing false came since
    stranger    everybody else: who has taken another address is one too, so all strangers have one standing in common
    suspect     a stranger who sent something false lately, or any, while CROWD_COST of false proofs came of strangers

What a suspect sends is verified last, and alone, so that nobody else's waits for the search for a false proof.  All
suspects together get SHARE of the time (Allowance).  So false proofs cost those who are known next to nothing, however
many come, and from however many addresses; a stranger who comes meanwhile has to wait, or to show work.

To be known costs an order that would settle, and that is lost with the first false proof.  An order that is there
already is nothing new: it may be anybody's.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prover.network.service import peers
from prover.network.service.standing import FALSE_PROOF, Standing
from prover.network.service.together import Shared
from settlement.rejection import Rejected, Rejection

SUSPECT = 3
"""The level of a suspect at least (prover.network.service.standing): from there on each is verified alone."""
CROWD_COST = 3 * FALSE_PROOF
KNOWN_MS = 24 * 3_600_000
SHARE, MOST_NS = 10, 200_000_000
"""Suspects get a SHARE-th of the time, and so much of it at once."""
FALSE = (Rejection.INVALID_PROOF, Rejection.FUNDS_INVALID)
"""What a service is asked to refuse at the greatest cost; the same bytes are as false the next time."""
MAX_REMEMBERED = 4_096
_STRANGERS = "strangers"
_NS_PER_MS = 1_000_000


class Trust:
    """Who is known, in all processes that share these standings."""

    def __init__(
        self, standings: Standing, now_ms: Callable[[], int] = lambda: time.monotonic_ns() // _NS_PER_MS,
        shared: Shared | None = None,
    ):  # fmt: skip
        self._standings, self._now_ms, self._shared = standings, now_ms, shared or Shared(1, peers.BUCKET_WORDS)

    def took(self, peer: str) -> None:
        """Notes that something new of a peer's was taken."""
        rows, tag = self._shared.known, peers.tag_of(self._shared, peer)
        with self._shared.lock:
            place, _ = peers.place_of(rows, tag)
            rows[place], rows[place + 2] = tag, self._now_ms()

    def refused(self, peer: str) -> None:
        """Notes that a peer sent a false proof."""
        if not self.is_known(peer):
            self._standings.add(_STRANGERS, FALSE_PROOF)
        self._standings.add(peer, FALSE_PROOF)
        rows, tag = self._shared.known, peers.tag_of(self._shared, peer)
        with self._shared.lock:
            place, is_new = peers.place_of(rows, tag)
            if not is_new:
                rows[place] = rows[place + 2] = 0

    def is_known(self, peer: str) -> bool:
        """Whether something new of this peer's was taken, and nothing false came since."""
        rows = self._shared.known
        place, is_new = peers.place_of(rows, peers.tag_of(self._shared, peer))
        return not is_new and self._now_ms() - rows[place + 2] < KNOWN_MS

    def is_suspect(self, peer: str) -> bool:
        """Whether what this peer sends is verified last and alone."""
        if self.is_known(peer):
            return False
        return self._standings.level(peer) >= SUSPECT or self._standings.cost(_STRANGERS) >= CROWD_COST

    def level(self, peer: str) -> int:
        """The level at which what this peer sends waits to be verified: SUSPECT or more for suspects, and no others."""
        level = self._standings.level(peer)
        return max(level, SUSPECT) if self.is_suspect(peer) else min(level, SUSPECT - 1)


class Allowance:
    """The time that may be spent on suspects.  Any thread may ask; one spends."""

    def __init__(self, now_ns: Callable[[], int] = time.monotonic_ns):
        self._now_ns, self._whole_ns = now_ns, now_ns()  # when nothing of it will be spent

    def debt_ms(self) -> int:
        """How much too much was spent; 0 while there is something left."""
        spent_ns = (self._whole_ns - self._now_ns()) // SHARE
        return max(-(-(spent_ns - MOST_NS) // _NS_PER_MS), 0)

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Something of suspects is verified while this lasts."""
        began_ns = self._now_ns()
        try:
            yield
        finally:
            ended_ns = self._now_ns()
            self._whole_ns = max(self._whole_ns, ended_ns) + (ended_ns - began_ns) * SHARE


class Remembered:
    """What was refused for a false proof, by its bytes: the newest MAX_REMEMBERED.  Belongs to one thread."""

    def __init__(self) -> None:
        self._refusals: OrderedDict[bytes, Rejected] = OrderedDict()

    def check(self, data: bytes) -> None:
        """Raises Rejected as the first time, where these bytes were refused."""
        digest = hashlib.sha256(data).digest()
        refused = self._refusals.get(digest)
        if refused is not None:
            self._refusals.move_to_end(digest)
            raise Rejected(refused.rejection, refused.detail)

    def add(self, data: bytes, refused: Rejected) -> None:
        """Remembers a refusal, if it is one for a false proof."""
        if refused.rejection in FALSE:
            self._refusals[hashlib.sha256(data).digest()] = refused
            while len(self._refusals) > MAX_REMEMBERED:
                self._refusals.popitem(last=False)
