"""What a desk has sent, what became of it, and the sending again of what was not carried yet.

    state       sent        no carrier has taken it yet: it is tried again
                carried     by so many carriers (each relay counts); the others are tried again
                answered    somebody answered, or the order was taken, cancelled or withdrawn: its account has moved
                refused     every carrier refused it, and would again
                expired     its time is over

It is tried again after FIRST_PAUSE_MS, then twice as long each time, up to MAX_PAUSE_MS, until it has expired.  What is
past half of its pause goes out with what is due, so that a carrier that is away is not waited for once for each.  A
journal beside the wallet (journals.py) keeps the newest MAX_MESSAGES, with their bytes while they may be sent again;
without one they are forgotten with the process.

Many are sent at once: all are in the journal before the first of them goes out, and what became of each is written
together.  While carriers answer, nobody else waits, and nobody else tries the same message.
"""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from prover.carriers import journals
from prover.carriers.carrier import LETTER, ORDER, WITHDRAWAL, Answer, Carrier, Kind, Refused
from prover.carriers.journals import (
    ANSWERED,
    CARRIED,
    EXPIRED,
    MAX_MESSAGES,
    REFUSED,
    SENT,
    CarriedBy,
    Journal,
    Message,
)  # fmt: skip
from prover.trader import keys
from settlement.errors import Unavailable
from settlement.rejection import Rejected, Rejection

__all__ = [
    "ANSWERED", "CARRIED", "EXPIRED", "LETTER", "ORDER", "REFUSED", "SENT", "WITHDRAWAL", "Dispatcher", "Message",
    "Outgoing",
]  # fmt: skip

FIRST_PAUSE_MS, MAX_PAUSE_MS = 2_000, 300_000
MAX_KEPT_BYTES = 2 << 20  # of what may be sent again; the oldest is then not tried again
_MAX_WHY = 300
_Key = tuple[Kind, str]
Renew = Callable[[bytes, int], bytes | None]


@dataclass(frozen=True, repr=False)
class Outgoing(keys.Secret):
    """Something to be sent; the fields are those of a Message.  Without an id it has the SHA-256 of its bytes."""

    kind: Kind
    data: bytes
    about: str
    expires_ms: int
    message_id: str | None = None


