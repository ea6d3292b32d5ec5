"""Answers requests for quote as the strategies price them: two firm sides, proved and sent.

The wallet remembers an answer before it is sent, so a request is answered once, whoever repeats it, and whenever the
daemon was killed: an answer that was proved and not sent is lost, and its asker asks again.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from prover.carriers.carrier import Refused, Unavailable
from prover.dealer.accounts import Accounts
from prover.dealer.careful import Careful
from prover.dealer.journal import Journal
from prover.dealer.strategies.strategy import Answer
from prover.dealer.strategies.view import ANYBODY, Enquiry, Inventory, Market
from prover.rfq import answering, messages
from prover.rfq.answering import Limits, Prices, Reply, Responder
from prover.rfq.inbox import Incoming
from prover.rfq.messages import Way
from prover.rfq.post import Post
from prover.trader import trade
from prover.trader.sessions import Session
from prover.trader.trade import Agree
from settlement import amounts
from settlement.pool.pool import Pool
from settlement.rejection import Rejected
from zk.errors import FormatError, Unsatisfied

MOST = 4
"""How many requests are answered in a round, so that the rest of the desk's work goes on."""
MAX_DECLINED = 60
"""How many that get no quote are written down in a minute: whoever asks must not be able to fill the disk."""
MINUTE_MS = 60_000

Offering = Callable[[str], AbstractContextManager[Agree]]


class Requests:
    """Answers what comes to one desk.

    `firm_ms` is how long a quote is good; None is as long as other trades.  `known` has to whom the own addresses of
    these numbers were given, each to one counterparty alone.
    """

    def __init__(
        self, session: Session, post: Post, journal: Journal, strategies: Sequence[Careful],
        limits: Limits, firm_ms: int | None, known: Mapping[int, str], own: Accounts,
    ):  # fmt: skip
        self._session, self._post, self._journal, self._strategies = session, post, journal, strategies
        self._firm_ms, self._known, self._accounts = firm_ms, known, own
        self._agree: Agree = trade.refuse_new_debts
        self._responder = Responder(session, post.memory, self._price, limits, lambda proposed: self._agree(proposed))
        self._market: Market | None = None
        self._inventory: Callable[[], Inventory] | None = None
        self._chosen: tuple[str, Answer] | None = None
        self._now_ms = 0
        self._declined: deque[int] = deque(maxlen=MAX_DECLINED + 1)

    def answer(
        self, market: Market, inventory: Callable[[], Inventory], offering_to: Offering, time: Callable[[], int]
    ) -> bool:  # fmt: skip
        """Answers up to MOST of the requests that wait; whether there was any."""
        self._market, self._inventory = market, inventory
        self._post.retry()
        for count in range(MOST):
            incoming = self._post.inbox.next_request(0)
            if incoming is None:
                return count > 0
            self._answer(incoming, offering_to, time())
        return True

    def _answer(self, incoming: Incoming, offering_to: Offering, now_ms: int) -> None:
        if self._post.memory.has_answered(incoming.request.request_id):
            return
        self._chosen, self._now_ms = None, now_ms
        expiry_ms = answering.usual_expiry_ms(now_ms) if self._firm_ms is None else now_ms + self._firm_ms
        try:
            with offering_to(self._known.get(incoming.to, ANYBODY)) as self._agree:
                reply = self._responder.respond(incoming, expiry_ms, now_ms)
        except (Unsatisfied, Rejected, FormatError) as error:
            self._decline("not quoted", str(error), incoming, now_ms)
            return
        if reply is None or self._chosen is None:
            why = self._chosen[1].why if self._chosen else "no strategy prices it"
            self._decline("declined", why, incoming, now_ms)
            return
        self._send(incoming, reply, self._chosen, now_ms)

    def _decline(self, event: str, why: str, incoming: Incoming, now_ms: int) -> None:
        """Writes why a request gets no quote; of many in a minute, only of the first."""
        while self._declined and self._declined[0] <= now_ms - MINUTE_MS:
            self._declined.popleft()
        self._declined.append(now_ms)
        if len(self._declined) < MAX_DECLINED:
            name = incoming.request.request_id.hex()
            self._journal.write(now_ms, event, why, request=name, asked=self._asked(incoming))
        elif len(self._declined) == MAX_DECLINED:
            why = "more of these came in a minute than the journal takes: the rest is left out"
            self._journal.write(now_ms, event, why)

    def _price(self, incoming: Incoming) -> Sequence[Prices]:
        """The prices of the first strategy that has any; why it has, or why the last one has not, is kept."""
        assert self._market is not None and self._inventory is not None, "a round has a market"
        enquiry = Enquiry(incoming.request.lines, self._known.get(incoming.to, ANYBODY))
        inventory = self._inventory()
        for strategy in self._strategies:
            found = strategy.price(self._market, inventory, enquiry)
            self._chosen = strategy.name, found
            if found.prices:
                return self._placed(incoming, found.prices)
        return ()

    def _placed(self, incoming: Incoming, found: Sequence[Prices]) -> list[Prices]:
        """The prices, each with the account that both of its sides are to be on: another one for each, so that they can
        be taken together, where there are as many."""
        lines, placed = incoming.request.lines, list[Prices]()
        for prices in found:
            alternatives = [messages.changes(lines, prices.lines, way, paid) for way, paid in prices.sides.items()]
            beside = {each.position for each in placed if each.position is not None}
            at = prices.position
            if at is None:
                at = self._accounts.choose(alternatives, self._now_ms, beside)
            placed.append(replace(prices, position=at))
        return placed

    def _send(self, incoming: Incoming, reply: Reply, chosen: tuple[str, Answer], now_ms: int) -> None:
        name, answer = chosen
        event, why = "quoted", answer.why
        try:
            sent = self._post.reply(incoming, reply)
            if not sent.carried:
                event, why = "not sent", f"no carrier has it yet, so it is sent again until it expires: {sent.why}"
        except (Refused, Unavailable) as error:
            event, why = "not sent", f"{error}; the quote is firm all the same until it expires"
        pool = self._session.ledger.pool
        self._journal.write(
            now_ms, event, why, request=incoming.request.request_id.hex(), strategy=name, asked=self._asked(incoming),
            bids=[shown(pool, each, Way.BID) for each in answer.prices],
            offers=[shown(pool, each, Way.OFFER) for each in answer.prices],
            legs=[quoted.leg_id.hex() for quoted in reply.quoted],
            expires_ms=min(quoted.expires_ms for quoted in reply.quoted),
        )  # fmt: skip

    def _asked(self, incoming: Incoming) -> list[str]:
        """What the request is about, one text for each line."""
        assets = self._session.ledger.pool.assets
        return [
            ", ".join(amounts.show(size, assets[slot]) for slot, size in enumerate(line.sizes) if size)
            + f" for {assets[line.paid_in].symbol}"
            for line in incoming.request.lines
        ]  # fmt: skip


def shown(pool: Pool, prices: Prices, way: Way) -> str:
    """What is paid on one side, in words."""
    paid = prices.sides.get(way)
    if paid is None:
        return "nothing"
    return ", ".join(amounts.show(amount, pool.assets[slot]) for slot, amount in sorted(paid.items()))
