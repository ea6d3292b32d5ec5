"""The parts of a running service, which its routes share."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from fastapi import Request

from prover.network import work as works
from prover.network.receipts import Receipt, Sign
from prover.network.service import problems, standing
from prover.network.service.applier import Applier
from prover.network.service.metrics import Metrics
from prover.network.service.office import Office
from prover.network.service.peers import FALSE_PROOF_COST, Peers, name_of
from prover.network.service.problems import Problem
from prover.network.service.readers import Readers
from prover.network.service.receipting import Receipting
from prover.network.service.standing import Standing
from prover.network.service.tilecache import TileCache
from prover.network.service.together import Member
from prover.network.service.waiting import Full, Waiting, Work
from settlement import engine
from settlement.errors import OutcomeUnknown, Unavailable
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.state import VerifyProofs
from zk.errors import FormatError

T = TypeVar("T")

ANSWER_S = 30
BUSY = 64  # requests that wait: with each doubling of this, work is doubled
FIRST_BITS = 16
NO_DATABASE = "the ledger's database cannot be reached now"
_FALSE = (Rejection.INVALID_PROOF, Rejection.FUNDS_INVALID)


@dataclass
class Parts:
    """What a service is made of.

    `version` counts how often the ledger or the board may have changed, and `changed` is notified of it; `streams` has
    how many connections of each peer are told of it.  `key_folders` are those of development keys, by statement;
    `member` is which of several processes this is; `folder` is the pool's, where evidence lies.  Without `sign`, the
    operator's key is elsewhere.
    """

    readers: Readers
    receipting: Receipting
    applier: Applier
    waiting: Waiting
    metrics: Metrics
    peers: Peers
    standings: Standing
    sign: Sign | None
    clock: Callable[[], int]
    verify_proofs: VerifyProofs
    key_folders: Mapping[str, Path]
    member: Member
    office: Office
    folder: Path | None = None
    tiles: TileCache = field(default_factory=TileCache)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    version: int = 0
    streams: Counter[str] = field(default_factory=Counter)

    async def notify(self) -> None:
        """Tells whoever waits that the ledger or the board may have changed, or what is final; in all processes."""
        self.member.ring()
        await self.hear()

    async def hear(self) -> None:
        """Tells whoever waits in this process."""
        self.version += 1
        async with self.changed:
            self.changed.notify_all()

    async def settle(self, request: Request, data: bytes) -> engine.Receipt:
        """The place of the bundle in these bytes, which has settled.  Raises Problem."""
        await self.office.check()
        self._check_work(request, data)
        place = await self._answered(request, lambda: self.applier.submit(*self._turn(request), data))
        if not place.apply_us:  # it had settled before
            self.standings.add(peer(request), standing.REPEATED)
        return place

    async def receipt(self, place: engine.Receipt) -> Receipt:
        """The receipt of what has just settled.  Raises Problem as `told`."""
        try:
            return await self.receipting.receipt(place)
        except (Unavailable, FormatError):
            raise _unknown() from None

    async def act(self, request: Request, data: bytes, work: Work[T]) -> T:
        """What `work` returns, done by the applier with the `data` that was sent.  Raises Problem."""
        await self.office.check()
        self._check_work(request, data)
        return await self.keep(request, work)

    async def keep(self, request: Request, work: Work[T]) -> T:
        """What `work` returns, which settles nothing, done by the applier whoever has the office.  Raises Problem."""
        return await self._answered(request, lambda: self.applier.act(*self._turn(request), work))

    def _turn(self, request: Request) -> tuple[str, int]:
        """Who sent a request, and the level at which it waits."""
        name = peer(request)
        return name, self.standings.level(name)

    async def told(self, question: Callable[[Ledger], T | None]) -> T:
        """The answer of `question` about what was just done.

        Raises Problem when there is none: not that of a refusal, because it was done.
        """
        try:
            answer = await self.readers.run(question)
        except (Unavailable, FormatError):
            raise _unknown() from None
        if answer is None:
            raise _unknown()
        return answer

    def _check_work(self, request: Request, data: bytes) -> None:
        """Raises Problem when so many requests come first that each must show work, and this one shows too little.

        So it is asked of those first who have cost the service most.
        """
        here, ahead = len(self.waiting), self.waiting.ahead(self._turn(request)[1])
        elsewhere = max(self.member.waiting() - here, 0)
        # Of what waits in other processes as large a share comes first as here; all of it, when nothing waits here.
        excess = (ahead + (elsewhere * ahead // here if here else elsewhere)) // BUSY
        bits = min(FIRST_BITS + excess.bit_length() - 1, works.MAX_BITS) if excess else 0
        if bits and not works.is_done(data, request.headers.get(works.HEADER, ""), bits):
            raise Problem(
                503, "WORK", "The service is busy, and serves those first who do some work.",
                f"send it again with a nonce of {bits} bits (prover.network.work)",
                headers={works.HEADER: str(bits), "Retry-After": "1"},
            )  # fmt: skip

    async def _answered(self, request: Request, put: Callable[[], "Future[T]"]) -> T:
        try:
            async with asyncio.timeout(ANSWER_S):
                return await asyncio.shield(asyncio.wrap_future(put()))
        except Full as full:
            raise problems.busy(str(full)) from None
        except (TimeoutError, OutcomeUnknown):
            raise _unknown() from None
        except Unavailable:
            raise problems.busy(NO_DATABASE) from None
        except Rejected as rejected:
            if rejected.rejection in _FALSE:  # the only refusals that cost the service a multiple of what they cost
                self.peers.fine(address(request), FALSE_PROOF_COST)
                self.standings.add(peer(request), standing.FALSE_PROOF)
            raise problems.of(rejected) from None


def _unknown() -> Problem:
    return Problem(
        504, "OUTCOME_UNKNOWN", "The service does not know whether it was done.",
        "ask for it by its id, or send it again: it is done once",
    )  # fmt: skip


def of(request: Request) -> Parts:
    """The parts of the service that a request came to."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts), "the service has started"
    return parts


def peer(request: Request) -> str:
    """Who takes turns with others."""
    return name_of(address(request))


def address(request: Request) -> str | None:
    """Where a request came from, for the buckets of prover.network.service.peers alone."""
    return request.client.host if request.client else None