class Dispatcher:
    """Sends over all carriers, and remembers.  Any thread may call it.

    `wallet` is the wallet's file and its view, for a journal beside it, or None; `is_post`: the journal is that of
    letters.  `renew` is what an order's bytes become before they are sent again, at a time: carriers refuse what was
    signed too long ago.  None ends it, because its account has moved.  Raises FormatError when the journal is damaged.
    """

    def __init__(
        self, carriers: Sequence[Carrier], clock: Callable[[], int], wallet: tuple[Path, keys.View] | None = None,
        *, is_post: bool = False, renew: Renew = lambda data, now_ms: data,
    ):  # fmt: skip
        self.carriers, self._clock, self._renew = list(carriers), clock, renew
        self._lock = threading.RLock()
        make = journals.Letters if is_post else journals.Sent
        self._journal: Journal = journals.Nowhere() if wallet is None else make(*wallet)
        self._messages = {_key(each): each for each in self._journal.read()}
        self._trying: set[_Key] = set()

    def messages(self) -> list[Message]:
        """What was sent, the oldest first."""
        with self._lock:
            return sorted(self._messages.values(), key=lambda each: each.made_ms)

    def send(
        self, kind: Kind, data: bytes, about: str, expires_ms: int, message_id: str | None = None
    ) -> Message:  # fmt: skip
        """Sends it now, and again until it has expired.  The message says who took it: it may be nobody yet."""
        (sent,) = self.send_all([Outgoing(kind, data, about, expires_ms, message_id)])
        return sent

    def send_all(self, many: Sequence[Outgoing]) -> list[Message]:
        """Sends each of these, as `send`, all of them at once.  No two have the same kind and id."""
        now_ms = self._clock()
        made = [
            Message(
                each.message_id or hashlib.sha256(each.data).hexdigest(), each.kind, each.about, now_ms,
                each.expires_ms, (), (), "", 0, 0, now_ms, base64.b64encode(each.data).decode(),
            ) for each in many
        ]  # fmt: skip
        assert len({_key(each) for each in made}) == len(made), "each has an id of its own"
        with self._lock:
            self._keep(made)  # before any is sent, so that a crash forgets nothing
            self._trying.update(map(_key, made))
        return self._tried(made)

    def answered(self, *message_ids: str, kind: Kind | None = None) -> None:
        """Notes that messages were answered, of this kind or of any: they are not sent again."""
        with self._lock:
            now_ms = self._clock()
            self._keep([
                replace(each, answered_ms=now_ms, data="") for each in self._messages.values()
                if each.message_id in message_ids and kind in (None, each.kind)
                and each.state(now_ms) not in (ANSWERED, EXPIRED)
            ])  # fmt: skip

    def has_due(self) -> bool:
        """Whether `retry` would try anything now."""
        with self._lock:
            return bool(self._due(is_asked=False))

    def retry(self, *, is_asked: bool = False) -> list[Message]:
        """Sends again what is due, or with `is_asked` whatever some carrier lacks; returns what was tried."""
        with self._lock:
            due = self._due(is_asked=is_asked)
            self._trying.update(map(_key, due))
        return self._tried(due)

    def _due(self, *, is_asked: bool) -> list[Message]:
        now_ms = self._clock()
        lacking = [
            each for each in self._messages.values()
            if each.data and each.state(now_ms) in (SENT, CARRIED) and _key(each) not in self._trying
        ]  # fmt: skip
        if is_asked:
            return lacking
        is_time = any(each.next_ms <= now_ms for each in lacking)
        return [each for each in lacking if is_time and each.next_ms - _pause_ms(each.tries) // 2 <= now_ms]

    def _tried(self, messages: Sequence[Message]) -> list[Message]:
        """The messages after the carriers that lack them were asked to take them; nobody else tries them now."""
        with self._over(messages):
            outcomes = self._asked([self._renewed(each) for each in messages])
            with self._lock:
                merged = [self._merged(*both) for both in zip(messages, outcomes, strict=True)]
                self._keep([each for each in merged if each is not None])
        return [now or outcome for now, outcome in zip(merged, outcomes, strict=True)]

    @contextmanager
    def _over(self, messages: Sequence[Message]) -> Iterator[None]:
        """Whatever happens meanwhile, these messages may be tried again after it."""
        try:
            yield
        finally:
            with self._lock:
                self._trying.difference_update(map(_key, messages))

    def _renewed(self, message: Message) -> Message:
        if message.kind != ORDER or not message.tries:
            return message
        now_ms = self._clock()
        data = self._renew(base64.b64decode(message.data), now_ms)
        if data is None:
            return replace(message, answered_ms=now_ms, data="")
        return replace(message, data=base64.b64encode(data).decode())

    def _asked(self, messages: Sequence[Message]) -> list[Message]:
        """The messages after each carrier was asked to take those that it lacks, orders before their withdrawals."""
        answers: list[list[tuple[Carrier, Answer]]] = [[] for _ in messages]
        for carrier in self.carriers:
            for kind in (ORDER, WITHDRAWAL, LETTER):
                lacking = [
                    number for number, each in enumerate(messages)
                    if each.kind == kind and each.data and _lacks(each, carrier)
                ]  # fmt: skip
                if lacking:
                    told = carrier.carry(kind, [base64.b64decode(messages[number].data) for number in lacking])
                    for number, answer in zip(lacking, told, strict=True):
                        answers[number].append((carrier, answer))
        return [self._after(*both) for both in zip(messages, answers, strict=True)]

    def _after(self, message: Message, answers: Sequence[tuple[Carrier, Answer]]) -> Message:
        """The message after this try, if it was one."""
        if not message.data:
            return message
        carried = (*message.carried, *(CarriedBy(by.name, at) for by, at in answers if isinstance(at, int)))
        refused = (*message.refused, *(by.name for by, answer in answers if isinstance(answer, Refused)))
        why = "; ".join(str(answer) for _, answer in answers if isinstance(answer, Exception))
        is_over = len(carried) + len(refused) >= len(self.carriers)
        return replace(
            message, carried=carried, refused=refused, why=why[:_MAX_WHY] or message.why, tries=message.tries + 1,
            data="" if is_over else message.data,
            next_ms=self._clock() + _pause_ms(message.tries + 1),
        )  # fmt: skip

    def _merged(self, tried: Message, outcome: Message) -> Message | None:
        """What is to be kept of a try, for it may have been answered meanwhile; None where another took its place."""
        now = self._messages.get(_key(tried))
        if now is None or now is tried:
            return outcome
        if now.made_ms != tried.made_ms or now.data not in ("", tried.data):
            return None
        return replace(outcome, answered_ms=now.answered_ms, data="" if now.answered_ms else outcome.data)

    def _keep(self, changed: Sequence[Message]) -> None:
        """Keeps these in the place of themselves, and the newest of all."""
        if not changed:
            return
        self._messages.update((_key(each), each) for each in changed)
        room = MAX_KEPT_BYTES
        kept = []
        for each in reversed(self.messages()[-MAX_MESSAGES:]):
            room -= len(each.data)
            kept.append(each if room >= 0 else replace(each, data=""))
        self._messages = {_key(each): each for each in reversed(kept)}
        self._journal.keep(changed, list(self._messages.values()))


def _key(message: Message) -> _Key:
    return message.kind, message.message_id


def _pause_ms(tries: int) -> int:
    """How long is waited after so many."""
    return min(FIRST_PAUSE_MS << min(max(tries - 1, 0), 30), MAX_PAUSE_MS)


def _lacks(message: Message, carrier: Carrier) -> bool:
    """Whether the carrier has neither taken nor refused it."""
    return carrier.name not in {*(each.name for each in message.carried), *message.refused}


def nowhere(message: Message) -> Unavailable | Rejected:
    """Why nobody has what was sent."""
    why = f"no carrier took the {message.kind}: {message.why}"
    if message.data:
        return Unavailable(f"{why}; it is sent again by a running desk, or by the next command")
    return Rejected(Rejection.ORDER_UNKNOWN if message.kind == WITHDRAWAL else Rejection.BOARD_FULL, why)
