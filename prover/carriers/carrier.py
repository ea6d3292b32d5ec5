"""What every carrier does: it takes orders, withdrawals and letters of one ledger, and brings them to who subscribes.

An order is a posting's bytes, "zkP1", a withdrawal is "zkW1" (prover/network/postings.py), and a letter is sealed
(letters.py).  Everybody who subscribes gets all of them, so that a carrier does not learn who reads what.

A carrier is trusted with nothing: it may lose, delay, repeat, invent and alter what it carries.  Whoever gets an order
checks it against his own copy of the ledger, and a letter that was altered does not open.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol

from prover.network.wire import refusals
from settlement.errors import Unavailable
from settlement.rejection import Rejected, Rejection

__all__ = [
    "LETTER", "ORDER", "WITHDRAWAL", "Answer", "Carrier", "Deliver", "Kind", "Refused", "Subscription", "Unavailable",
    "ignore", "one_by_one", "only",
]  # fmt: skip

Kind = Literal["order", "withdrawal", "letter"]
ORDER: Final = "order"
WITHDRAWAL: Final = "withdrawal"
LETTER: Final = "letter"

Deliver = Callable[[bytes], None]
"""Takes what a carrier brings.  It must not raise, and should return soon: the next one waits for it."""


class Refused(refusals.Refused):
    """The carrier does not take this, and will not take it when it is sent again as it is.  The message says why.

    `rejection` is the ledger's reason, where it is one of them: the order would not settle.
    """

    def __init__(self, message: str, rejection: Rejection | None = None):
        super().__init__(message)
        self.rejection = rejection

    @classmethod
    def of(cls, rejected: Rejected) -> "Refused":
        """The same refusal, by a ledger or a board."""
        return cls(str(rejected), rejected.rejection)


Answer = int | Refused | Unavailable
"""At how many places something is now, or what was raised in the place of that."""


class Subscription(Protocol):
    """A wish for everything that comes, until it is closed."""

    def caught_up(self, seconds: float) -> bool:
        """Waits until what the carrier had when this began has been delivered; whether it has, within this time."""

    def compare(self, seconds: float) -> set[bytes] | None:
        """Asks what the carrier has now, and delivers what did not come.

        Returns the SHA-256 of what it had and has lost, such as an order; None when it did not answer in time.
        """

    def close(self) -> None:
        """Ends it: when this returns, nothing is delivered any more.  Not to be called from within a delivery."""


class Carrier(Protocol):
    """Moves bytes of one ledger.  Any thread may call it; `name` is for people."""

    name: str

    def publish(self, posting: bytes) -> int:
        """Carries an order to everybody, also to those who subscribe later; again is the same as once.

        Returns at how many places it is now, such as relays: 1 at least.

        Raises Refused, and errors.Unavailable when the carrier did not answer: it may have taken it.
        """

    def withdraw(self, withdrawal: bytes) -> int:
        """Takes an order back, for everybody who listens.  Returns and raises as `publish`."""

    def send(self, letter: bytes) -> int:
        """Carries a sealed letter: to everybody, because nobody says who can open it.

        Returns and raises as `publish`.
        """

    def carry(self, kind: Kind, many: Sequence[bytes]) -> list[Answer]:
        """What `publish`, `withdraw` or `send` returns or raises for each of these, which are sent all at once.

        Each has an answer of its own, whatever becomes of the others.
        """

    def subscribe(
        self, on_order: Deliver, on_letter: Deliver, since_ms: int, on_withdrawal: Deliver | None = None
    ) -> Subscription:
        """Delivers every open order, the letters that came since then, and from now on what comes.

        All deliveries of a subscription come from one thread, the same thing perhaps more than once.  A carrier that
        cannot be reached is tried again until it can, and then brings what came meanwhile, as far as it kept it.
        """

    def close(self) -> None:
        """Ends all subscriptions, and lets go of connections."""


def one_by_one(carrier: Carrier, kind: Kind, many: Sequence[bytes]) -> list[Answer]:
    """The answers of a carrier that takes one thing at a time.

    When it is away it is asked no more: the others have the answer of the one for which it did not answer.
    """
    take = {ORDER: carrier.publish, WITHDRAWAL: carrier.withdraw, LETTER: carrier.send}[kind]
    answers: list[Answer] = []
    for data in many:
        try:
            answers.append(take(data))
        except Refused as refused:
            answers.append(refused)
        except Unavailable as away:
            return answers + [away] * (len(many) - len(answers))
    return answers


def only(answers: Sequence[Answer]) -> int:
    """The one answer to the one thing that was sent.  Raises it if it is an exception."""
    (answer,) = answers
    if isinstance(answer, Exception):
        raise answer
    return answer


def ignore(_: bytes) -> None:
    """Takes what nobody wants."""
