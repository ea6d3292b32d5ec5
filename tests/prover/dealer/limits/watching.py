"""Desks that quote and place orders within limits."""

from prover.dealer.limits.exposures import Exposures
from prover.dealer.limits.limits import Limits
from prover.dealer.strategies.view import SCALE, Market
from prover.rfq import answering
from prover.trader import orders
from tests.prover.rfq import desks
from tests.prover.rfq.desks import ETH, USDC, both, line

TEN = line(ETH=10)
HOUR_MS = 3_600_000
UNLIMITED = Limits()


def market(world) -> Market:
    """Prices at which one smallest unit of ETH is worth 30 of USDC."""
    prices = {slot: SCALE * {ETH: 30}.get(slot, 1) for slot in range(16)}
    return Market(world.ledger.pool, world.now_ms, tuple(prices[slot] for slot in range(16)), (None,) * 16)


def watched(desk: desks.Desk, allowed: Limits = UNLIMITED) -> Exposures:
    """The exposures of a desk, as after a start."""
    return Exposures(desk.session, allowed, lambda: desk.world.now_ms)


def quote(desk: desks.Desk, found: Exposures, bid: int = 290, offer: int = 310, who: str = "") -> answering.Reply:
    """Answers the only request within the limits, for half a minute."""
    world = desk.world
    with found.offering(who, market(world)) as agree:
        made = answering.answer(
            desk.session, desk.memory, desk.incoming(), [both(bid, offer)], world.now_ms + 30_000, world.now_ms, agree
        )
    desk.carrier.send(made.letter)
    world.hub.deliver()
    return made


def place(desk: desks.Desk, found: Exposures, sell: int = 10, buy: int = 310) -> str:
    """Places an order of ETH for an hour."""
    world = desk.world
    with found.offering("", market(world)) as agree:
        placed = orders.place(
            desk.session, {ETH: sell}, {USDC: buy}, [world.desks[1].address], world.now_ms + HOUR_MS, world.later(),
            agree=agree, is_backed=False,
        )  # fmt: skip
    return placed.order_id
