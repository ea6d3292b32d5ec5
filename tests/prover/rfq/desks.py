"""Desks that ask and quote each other over a carrier in memory; a notary stands in for proofs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from circuits import records
from prover.carriers import memory as carriers
from prover.rfq import answering, asking, checking, inbox, memory, taking
from prover.rfq.answering import Prices
from prover.rfq.inbox import Inbox, Incoming
from prover.rfq.memory import Inquiry
from prover.rfq.messages import Line, Way
from prover.trader import addresses, moves, sessions, trade, walletfile, wallets
from prover.trader.sessions import Session, Settlement
from settlement import engine
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.pool.pool import Pool
from tests.prover import pools
from tests.prover.trader.payer import NoKeys
from tests.settlement.bundles import samples
from tests.simulation.notary import Notary

NOW_MS = 1_800_000_000_000
USDC, BTC, ETH, XAU, DUSDC, PERP, CALL, PUT = 0, 1, 2, 5, 8, 9, 10, 11
FUNDS = 10**12
submit, check_leg, place = engine.submit, engine.check_leg, board.place


def line(paid_in: int = USDC, **sizes: int) -> Line:
    """A line of amounts in smallest units, by the names above."""
    named = {globals()[name]: amount for name, amount in sizes.items()}
    return Line(tuple(named.get(slot, 0) for slot in range(records.ASSETS)), paid_in)


def both(bid: int, offer: int, lines: Sequence[int] = (0,), paid_in: int = USDC, position: int | None = None) -> Prices:
    """A bid and an offer for these lines together."""
    return Prices(frozenset(lines), {Way.BID: {paid_in: bid}, Way.OFFER: {paid_in: offer}}, position)


@dataclass
class Desk:
    """A wallet, its inbox, and its way to the others."""

    world: "World"
    session: Session
    inbox: Inbox
    carrier: Any
    memory: memory.Memory

    @property
    def address(self) -> addresses.Address:
        return addresses.of(self.session.wallet.seed, 0)

    def ask(
        self, lines: Sequence[Line], *makers: "Desk", numbers: Mapping[int, Sequence[int]] | None = None,
        life_ms: int = 30_000,
    ) -> Inquiry:  # fmt: skip
        """Asks the makers, each about all lines unless `numbers` says which; the letters are delivered."""
        chosen = {maker.address: (numbers or {}).get(place, ()) for place, maker in enumerate(makers)}
        made = asking.ask(self.session, self.memory, lines, chosen, self.world.now_ms + life_ms, self.world.now_ms)
        self.inbox.await_answers(made.inquiry)
        for letter in made.letters:
            self.carrier.send(letter)
        self.world.hub.deliver()
        return made.inquiry

    def incoming(self) -> Incoming:
        (only,) = self.inbox.requests()
        return only

    def answer(self, *prices: Prices, incoming: Incoming | None = None, **how: Any) -> answering.Reply:
        """Answers the only request, or this one, and delivers that."""
        found = incoming or self.incoming()
        now_ms = self.world.now_ms
        life_ms = how.pop("life_ms", 30_000)
        made = answering.answer(
            self.session, self.memory, found, prices, now_ms + life_ms, now_ms, trade.allow_new_debts, **how
        )
        self.carrier.send(made.letter)
        self.world.hub.deliver()
        return made

    def quotes(self, inquiry: Inquiry) -> tuple[list[checking.Firm], list[checking.Refused]]:
        """What the answers to an inquiry are worth."""
        return checking.check_all(self.session.ledger, inquiry, self.inbox.answers(inquiry), self.world.later())

    def best(self, inquiry: Inquiry, side: memory.BuyOrSell) -> taking.Deal:
        return taking.best(self.session.ledger, inquiry, self.quotes(inquiry)[0], side)

    def take(self, inquiry: Inquiry, side: memory.BuyOrSell, deal: taking.Deal | None = None) -> Settlement:
        def choose() -> taking.Deal:
            return deal or self.best(inquiry, side)

        now_ms = self.world.later()
        return taking.take(self.session, self.memory, inquiry, side, choose, now_ms, agree=trade.allow_new_debts)

    def balance(self, asset: int) -> int:
        sessions.sync(self.session)
        return self.session.wallet.balances[asset]


@dataclass
class World:
    """A ledger, its time, its carrier and its desks."""

    ledger: Ledger
    notary: Notary
    hub: carriers.Hub
    folder: Path
    stack: ExitStack
    now_ms: int = NOW_MS
    desks: list[Desk] = field(default_factory=list)

    def later(self, ms: int = 2_000) -> int:
        """The time, a little later; what settles takes the time that it really takes, on a busy machine a while."""
        self.now_ms = max(self.now_ms + ms, self.ledger.reader.last_event().created_ms)
        return self.now_ms

    def desk(self, *holds: int) -> Desk:
        """A new desk, with FUNDS of these assets in one account."""
        name = f"desk{len(self.desks)}"
        file = self.stack.enter_context(walletfile.create(self.folder / f"{name}.json", "", wallets.new()))
        session = Session(self.ledger, file, NoKeys(), samples.CUSTODIAN_SECRET)
        for asset in holds:
            sessions.sync(session)
            position = session.wallet.live[0].position if session.wallet.live else None
            moves.deposit(session, asset, FUNDS, "bank", self.later(), position)
        carrier = self.hub.carrier(name)
        made = Desk(self, session, inbox.Inbox(session, lambda: self.now_ms), carrier, memory.Memory(session))
        carrier.subscribe(lambda _: None, made.inbox.deliver, 0)
        self.desks.append(made)
        return made


@contextmanager
def world(
    folder: Path, pool: Pool | None = None, fate: Callable[[bytes], Sequence[bytes]] = lambda data: (data,)
) -> Iterator[World]:
    """A ledger at the prices of epoch 1, and nobody there yet."""
    pool = pools.make() if pool is None else pool
    notary = Notary(pool)
    with ExitStack() as stack:
        stack.enter_context(patched(notary))
        ledger = stack.enter_context(Ledger.create(folder / "ledger.sqlite", pool, NOW_MS))
        made = World(ledger, notary, None, folder, stack)  # type: ignore[arg-type]
        made.hub = carriers.Hub(ledger.ledger_id, lambda: made.now_ms, fate=fate, has_threads=False)
        pools.publish(ledger, made.later())
        yield made


@contextmanager
def patched(notary: Notary) -> Iterator[None]:
    """The notary in the place of all proofs, and cheap passphrases."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        notary.prove_for_all(patch)
        patch.setattr(engine, "submit", lambda ledger, data, now_ms: submit(ledger, data, now_ms, notary.verify))
        patch.setattr(
            engine, "check_leg", lambda ledger, data, now_ms, _: check_leg(ledger, data, now_ms, notary.verify)
        )
        patch.setattr(board, "place", lambda ledger, posting, now_ms: place(ledger, posting, now_ms, notary.verify))
        yield


def altered_leg(data: bytes, **changed: Any) -> bytes:
    """A leg with something else in it, and the same signature unless that is changed."""
    return encoding.encode_leg(replace(encoding.decode_leg(data), **changed))
