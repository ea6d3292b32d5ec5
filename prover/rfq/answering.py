"""Answers requests with firm quotes: both sides proved on one account, of which the asker can settle one.

A quote binds its maker as an order does, until it expires or its account moves; the maker is asked for nothing more.
It takes the account from nobody: other quotes and orders may spend the same one, and the first that settles voids the
others.  So askers who never take cost their maker proofs and nothing else, and a Responder bounds these.

What both sides of an account would be is decided before anything is proved: `agree` is called with each.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from circuits.records import Position
from prover.carriers import letters
from prover.rfq import messages
from prover.rfq.inbox import Incoming
from prover.rfq.memory import Answered, Memory, Quoted
from prover.rfq.messages import Quote, Request, Side, Way
from prover.trader import assembly, choosing, keys, plan, sessions, shapes, trade
from prover.trader.plan import LegPlan
from prover.trader.sessions import Session
from prover.trader.trade import Agree
from settlement.bundles import digests, encoding
from zk.errors import FormatError, Unsatisfied
from zk.fields import prime

STEP_MS = 10_000
"""Quotes expire at a multiple of this, rounded up."""
MAX_LIFE_MS = 3_600_000
WINDOW_MS = 60_000


@dataclass(frozen=True, repr=False)
class Prices(keys.Secret):
    """What a maker is willing to trade some lines of a request for, together: payments by asset, on each side.

    A payment is what the maker gets for its offer, and what it pays for its bid; negative where it is the other way
    round.  Without a position the account is chosen that suits both sides best.
    """

    lines: frozenset[int]
    sides: Mapping[Way, Mapping[int, int]]
    position: Position | None = None


@dataclass(frozen=True, repr=False)
class Reply(keys.Secret):
    """An answer that the wallet remembers: the quotes, and the sealed letter, which nobody has sent yet."""

    quotes: tuple[Quote, ...]
    letter: bytes
    quoted: tuple[Quoted, ...]


def usual_expiry_ms(now_ms: int) -> int:
    """When a quote expires whose maker says nothing else: not to be told from a payment (prover/trader/shapes.py)."""
    return shapes.soon(now_ms)


def answer(
    session: Session, remembered: Memory, incoming: Incoming, prices: Sequence[Prices], expiry_ms: int, now_ms: int,
    agree: Agree = trade.refuse_new_debts, *, again: bool = False,
) -> Reply:  # fmt: skip
    """Proves the quotes and seals them to the reply address.  The wallet remembers the answer before this returns.

    Quotes of one account exclude each other.  Raises Unsatisfied when an account cannot do a side, and, unless it may
    answer `again`, when the request was answered before; FormatError for prices that are not for the request;
    keys.WatchOnly.
    """
    session.wallet.check_moves()
    request = incoming.request
    if not again and remembered.has_answered(request.request_id):
        raise Unsatisfied(f"request {request.request_id.hex()} was answered before")
    if incoming.expires_ms <= now_ms:
        raise Unsatisfied("the request has expired: nobody waits for an answer")
    quotes, quoted = quote(session, request, prices, expiry_ms, now_ms, agree)
    body = messages.encode_answer(request, quotes)
    letter = letters.seal(messages.ANSWER_KIND, body, incoming.reply, None, expiry_ms)
    remembered.keep(Answered(request.request_id, request.lines, now_ms, quoted))
    return Reply(quotes, letter, quoted)


def quote(
    session: Session, request: Request, prices: Sequence[Prices], expiry_ms: int, now_ms: int, agree: Agree
) -> tuple[tuple[Quote, ...], tuple[Quoted, ...]]:
    """Firm quotes at these prices, and what the wallet should remember of them.  Raises as `answer`."""
    _check(request, prices)
    if not now_ms < expiry_ms <= now_ms + MAX_LIFE_MS:
        raise FormatError("a quote stays open for at most an hour")
    sessions.sync(session)
    planned = [_planned(session, request, each, expiry_ms, now_ms, agree) for each in prices]
    plans = [made for sides in planned for made in sides.values()]
    remaining = iter(assembly.legs(plans, session.ledger.pool, session.keystore))
    quotes, quoted = [], []
    for each, sides in zip(prices, planned, strict=True):
        made = {}
        for way, leg_plan in sides.items():
            leg, payments = next(remaining), each.sides[way]
            leg_id = digests.leg_id(session.ledger.ledger_id, leg)
            made[way] = Side(payments, leg_plan.blinding, encoding.encode_leg(leg))
            quoted.append(Quoted(
                leg_id, prime.to_bytes(leg.nullifier), 1 if way is Way.OFFER else 2, tuple(payments.items()),
                leg.expiry_ms,
            ))  # fmt: skip
        quotes.append(Quote(each.lines, made))
    return tuple(quotes), tuple(quoted)


def _check(request: Request, prices: Sequence[Prices]) -> None:
    if not 0 < len(prices) <= messages.MAX_QUOTES:
        raise FormatError(f"an answer has {len(prices)} quotes: from 1 to {messages.MAX_QUOTES} are allowed")
    for each in prices:
        if not each.lines or not each.lines <= request.all_lines or not each.sides:
            raise FormatError("a quote is for lines that the request does not have, or for nothing")
        for payments in each.sides.values():
            if set(payments) - set(messages.paid_in(request.lines, each.lines)):
                raise FormatError("a quote is paid in an asset that the request does not name for it")
            if not all(-messages.LIMIT < payment < messages.LIMIT for payment in payments.values()):
                raise FormatError("a payment of a quote does not fit in 64 bits")


def _planned(
    session: Session, request: Request, prices: Prices, expiry_ms: int, now_ms: int, agree: Agree
) -> dict[Way, LegPlan]:
    """The plans of both sides, on one account."""
    sides = sorted(prices.sides.items())
    changes = {way: messages.changes(request.lines, prices.lines, way, payments) for way, payments in sides}
    setting = sessions.setting(session, now_ms)
    holding = choosing.choose_for(session.wallet, setting, list(changes.values()), prices.position, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    plans = {
        way: plan.move(setting, source, target, delta, expiry_ms, step_ms=STEP_MS) for way, delta in changes.items()
    }
    for made in plans.values():
        agree(trade.of(setting, holding, made, made.expiry_ms))
    return plans


@dataclass(frozen=True)
class Limits:
    """How many answers a Responder gives in a minute: to one reply address, and to all askers together."""

    to_one: int = 4
    to_all: int = 60


class Responder:
    """Answers what comes, for a program that runs on: each request once, and only so many in a minute.

    `price` says what the maker would trade a request for; nothing stands for no answer.
    """

    def __init__(
        self, session: Session, remembered: Memory, price: Callable[[Incoming], Sequence[Prices]],
        limits: Limits = Limits(), agree: Agree = trade.allow_new_debts,
    ):  # fmt: skip
        self._session, self._remembered, self._price = session, remembered, price
        self._limits, self._agree = limits, agree
        self._recent: deque[tuple[int, int]] = deque()

    def respond(self, incoming: Incoming, expiry_ms: int, now_ms: int) -> Reply | None:
        """The answer to a request; None for one that was answered before, has expired, or is not to be priced.

        Raises Unsatisfied when the limits are reached or an account cannot do what was priced, and as `answer`.
        """
        request = incoming.request
        if incoming.expires_ms <= now_ms or self._remembered.has_answered(request.request_id):
            return None
        while self._recent and self._recent[0][0] <= now_ms - WINDOW_MS:
            self._recent.popleft()
        same = sum(owner == incoming.reply.owner for _, owner in self._recent)
        if same >= self._limits.to_one or len(self._recent) >= self._limits.to_all:
            raise Unsatisfied("more requests came in a minute than this desk answers")
        prices = self._price(incoming)
        if not prices:
            return None
        self._recent.append((now_ms, incoming.reply.owner))
        return answer(self._session, self._remembered, incoming, prices, expiry_ms, now_ms, self._agree)
