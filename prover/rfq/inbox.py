"""The letters of a wallet that concern requests: those to answer, and the answers to its own.

A carrier delivers all letters of a ledger, from a thread of its own, some of them twice or altered or late.  One that
is to somebody else costs an exchange (prover/carriers/letters.py), and so does junk.  Whatever is kept is bounded.

A request counts only at an address that the wallet may have given out.  An answer to a reply address would show that it
belongs to a maker, so requests to those are dropped.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prover.carriers import letters
from prover.carriers.letters import Letter
from prover.rfq import messages
from prover.rfq.memory import Asked, Inquiry
from prover.rfq.messages import Quote, Request
from prover.trader import keys, walletscan
from prover.trader.addresses import Address
from prover.trader.sessions import Session
from settlement.ids import LedgerId
from zk.errors import FormatError
from zk.fields import prime

MAX_WAITING = 256
"""How many requests wait to be answered; what comes beyond them is dropped."""
MAX_ANSWERS = 4
"""How many answers of one maker to one request are read."""


@dataclass(frozen=True, repr=False)
class Incoming(keys.Secret):
    """A request to this wallet: where its answer goes, until when one is wanted, and the own address it came to.

    That is by its number: of an address that was given to one counterparty alone, it tells who asks.
    """

    request: Request
    reply: Address
    expires_ms: int
    to: int = 0


@dataclass(frozen=True, repr=False)
class Answer(keys.Secret):
    """The quotes of one letter from a maker; nothing has checked them yet."""

    asked: Asked
    quotes: tuple[Quote, ...]


class Inbox:
    """Sorts the letters of one wallet.  Any thread may call it."""

    def __init__(self, session: Session, clock: Callable[[], int], inquiries: Iterable[Inquiry] = ()):
        wallet = session.wallet
        self._reader, self._clock = letters.Reader(wallet.view), clock
        self._ledger_id: LedgerId = session.ledger.ledger_id
        numbers = range(wallet.top_index + walletscan.GAP + 1)
        found = {number: keys.watched(wallet.view, number) for number in numbers}
        self._owners = {own.owner: number for number, own in found.items() if own is not None}
        self._awaited: dict[int, tuple[Inquiry, Asked]] = {}
        self._answers: dict[bytes, list[Answer]] = {}
        self._waiting: dict[bytes, Incoming] = {}
        self._seen: set[bytes] = set()
        self._changed = threading.Condition()
        for inquiry in inquiries:
            self.await_answers(inquiry)

    def await_answers(self, inquiry: Inquiry) -> None:
        """From now on the answers to this inquiry are kept."""
        with self._changed:
            for asked in inquiry.asked:
                self._awaited[prime.from_bytes(asked.reply_owner, prime.R, "the reply address")] = inquiry, asked

    def deliver(self, sealed: bytes) -> None:
        """Takes a letter of whatever origin; never raises for what is in it."""
        letter = self._reader.open(sealed)
        if letter is None or letter.expires_ms <= self._clock() and letter.kind == messages.REQUEST_KIND:
            return
        try:
            with self._changed:
                if letter.kind == messages.REQUEST_KIND:
                    self._take_request(letter)
                elif letter.kind == messages.ANSWER_KIND:
                    self._take_answer(letter)
        except FormatError:
            return

    def _take_request(self, letter: Letter) -> None:
        request = messages.decode_request(letter.body)
        is_for_us = letter.to in self._owners and request.ledger_id == self._ledger_id
        if not is_for_us or letter.reply is None or request.request_id in self._waiting:
            return
        self._drop_expired()
        if len(self._waiting) < MAX_WAITING:
            self._waiting[request.request_id] = Incoming(
                request, letter.reply, letter.expires_ms, self._owners[letter.to]
            )  # fmt: skip
            self._changed.notify_all()

    def _take_answer(self, letter: Letter) -> None:
        if letter.to not in self._awaited or letter.letter_id in self._seen:
            return
        inquiry, asked = self._awaited[letter.to]
        kept = self._answers.setdefault(asked.request_id, [])
        if len(kept) < MAX_ANSWERS:
            kept.append(Answer(asked, messages.decode_answer(letter.body, inquiry.request(asked))))
            self._seen.add(letter.letter_id)
            self._changed.notify_all()

    def _drop_expired(self) -> None:
        now_ms = self._clock()
        self._waiting = {name: each for name, each in self._waiting.items() if each.expires_ms > now_ms}

    @property
    def is_awaited(self) -> bool:
        """Whether a request waits for an answer."""
        return bool(self._waiting)

    def requests(self) -> list[Incoming]:
        """The requests that wait for an answer, the oldest first."""
        with self._changed:
            self._drop_expired()
            return list(self._waiting.values())

    def answers(self, inquiry: Inquiry) -> list[Answer]:
        """What came for an inquiry until now."""
        with self._changed:
            return [answer for asked in inquiry.asked for answer in self._answers.get(asked.request_id, [])]

    def wait(self, is_enough: Callable[[], bool], timeout_s: float) -> bool:
        """Waits until something came with which it is enough.  Whether it was, before so many seconds were over."""
        with self._changed:
            return self._changed.wait_for(is_enough, timeout_s)

    def next_request(self, timeout_s: float) -> Incoming | None:
        """Takes the oldest request out of the inbox, or returns None when none came in so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting), timeout_s)
            self._drop_expired()
            first = next(iter(self._waiting), None)
            return None if first is None else self._waiting.pop(first)
