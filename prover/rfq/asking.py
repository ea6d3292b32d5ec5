"""Asks chosen makers for quotes: one sealed letter to each, which shows neither who asks, nor who else, nor the side.

Each maker's request has an id and a reply address of its own, so two makers who compare theirs find nothing that they
have in common but what is asked.  By the reply address the asker knows whose answer a letter is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prover.carriers import letters
from prover.rfq import messages
from prover.rfq.memory import Asked, Inquiry, Memory
from prover.rfq.messages import Line
from prover.trader import addresses, keys
from prover.trader.addresses import Address
from prover.trader.sessions import Session
from zk.errors import FormatError
from zk.fields import prime

MAX_MAKERS = 32
MAX_LIFE_MS = 3_600_000


@dataclass(frozen=True, repr=False)
class Asking(keys.Secret):
    """An inquiry that the wallet remembers, and the letter to each maker, which nobody has sent yet."""

    inquiry: Inquiry
    letters: tuple[bytes, ...]


def ask(
    session: Session, remembered: Memory, lines: Sequence[Line], makers: Mapping[Address, Sequence[int]],
    expires_ms: int, now_ms: int,
) -> Asking:  # fmt: skip
    """Makes a request to each of the makers about these lines of `lines`, by number; () stands for all.

    Quotes are wanted until `expires_ms`.  Raises keys.WatchOnly, because what is quoted could not be taken, and
    FormatError when there is no maker, too many, a line that nobody is asked about, or another life than the limit.
    """
    session.wallet.check_moves()
    if not 0 < len(makers) <= MAX_MAKERS:
        raise FormatError(f"the request goes to {len(makers)} makers: from 1 to {MAX_MAKERS} are allowed")
    if not now_ms < expires_ms <= now_ms + MAX_LIFE_MS:
        raise FormatError("a request stays open for at most an hour")
    if not 0 < len(lines) <= messages.MAX_LINES:
        raise FormatError(f"the request has {len(lines)} lines: from 1 to {messages.MAX_LINES} are allowed")
    asked, replies = [], []
    for maker, numbers in makers.items():
        numbers = tuple(numbers) or tuple(range(len(lines)))
        if list(numbers) != sorted(set(numbers)) or not 0 <= numbers[0] <= numbers[-1] < len(lines):
            raise FormatError("a maker is asked about a line that is not there, or about one twice")
        sign = 1 if next(size for size in lines[numbers[0]].sizes if size) > 0 else -1
        reply = letters.fresh_address(session.wallet.view)
        owner = prime.to_bytes(reply.owner)
        asked.append(Asked(addresses.encode(maker), messages.new_id(), owner, numbers, 1 if sign > 0 else -1))
        replies.append(reply)
    if unasked := set(range(len(lines))) - {number for each in asked for number in each.lines}:
        raise FormatError(f"nobody is asked about line {min(unasked) + 1}")
    ledger_id = session.ledger.ledger_id
    inquiry = Inquiry(messages.new_id(), ledger_id, tuple(lines), now_ms, expires_ms, tuple(asked))
    sealed = tuple(
        letters.seal(messages.REQUEST_KIND, messages.encode_request(inquiry.request(each)), maker, reply, expires_ms)
        for each, maker, reply in zip(asked, makers, replies, strict=True)
    )
    remembered.keep(inquiry)
    return Asking(inquiry, sealed)
