"""Makers who lie, and others who would take what is not theirs: none of it settles, and it stops nobody.

Each answer is honest first, so that only what the lie changes can be why it is refused.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from prover.carriers import letters
from prover.carriers.carrier import Refused, Unavailable
from prover.rfq import answering, messages, taking
from prover.rfq.answering import usual_expiry_ms
from prover.rfq.inbox import Incoming
from prover.rfq.memory import SIDES, Inquiry
from prover.rfq.messages import Quote, Side
from prover.trader import addresses, moving, trade
from settlement.bundles import encoding
from settlement.bundles.bundle import Leg
from settlement.rejection import Rejected
from tests.simulation.desks.scripts import Trader
from zk.curves import bn254
from zk.errors import InvalidProof, Unsatisfied
from zk.groth16.keys import Proof

FORGED = Proof(bn254.multiply(987_654_321, bn254.G1), bn254.G2, bn254.G1)
MANY = 40
KEPT = 64


@dataclass
class Liar(Trader):
    """A maker who answers honestly at times, and lies at others."""

    heard: list[bytes] = field(default_factory=list)
    given: list[tuple[Quote, ...]] = field(default_factory=list)
    promised: set[bytes] = field(default_factory=set)

    def _answer(self, incoming: Incoming) -> None:
        """An answer with a lie in it."""
        lie = self.house.chance.choice(LIES)
        prices = self.price(incoming)
        if not prices or self.member.post.memory.has_answered(incoming.request.request_id):
            return
        session, expiry_ms = self.member.session, usual_expiry_ms(self.now_ms)
        reply = answering.answer(
            session, self.member.post.memory, incoming, prices, expiry_ms, self.now_ms, trade.allow_new_debts
        )
        quotes = lie(self, reply.quotes)
        self.promised |= _legs(reply.quotes)
        self.given = [*self.given, reply.quotes][-KEPT:]
        body = messages.encode_answer(incoming.request, quotes)
        sealed = letters.seal(messages.ANSWER_KIND, body, incoming.reply, None, expiry_ms)
        self.house.counts[f"lies: {lie.__name__.replace('_', ' ')}"] += 1
        self.house.lies |= _legs(quotes) - self.promised  # an old quote stays good for whom it was given to
        for _ in range(2 if lie is answered_twice else 1):
            self.member.post.send([sealed])

    def mischief(self) -> None:
        """What a liar does besides."""
        self.does(lambda: self.house.chance.choice([flood, replay, junk, spend])(self))

    def hear(self) -> None:
        """Listens to all letters, as everybody can, to send them again later."""

        def kept(letter: bytes) -> None:
            self.heard = [*self.heard, letter][-KEPT:]

        self.member.carrier.subscribe(lambda _: None, kept, self.now_ms)


def honest(liar: Liar, quotes: Sequence[Quote]) -> Sequence[Quote]:
    """Nothing is changed."""
    return quotes


def other_payments(liar: Liar, quotes: Sequence[Quote]) -> Sequence[Quote]:
    """The letter says a better price than the leg: it does not open."""
    return _changed(quotes, lambda side: replace(side, payments={
        slot: amount - 1 for slot, amount in side.payments.items()
    }))  # fmt: skip


def other_blinding(liar: Liar, quotes: Sequence[Quote]) -> Sequence[Quote]:
    """The blinding is another's."""
    return _changed(quotes, lambda side: replace(side, blinding=side.blinding + 1))


def forged_proof(liar: Liar, quotes: Sequence[Quote]) -> Sequence[Quote]:
    """The proof is made up."""
    return _changed(quotes, lambda side: _leg(side, proof=FORGED))


def false_balance(liar: Liar, quotes: Sequence[Quote]) -> Sequence[Quote]:
    """The new account is another than was proved, and everything is signed anew, except by its owner."""
    return _changed(quotes, lambda side: _public(side, commitment=7))


def later_expiry(liar: Liar, quotes: Sequence[Quote]) -> Sequence[Quote]:
    """It is said to be good for an hour longer than was signed."""
    return _changed(quotes, lambda side: _leg(side, expiry_ms=liar.now_ms + 3_600_000))


