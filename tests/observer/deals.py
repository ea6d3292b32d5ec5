"""What the traders of a town do with each other: two-way quotes, divided accounts, lots."""

from collections.abc import Callable
from dataclasses import replace

from circuits import records
from prover.rfq import answering, messages, taking
from prover.rfq.answering import Prices
from prover.rfq.checking import Firm, FirmSide
from prover.rfq.memory import Inquiry
from prover.rfq.messages import Line, Request, Way
from prover.rfq.taking import Deal
from prover.trader import assembly, plan, sessions, shapes, trade
from prover.trader.boardview import Order
from prover.trader.lots import splitting, sweeping
from prover.trader.sessions import Session
from prover.trader.terms import Terms
from prover.trader.wallets import Holding
from settlement.bundles import encoding
from settlement.bundles.bundle import Bundle
from zk.curves import babyjubjub
from zk.signature import Signature

USDC, ETH = 0, 2
HOUR_MS = 3_600_000
SIGNED = Signature(babyjubjub.BASE8, 1)
"""A signature that looks like any other, and is none."""


class Forgets:
    """A memory that keeps nothing."""

    def keep(self, remembered) -> None:
        pass


def offers(maker: Session, sizes: list[int], then_ms: int, account: Callable[[], int]) -> list[Firm]:
    """What a maker answers to requests, each out of an account of its own: a bid and an offer."""
    return [_offer(maker, size, then_ms, account()) for size in sizes]


def _offer(maker: Session, size: int, then_ms: int, account: int) -> Firm:
    line = Line(tuple(size if slot == ETH else 0 for slot in range(records.ASSETS)), USDC)
    request = Request(maker.ledger.ledger_id, messages.new_id(), (line,))
    prices = Prices(frozenset({0}), {Way.BID: {USDC: size}, Way.OFFER: {USDC: size + 1}}, account)
    (quote,), _ = answering.quote(maker, request, [prices], shapes.soon(then_ms), then_ms, trade.refuse_new_debts)
    side = quote.sides[Way.OFFER]
    changes = messages.changes(request.lines, quote.lines, Way.OFFER, side.payments)
    leg = encoding.decode_leg(side.leg_bytes)
    return Firm("zks1", quote.lines, {"buy": FirmSide(side.payments, changes, side.blinding, leg)}, leg.nullifier)


def taken(taker: Session, firm: list[Firm], now_ms: int, position: int) -> Bundle:
    """A taker takes the offers."""
    deal = Deal("buy", tuple(firm), {}, 0, is_best=True)
    inquiry = Inquiry(b"i", taker.ledger.ledger_id, (), now_ms, now_ms, ())
    return taking.take(taker, Forgets(), inquiry, "buy", lambda: deal, now_ms, position)


def split(owner: Session, holding: Holding, legs: int, now_ms: int) -> Bundle:
    """An account is divided into as many as there are legs."""
    parts = [plan.changes({}, {USDC: 1 + number}) for number in range(legs - 1)]
    return splitting.bundle(owner, sessions.setting(owner, now_ms), holding, parts, now_ms)


def lots(maker: Session, count: int, expiry_ms: int, now_ms: int) -> list[Order]:
    """Lots that a maker has put on the board, each on an account of its own."""
    found = []
    for holding in maker.wallet.live[:count]:
        changes = plan.changes({ETH: 5}, {USDC: 15})
        source, target = sessions.source(maker, holding), sessions.target(maker, holding.index)
        made = plan.move(sessions.setting(maker, now_ms), source, target, changes, expiry_ms)
        leg = assembly.leg(made, maker.ledger.pool, maker.keystore)
        terms = Terms(changes, made.blinding, made.expiry_ms, b"a group of lots.", count)
        found.append(Order("", leg, terms, maker.ledger.pool, is_public=False, shown=None))
    return found


def swept(taker: Session, found: list[Order], now_ms: int, position: int) -> Bundle:
    """A taker takes the lots."""
    return sweeping._bundle(taker, found, now_ms, position, trade.refuse_new_debts)


def with_crumbs(holdings: tuple[Holding, ...], crumbs: int) -> tuple[Holding, ...]:
    """The accounts, of which some have next to nothing."""
    small = tuple(
        replace(each, account=replace(each.account, balances=(1 + number, *(0,) * (records.ASSETS - 1))))
        for number, each in enumerate(holdings[-crumbs:] if crumbs else ())
    )
    return (*holdings[: len(holdings) - crumbs], *small)
