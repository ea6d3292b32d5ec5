"""What honest desks do by themselves: ask, answer, take, place, sweep, cancel, pay, lend and top up.

Each of them is drawn, in sizes of some hundred dollars, at prices around the newest published ones.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from circuits import records
from prover.carriers.carrier import Refused, Unavailable
from prover.rfq.answering import Limits, Prices, Responder, usual_expiry_ms
from prover.rfq.inbox import Incoming
from prover.rfq.memory import Inquiry
from prover.rfq.messages import Line, Way
from prover.trader import trade
from prover.trader.sessions import Unreported
from settlement.rejection import Rejected
from tests.simulation.desks.member import Member
from zk.errors import FormatError, InvalidProof, Unsatisfied

USDC, BTC, ETH, SOL, LOAN, PERP, CALL = 0, 1, 2, 3, 8, 9, 10
CASH = (BTC, ETH, SOL)
CLAIMS = (LOAN, PERP, CALL)
DOLLAR = 10**6
AGAIN_MS = 40_000
REFUSED = (Unsatisfied, Rejected, InvalidProof, FormatError, Refused, Unavailable)


@dataclass
class Trader:
    """A desk that acts by itself.  `owes` says whether it trades claims on margin, `makes` whether it answers."""

    member: Member
    owes: bool = True
    makes: bool = True
    peers: list["Trader"] = field(default_factory=list)
    wants: list[tuple[Inquiry, str]] = field(default_factory=list)
    _responder: tuple[Any, Responder] | None = None

    @property
    def house(self) -> Any:
        return self.member.house

    @property
    def now_ms(self) -> int:
        return self.house.now_ms

    def draw(self, most: int) -> int:
        """A number from 1 to this."""
        return 1 + self.house.chance.randrange(most)

    def does(self, what: Callable[[], Any], once: str | None = None) -> Any:
        """Does something as this desk; what is refused is counted.

        Whoever dies of a command with a key repeats it afterwards, which settles it at most once.
        """

        def tried() -> Any:
            self.house.command = once
            try:
                return what()
            except Unreported as unreported:
                self.house.refusals[f"Unreported, {type(unreported.__cause__).__name__}"] += 1
                return None
            except REFUSED as refused:
                self.house.refusals[f"{type(refused).__name__}: {said(refused)}"] += 1
                return None
            finally:
                self.house.command = None

        if self.member.is_dead:
            if once is not None:
                self.house.at(AGAIN_MS, lambda: self.does(what, once))
            return None
        done = self.member.act(tried)
        if self.member.is_dead and once is not None:
            self.house.counts["commands repeated after a crash"] += 1
            self.house.at(AGAIN_MS, lambda: self.does(what, once))
        return done

    def key(self) -> str:
        """A fresh key of a command."""
        self.house.counts["commands with a key"] += 1
        return f"{self.member.name}/{self.house.counts['commands with a key']}"

    def worth(self, slot: int, amount: int, unit: int = USDC) -> int:
        """What so much of an asset is worth in smallest units of another, rounded down."""
        prices = self.member.ledger.reader.grids(1)[0].publication.prices
        return amount * prices[slot] // prices[unit]

    def size(self, slot: int, dollars: int) -> int:
        """How much of an asset so many dollars are."""
        prices = self.member.ledger.reader.grids(1)[0].publication.prices
        return max(1, dollars * DOLLAR * prices[USDC] // max(prices[slot], 1))

    def answer(self) -> None:
        """Answers what is in the inbox."""
        if self.member.is_dead or not self.makes:
            return
        post = self.member.post
        if self._responder is None or self._responder[0] is not post:
            made = Responder(self.member.session, post.memory, self.price, Limits(), trade.allow_new_debts)
            self._responder = post, made
        while (incoming := post.inbox.next_request(0)) is not None:
            self.does(lambda found=incoming: self._answer(found))
            if self.member.is_dead:
                return

    def _answer(self, incoming: Incoming) -> None:
        assert self._responder is not None
        reply = self._responder[1].respond(incoming, usual_expiry_ms(self.now_ms), self.now_ms)
        if reply is not None:
            self.member.post.send([reply.letter])
            self.house.counts["answers"] += 1

    def price(self, incoming: Incoming) -> list[Prices]:
        """Both sides of each line apart, around what it is worth; some makers leave a side or a line out."""
        found = []
        for number, line in enumerate(incoming.request.lines):
            if not self.owes and any(line.sizes[slot] for slot in CLAIMS) or self.house.chance.randrange(10) == 0:
                continue
            value = sum(self.worth(slot, size, line.paid_in) for slot, size in enumerate(line.sizes) if size)
            spread = max(2, abs(value) * self.draw(30) // 10_000)
            sides = {Way.BID: {line.paid_in: value - spread}, Way.OFFER: {line.paid_in: value + spread}}
            if line.sizes[LOAN] and not self.owes:
                sides.pop(Way.OFFER)
            found.append(Prices(frozenset([number]), sides))
        return found

    def ask(self) -> None:
        """Asks some makers about one to three lines, and takes the best a few seconds later."""
        known = [*CASH, *(CLAIMS if self.owes else ())]
        slots = self.house.chance.sample(known, self.house.chance.choice([1, 1, 1, 2, 3]))
        lines = [Line(_one(slot, self.size(slot, self.draw(400))), USDC) for slot in slots]
        self.ask_about(lines, self.house.chance.choice(["buy", "sell"]))

    def ask_about(self, lines: list[Line], side: str) -> None:
        """Asks two to four makers, and takes the best a few seconds later."""
        makers = [each for each in self.peers if each.makes]
        chosen = self.house.chance.sample(makers, min(len(makers), 1 + self.draw(3)))
        made = self.does(lambda: self.member.desk.ask(
            lines=lines, to=[each.member.desk.address for each in chosen], expires="30s"
        ))  # fmt: skip
        self.house.counts["requests"] += len(chosen)
        if made is not None:
            self.house.at(3_000 + self.draw(9_000), lambda: self.take(made, side))

    def gamble(self) -> None:
        """Buys perpetuals, or sells them, on margin alone: they are paid with what is owed then."""
        line = Line(_one(PERP, self.size(PERP, 500 + self.draw(3_000))), LOAN)
        self.ask_about([line], self.house.chance.choice(["buy", "buy", "buy", "sell"]))

    def take(self, inquiry: Inquiry, side: str) -> None:
        """Takes the best quotes, and sometimes tries it again, or the other side too."""
        if self.house.chance.randrange(12) == 0:
            self.does(lambda: self.house.take_both(self, inquiry))
            return
        again = self.house.chance.choice([side, side, "buy", "sell"])
        for each in [side, again] if self.house.chance.randrange(6) == 0 else [side]:
            self.does(lambda way=each: self._take(inquiry, way), inquiry.inquiry_id.hex())

    def _take(self, inquiry: Inquiry, side: str) -> None:
        before = self.house.counts["bundles"]
        settled = self.member.desk.take_quote(inquiry, side, may_owe=self.owes)
        self.house.counts["trades by quote"] += not settled.is_repeated
        if len(inquiry.lines) > 1:
            self.house.counts["structures"] += not settled.is_repeated
        assert settled.is_repeated or self.house.counts["bundles"] == before + 1


@dataclass
class Gambler(Trader):
    """A desk with little money that owes as much as it may; a careful one tops up."""

    is_careful: bool = False


def said(error: object) -> str:
    """The beginning of what was said, with # for every number, so that it can be counted."""
    return re.sub(r"[0-9][0-9.,]*|[0-9a-f]{32}", "#", str(error))[:60]


def _one(slot: int, amount: int) -> tuple[int, ...]:
    return tuple(amount if each == slot else 0 for each in range(records.ASSETS))
