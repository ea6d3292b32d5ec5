"""The post of an open wallet: its letters over all carriers that it uses, its inbox, and what it remembers.

A letter goes over every carrier.  Everybody who subscribes gets all letters, so no carrier learns who reads which.
What a carrier did not take is sent to it again, until the request or the quote expires or was answered
(prover/carriers/dispatch.py): `retry` does that, and whoever has a post open for long calls it now and then.
"""

import time
from collections.abc import Callable, Iterable, Sequence

from prover.carriers import dispatch
from prover.carriers.carrier import Carrier, Refused, Unavailable, ignore
from prover.carriers.dispatch import Dispatcher, Message, Outgoing
from prover.rfq import asking
from prover.rfq.answering import Reply
from prover.rfq.asking import Asking
from prover.rfq.inbox import Inbox, Incoming
from prover.rfq.memory import Memory
from prover.trader.sessions import Session

PATIENCE_S = 5.0
"""How long all carriers may take to deliver what they had."""


class Post:
    """Subscribes to the carriers for as long as it is open.  `clock` gives the time in Unix milliseconds.

    Raises FormatError when the journal of letters, or what is remembered, is damaged.
    """

    def __init__(self, session: Session, carriers: Sequence[Carrier], clock: Callable[[], int]):
        self.memory = Memory(session)
        self.inbox = Inbox(session, clock, self.memory.inquiries)
        self._session, self._clock = session, clock
        self._dispatcher = Dispatcher(carriers, clock, (session.file.path, session.wallet.view), is_post=True)
        since_ms = max(clock() - asking.MAX_LIFE_MS, 0)
        self._subscriptions = [carrier.subscribe(ignore, self.inbox.deliver, since_ms) for carrier in carriers]

    def __enter__(self) -> "Post":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the subscriptions; the carriers stay open."""
        for subscription in self._subscriptions:
            subscription.close()

    def ask(self, made: Asking) -> list[Message]:
        """Sends a request to each maker, and awaits the answers.  What comes back, and raises, is as for `send`."""
        self.inbox.await_answers(made.inquiry)
        inquiry = made.inquiry
        names = [each.request_id.hex() for each in inquiry.asked]
        return self.send(made.letters, f"request {inquiry.inquiry_id.hex()[:8]}", inquiry.expires_ms, names)

    def reply(self, incoming: Incoming, reply: Reply) -> Message:
        """Sends a quote.  What comes back, and raises, is as for `send`."""
        name = incoming.request.request_id.hex()
        expires_ms = max(each.expires_ms for each in reply.quoted)
        (message,) = self.send([reply.letter], f"quote for {name[:8]}", expires_ms, [name])
        return message

    def send(
        self, letters: Iterable[bytes], about: str = "letter", expires_ms: int | None = None,
        names: Sequence[str] = (),
    ) -> list[Message]:  # fmt: skip
        """Sends letters now, and again until they expire, by default in an hour.

        The messages say who took them: it may be nobody yet.  Raises Refused when every carrier refuses a letter, and
        Unavailable when there is no carrier.
        """
        if not self._dispatcher.carriers:
            raise Unavailable("there is no carrier to send letters over")
        until_ms = self._clock() + asking.MAX_LIFE_MS if expires_ms is None else expires_ms
        sent = self._dispatcher.send_all([
            Outgoing(dispatch.LETTER, letter, about, until_ms, names[number] if names else None)
            for number, letter in enumerate(letters)
        ])  # fmt: skip
        for each in sent:
            if each.state(self._clock()) == dispatch.REFUSED:
                raise Refused(each.why)
        return sent

    def messages(self) -> list[Message]:
        """What was sent, the oldest first, and what became of it: a quote is answered when it was taken."""
        names = {
            answer.asked.request_id for inquiry in self.memory.inquiries for answer in self.inbox.answers(inquiry)
        }  # fmt: skip
        is_spent = self._session.ledger.reader.is_spent
        for each in self._dispatcher.messages():
            if each.answered_ms or each.expires_ms <= self._clock():
                continue
            quoted = self.memory.quoted(bytes.fromhex(each.message_id))
            if bytes.fromhex(each.message_id) in names or any(is_spent(leg.spends) for leg in quoted):
                self._dispatcher.answered(each.message_id)
        return self._dispatcher.messages()

    def retry(self) -> list[Message]:
        """Sends again what is due, without what was answered; returns what was tried."""
        if not self._dispatcher.has_due():
            return []
        self.messages()
        return self._dispatcher.retry()

    def settle(self) -> None:
        """Waits until the carriers have delivered what they had."""
        end_s = time.monotonic() + PATIENCE_S
        for subscription in self._subscriptions:
            subscription.caught_up(max(end_s - time.monotonic(), 0))
