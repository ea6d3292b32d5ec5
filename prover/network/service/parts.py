"""The parts of a running service, which its routes share."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from fastapi import Request

from prover.network.service import effort, peers, problems, standing
from prover.network.service.applier import Applier
from prover.network.service.census import Census
from prover.network.service.forwarding import Answer, Elsewhere, Forwarding
from prover.network.service.mailbox import Mailbox
from prover.network.service.metrics import Metrics
from prover.network.service.office import Office
from prover.network.service.peers import FALSE_PROOF_COST, Peers, name_of
from prover.network.service.problems import Problem
from prover.network.service.readers import Readers
from prover.network.service.receipting import Receipting
from prover.network.service.standing import Standing, Turns
from prover.network.service.tilecache import TileCache
from prover.network.service.together import Member
from prover.network.service.trust import FALSE, Allowance, Remembered, Trust
from prover.network.service.waiting import Full, Waiting, Work
from prover.network.wire import work as works
from prover.network.wire.receipts import Receipt, Sign
from settlement import engine
from settlement.checks.state import VerifyProofs
from settlement.errors import OutcomeUnknown, Unavailable
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from settlement.storage.orders import Order
from zk.errors import FormatError

T = TypeVar("T")

ANSWER_S = 30
TOGETHER_S = 0.1
"""Streams are told at most so often: what happens meanwhile they are told together, in one text for all of them."""
NO_DATABASE = "the ledger's database cannot be reached now"


@dataclass
class Parts:
    """What a service is made of.

    `version` counts how often streams were told that the ledger or the board may have changed; `changed` is set next
    time, and replaced; `streams` has how many connections of each peer are told of it.  `key_folders` are those of
    development keys, by statement; `member` is which of several processes this is; `folder` is the pool's, where
    evidence lies.  Without `sign`, the operator's key is elsewhere.  `asked_s` is when validators were asked to cosign
    the checkpoint after a height, and `asking` is held by who looks at it.
    """

    readers: Readers
    receipting: Receipting
    applier: Applier
    waiting: Waiting
    metrics: Metrics
    peers: Peers
    standings: Standing
    turns: Turns
    trust: Trust
    allowance: Allowance
    sign: Sign | None
    clock: Callable[[], int]
    verify_proofs: VerifyProofs
    key_folders: Mapping[str, Path]
    member: Member
    office: Office
    mailbox: Mailbox
    forwarding: Forwarding
    folder: Path | None = None
    tiles: TileCache = field(default_factory=TileCache)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    version: int = 0
    streams: Census = field(default_factory=Census)
    false_orders: Remembered = field(default_factory=Remembered)
    asked_s: Mapping[int, int] = field(default_factory=dict)
    asking: threading.Lock = field(default_factory=threading.Lock)
    _telling: asyncio.TimerHandle | None = None
    _has_more: bool = False

    async def notify(self) -> None:
        """Tells whoever waits that the ledger or the board may have changed, or what is final; in all processes."""
        self.member.ring()
        await self.hear()

    async def hear(self) -> None:
        """Tells whoever waits in this process: now, or TOGETHER_S after the last time."""
        loop = asyncio.get_running_loop()
        if self.stopping.is_set():
            self._tell()
        elif self._telling is None:
            self._tell()
            self._telling = loop.call_later(TOGETHER_S, self._tell_later)
        else:
            self._has_more = True

    def _tell(self) -> None:
        self.version += 1
        self.changed.set()
        self.changed = asyncio.Event()

    def _tell_later(self) -> None:
        self._telling = None
        if self._has_more:
            self._has_more = False
            self._tell()
            self._telling = asyncio.get_running_loop().call_later(TOGETHER_S, self._tell_later)

    async def settle(self, request: Request, data: bytes) -> engine.Receipt:
        """The place of the bundle in these bytes, which has settled.  Raises Problem, and Elsewhere in a copy."""
        await self.check(request, data)
        place = await self._answered(request, lambda: self.applier.submit(*self._turn(request), data))
        if place.apply_us:
            self.trust.took(peer(request))
        else:  # it had settled before
            self.standings.add(peer(request), standing.REPEATED)
        return place

    async def receipt(self, place: engine.Receipt) -> Receipt:
        """The receipt of what has just settled.  Raises Problem as `told`."""
        try:
            return await self.receipting.receipt(place)
        except (Unavailable, FormatError):
            raise _unknown() from None

    async def act(self, request: Request, data: bytes, work: Work[T]) -> T:
        """What `work` returns, done by the applier with the `data` that was sent.  Raises as `settle`."""
        await self.check(request, data)
        return await self.keep(request, work)

    async def check(self, request: Request, data: bytes, count: int = 1) -> None:
        """Raises unless this may wait: Elsewhere in a copy, Rejected for an order known as false, and Problem."""
        await self.pass_on(request, data)
        await self.office.check()
        self.false_orders.check(data)
        self._check_work(request, data, count)

    async def place(self, request: Request, data: bytes) -> Order:
        """The order of the posting in these bytes, on the board.  Raises Rejected, and as `settle`."""
        await self.check(request, data)
        placed = await self._answered(
            request, lambda: self.applier.place(*self._turn(request), data), lambda no: self.false_orders.add(data, no)
        )  # fmt: skip
        if placed.is_new:
            self.trust.took(peer(request))
        return placed.order

    async def keep(self, request: Request, work: Work[T]) -> T:
        """What `work` returns, which settles nothing, done by the applier whoever has the office.  Raises Problem."""
        return await self._answered(request, lambda: self.applier.act(*self._turn(request), work))

    def settling(self, request: Request) -> AbstractContextManager[None]:
        """While this lasts, who has cost more than the sender of a request waits for it."""
        return self.turns.settling(self._turn(request)[1])

    async def operators_board(self, request: Request) -> bytes | None:
        """What the operator's service has at this path, for a copy has no board; None where this is the operator's.

        Raises Problem.
        """
        if self.sign is not None:
            return None
        url = await self._operators(request)
        if url is None:
            await self.office.check()
            return None
        return await self.forwarding.board(url + request.url.path)

    async def pass_on(self, request: Request, data: bytes) -> None:
        """Raises Elsewhere in a copy that knows where the operator's is, unless that was passed on to it itself."""
        url = await self._operators(request)
        if url is not None:
            raise Elsewhere(url, request.url.path, data, request.headers.get(works.HEADER, ""))

    async def forward(self, request: Request, one: Elsewhere) -> Answer:
        """What the operator's service answers to something that a copy passes on to it.  Raises Problem."""
        for _ in range((answer := await self.forwarding.post(one)).num_false(one.path)):
            self.fine(request)
        return answer

    async def _operators(self, request: Request) -> str | None:
        """Where the operator's service is, to which a copy's passes a request on; None when that has been done once."""
        return None if peers.FORWARDED in request.headers else await self.office.url()

    def fine(self, request: Request) -> None:
        """Counts a false proof, the only refusal that costs the service a multiple of what it costs the sender."""
        self.peers.fine(address(request), FALSE_PROOF_COST)
        self.trust.refused(peer(request))

    def _turn(self, request: Request) -> tuple[str, int]:
        """Who sent a request, and the level at which it waits."""
        name = peer(request)
        return name, self.trust.level(name)

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

    def _check_work(self, request: Request, data: bytes, count: int = 1) -> None:
        wanted = effort.bits(self.waiting, self.member, self.allowance, self._turn(request)[1], count)
        effort.check(wanted, data, request.headers.get(works.HEADER, ""))

    async def _answered(
        self, request: Request, put: Callable[[], "Future[T]"], false: Callable[[Rejected], object] = lambda no: None
    ) -> T:  # fmt: skip
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
            if rejected.rejection in FALSE:
                self.fine(request)
                false(rejected)
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