def old_quote(liar: Liar, quotes: Sequence[Quote]) -> Sequence[Quote]:
    """The quotes of an earlier request, for this one."""
    if not liar.given:
        return quotes
    before = liar.house.chance.choice(liar.given)
    return [replace(each, sides=old.sides) for each, old in zip(quotes, before, strict=False)] or quotes


def spent_account(liar: Liar, quotes: Sequence[Quote]) -> Sequence[Quote]:
    """The quotes are true, and then their account moves."""
    spend(liar)
    return quotes


def answered_twice(liar: Liar, quotes: Sequence[Quote]) -> Sequence[Quote]:
    """The letter is sent twice."""
    return quotes


LIES: list[Callable[[Liar, Sequence[Quote]], Sequence[Quote]]] = [
    honest, other_payments, other_blinding, forged_proof, false_balance, later_expiry, old_quote, spent_account,
    answered_twice,
]  # fmt: skip


def _legs(quotes: Sequence[Quote]) -> set[bytes]:
    return {side.leg_bytes for quote in quotes for side in quote.sides.values()}


def _changed(quotes: Sequence[Quote], change: Callable[[Side], Side]) -> list[Quote]:
    return [replace(each, sides={way: change(side) for way, side in each.sides.items()}) for each in quotes]


def _leg(side: Side, **changes: Any) -> Side:
    leg: Leg = encoding.decode_leg(side.leg_bytes)
    return replace(side, leg_bytes=encoding.encode_leg(replace(leg, **changes)))


def _public(side: Side, **changes: Any) -> Side:
    leg: Leg = encoding.decode_leg(side.leg_bytes)
    return _leg(side, public=replace(leg.public, **changes))


def flood(liar: Liar) -> None:
    """Many letters of junk to somebody, of the size and sealed as all are."""
    victim = liar.house.chance.choice(liar.peers)
    to = addresses.of(victim.member.session.wallet.view, 0)
    for _ in range(MANY):
        kind = liar.house.chance.choice([messages.REQUEST_KIND, messages.ANSWER_KIND, 99])
        body = liar.house.chance.randbytes(liar.draw(300))
        with suppress(Unavailable, Refused):
            liar.member.carrier.send(letters.seal(kind, body, to, to, liar.now_ms + 60_000))
    liar.house.counts["junk letters"] += MANY


def replay(liar: Liar) -> None:
    """Others' letters again, as they were or with a bit turned."""
    for letter in liar.house.chance.sample(liar.heard, min(10, len(liar.heard))):
        place = liar.house.chance.randrange(len(letter))
        turned = letter[:place] + bytes([letter[place] ^ 1]) + letter[place + 1 :]
        with suppress(Unavailable, Refused):
            liar.member.carrier.send(turned if liar.house.chance.randrange(2) else letter)
        liar.house.counts["letters of others replayed"] += 1


def junk(liar: Liar) -> None:
    """Orders that are none, or that are an order with something else in it."""
    for _ in range(10):
        with suppress(Unavailable, Refused):
            liar.member.carrier.publish(liar.house.chance.randbytes(liar.draw(2_000)))
    liar.house.counts["junk orders"] += 10


def spend(liar: Liar) -> None:
    """All its accounts move."""
    session = liar.member.session
    moving.move(session, moving.all_positions(session, liar.now_ms), liar.now_ms)


def take_both(trader: Trader, inquiry: Inquiry) -> None:
    """A taker settles both sides of a quote, by two bundles of two inquiries: the second is refused."""
    session, post = trader.member.session, trader.member.post
    firm, _ = trader.member.desk.quotes(inquiry)
    both = [each for each in firm if len(each.sides) == 2 and each.lines == frozenset(range(len(inquiry.lines)))]
    if not both:
        return
    chosen, settled = both[0], 0
    for number, side in enumerate(SIDES):
        copy = replace(inquiry, inquiry_id=messages.new_id(), taken=None)
        try:
            choose = partial(taking.best, session.ledger, inquiry, [chosen], side)
            taking.take(session, post.memory, copy, side, choose, trader.now_ms, None, trade.allow_new_debts)
            settled += 1
        except (taking.Gone, Unsatisfied, Rejected, InvalidProof):
            trader.house.counts["second sides refused"] += number
    assert settled <= 1, "both sides of one quote have settled"
    trader.house.counts["takers of both sides"] += 1
