"""Does what strategies want done now, such as a hedge: takes what stands on the board, or else asks makers for quotes.

    [ask]                          # without it, only the board is used
    to = ["acme", "zks1…"]         # contacts or addresses
    wait = "5s"                    # how long their answers are waited for

A wish has a limit, and nothing is taken beyond it.  The board comes first, because what stands there is firm.  Where it
has nothing within the limit, the makers are asked, and a later round takes the best of their quotes, if it is still
wanted.  What a trade changed is seen by the strategy in the next round, which then wishes for the rest, or nothing.

What is asked for is forgotten when the daemon ends: an inquiry that nobody takes up does nothing.  A wish that nobody
fulfils is tried again and again, and the journal has that once in REMIND_MS, as long as the reason stays the same.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import ceil, floor

from circuits import records
from prover.carriers import carrier
from prover.dealer.accounts import Accounts
from prover.dealer.book import Name
from prover.dealer.journal import Journal
from prover.dealer.limits.limits import LimitReached
from prover.dealer.patience import Patience
from prover.dealer.strategies.strategy import Wish
from prover.dealer.strategies.tables import Table
from prover.rfq import asking, checking, taking
from prover.rfq.memory import BuyOrSell, Inquiry
from prover.rfq.messages import Line
from prover.rfq.post import Post
from prover.trader.addresses import Address
from prover.trader.lots import sweeping
from prover.trader.lots.sweeping import Limit, Wanted
from prover.trader.plan import Changes
from prover.trader.sessions import Session, Settlement
from prover.trader.trade import Agree, Trade
from settlement import amounts
from settlement.rejection import Rejected
from zk.errors import FormatError, Unsatisfied

MAX_MAKERS = asking.MAX_MAKERS
MAX_WAIT_MS = 60_000
REMIND_MS = 3_600_000

Offering = Callable[[str], AbstractContextManager[Agree]]


@dataclass(frozen=True)
class Makers:
    """Who is asked, as DESK.toml names them, and how long their answers are waited for."""

    to: tuple[str, ...] = ()
    wait_ms: int = 5_000


@dataclass(frozen=True)
class _Asked:
    """An inquiry for a wish, and until when answers are waited for."""

    inquiry: Inquiry
    side: BuyOrSell
    size: int
    until_ms: int


def decode(table: Table) -> Makers:
    """The makers in a table of DESK.toml.  Raises FormatError."""
    table.only("to", "wait")
    found = Makers(table.texts("to"), table.duration("wait", "5s"))
    if not 0 < len(found.to) <= MAX_MAKERS:
        raise table.wrong("to", f"names {len(found.to)} makers: from 1 to {MAX_MAKERS} are allowed")
    if found.wait_ms > MAX_WAIT_MS:
        raise table.wrong("wait", f"must be at most {MAX_WAIT_MS // 1000}s")
    return found


class Wishes:
    """The wishes of one desk, and what it asked for them."""

    def __init__(
        self, session: Session, post: Post, journal: Journal, makers: Makers,
        resolve: Callable[[Sequence[str]], tuple[Address, ...]], own: Accounts,
    ):  # fmt: skip
        self._session, self._post, self._journal = session, post, journal
        self._makers, self._resolve, self._accounts = makers, resolve, own
        self._asked: dict[Name, _Asked] = {}
        self._patience, self._told = Patience(), Patience()

    def perform(self, wishes: Mapping[Name, Wish], offering_to: Offering, now_ms: int) -> bool:
        """Does what can be done of the wishes, by the names of their strategies and their own; whether anything was.

        A trade is offered to the ANYBODY whose orders it takes, or to the makers, who are not told apart.
        """
        self._asked = {name: each for name, each in self._asked.items() if name in wishes}
        return any([self._try(name, wish, offering_to, now_ms) for name, wish in wishes.items()])

    def _try(self, name: Name, wish: Wish, offering_to: Offering, now_ms: int) -> bool:
        if not self._patience.may_try(name, None, now_ms):
            return False
        try:
            is_done = (
                self._answered(name, wish, offering_to, now_ms)
                if name in self._asked
                else self._begun(name, wish, offering_to, now_ms)
            )
        except (Unsatisfied, Rejected, FormatError, carrier.Refused, carrier.Unavailable) as error:
            self._patience.refuse(name, None, str(error), now_ms)
            if self._is_news("not done", name, str(error), now_ms):
                self._journal.write(now_ms, "not done", str(error), strategy=name[0], wish=name[1], wanted=wish.why)
            return False
        return is_done

    def _is_news(self, event: str, name: Name, why: str, now_ms: int) -> bool:
        """Whether the journal does not have this of the wish already, since it was last fulfilled."""
        return self._told.refuse((event, name), now_ms // REMIND_MS, why, now_ms)

    def _begun(self, name: Name, wish: Wish, offering_to: Offering, now_ms: int) -> bool:
        """Takes what the board has, or asks the makers.  Raises Unsatisfied when there is nothing and nobody."""
        try:
            self._sweep(name, wish, offering_to, now_ms)
            return True
        except LimitReached:
            raise
        except Unsatisfied:
            if not self._makers.to:
                raise
        self._ask(name, wish, now_ms)
        return True

    def _sweep(self, name: Name, wish: Wish, offering_to: Offering, now_ms: int) -> None:
        wanted, limit = Wanted(wish.asset, abs(wish.amount)), Limit(wish.unit, wish.limit, sells=wish.amount < 0)
        position, seen = self._accounts.choose([worst(wish)], now_ms), list[Trade]()
        with offering_to("") as agree:
            settled = sweeping.sweep(
                self._session, wanted, limit, now_ms, position, _seeing(agree, seen)
            )  # fmt: skip
        self._tell(name, wish, "the board", settled, seen, now_ms)

    def _ask(self, name: Name, wish: Wish, now_ms: int) -> None:
        size = abs(wish.amount)
        line = Line(tuple(size * (slot == wish.asset) for slot in range(records.ASSETS)), wish.unit)
        until_ms, makers = now_ms + self._makers.wait_ms, dict.fromkeys(self._resolve(self._makers.to), ())
        made = asking.ask(self._session, self._post.memory, [line], makers, until_ms, now_ms)
        self._post.inbox.await_answers(made.inquiry)
        self._post.send(made.letters)
        self._asked[name] = _Asked(made.inquiry, "buy" if wish.amount > 0 else "sell", size, until_ms)
        if self._is_news("asked", name, "buy" if wish.amount > 0 else "sell", now_ms):
            self._journal.write(
                now_ms, "asked", wish.why, strategy=name[0], wish=name[1], request=made.inquiry.inquiry_id.hex(),
                makers=len(makers), size=amounts.show(size, self._session.ledger.pool.assets[wish.asset]),
            )  # fmt: skip

    def _answered(self, name: Name, wish: Wish, offering_to: Offering, now_ms: int) -> bool:
        """Takes the best quote once all makers have answered, or their time is over."""
        asked = self._asked[name]
        answers = self._post.inbox.answers(asked.inquiry)
        if len({each.asked.maker for each in answers}) < len(asked.inquiry.asked) and now_ms < asked.until_ms:
            return False
        del self._asked[name]
        if (wish.amount > 0) != (asked.side == "buy") or abs(wish.amount) < asked.size:
            raise Unsatisfied("what was asked for is not wanted any more")
        if not answers:
            raise Unsatisfied("none of the makers has answered in time")

        def choose() -> taking.Deal:
            ledger = self._session.ledger
            firm, _ = checking.check_all(ledger, asked.inquiry, answers, now_ms, [asked.side])
            deal = taking.best(ledger, asked.inquiry, firm, asked.side)
            paid = asked.size * wish.limit
            taking.check_limit(ledger, deal, (wish.unit, floor(paid) if asked.side == "buy" else ceil(paid)))
            return deal

        position, seen = self._accounts.choose([worst(wish)], now_ms), list[Trade]()
        with offering_to("") as agree:
            settled = taking.take(
                self._session, self._post.memory, asked.inquiry, asked.side, choose, now_ms, position,
                _seeing(agree, seen),
            )  # fmt: skip
        self._tell(name, wish, "a quote", settled, seen, now_ms)
        return True

    def _tell(
        self, name: Name, wish: Wish, where: str, settled: Settlement, seen: Sequence[Trade], now_ms: int
    ) -> None:  # fmt: skip
        self._patience.forget(name)
        for event in ("asked", "not done"):
            self._told.forget((event, name))
        sold, bought = (seen[-1].sells, seen[-1].buys) if seen else ("", "")
        self._journal.write(
            now_ms, "took", wish.why, strategy=name[0], wish=name[1], of=where, sold=sold, bought=bought,
            height=settled.receipt.height,
        )  # fmt: skip


def worst(wish: Wish) -> Changes:
    """What the wish changes at its limit."""
    paid = wish.amount * wish.limit
    changes = [0] * records.ASSETS
    changes[wish.asset], changes[wish.unit] = wish.amount, -ceil(paid)
    return tuple(changes)


def _seeing(agree: Agree, seen: list[Trade]) -> Agree:
    """Agrees as `agree`, and notes what it agreed to."""

    def agreed(trade: Trade) -> None:
        agree(trade)
        seen.append(trade)

    return agreed
