"""Selling what the insurance took over: it takes orders of the board, at a loss that the penalties have paid for.

The insurance's account moves with every seizure, so an order of its own would be void again and again.  It takes the
orders of others, of those whose terms everybody can read.  What a guardian signs, of the change c of its balances b, at
the newest prices p, which are at most MAX_PRICE_AGE_MS old, with V(b) = Σ b_i·p_i, and V_s(b) under scenario s of the
maintenance grid:

    risk(b) = V(b) − min_s V_s(b)
    2·10^4 · (V(b) − V(b + c))  <=  penalty_bps · (risk(b) − risk(b + c))
    |b_i + c_i| <= |b_i|,  and of the same sign,  of every asset but the numeraire

Who is seized has paid penalty_bps of his risk, and risk(a + b) <= risk(a) + risk(b): so whoever lets himself be seized,
and sells the other side of his position to the insurance, pays it twice what he can gain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from circuits import records, seizure
from prover.guardian import insurance
from prover.guardian.drafts import Trade
from prover.guardian.insurance import Now
from prover.trader import keys, plan, readers
from settlement.orders import board
from settlement.orders.board import Order
from settlement.pool.assets import NUMERAIRE
from settlement.risk.grids import Publication, PublishedGrids
from zk.errors import InvalidProof, Unsatisfied

MAX_PRICE_AGE_MS = 5 * 60_000
MAX_LIFE_MS = 60_000


@dataclass(frozen=True, repr=False)
class Offer(keys.Secret):
    """An order that the insurance may take, the blinding of its value, and what it would change."""

    order: Order
    blinding: int
    changes: tuple[int, ...]

    @property
    def trade(self) -> Trade:
        """The trade of the draft that takes it."""
        return Trade(self.changes, self.order.commitment)


def loss(changes: Sequence[int], prices: Sequence[int]) -> int:
    """What changes lose at these prices, negative for a gain, in the prices' unit."""
    return -seizure.worth(changes, prices)


def most(before: Sequence[int], after: Sequence[int], publication: Publication, penalty_bps: int) -> int:
    """The most that the insurance may lose by such a change, in the prices' unit, rounded down."""
    return penalty_bps * (_risk(before, publication) - _risk(after, publication)) // (2 * records.BPS)


def check(
    balances: Sequence[int], changes: Sequence[int], published: PublishedGrids, penalty_bps: int, now_ms: int
) -> None:
    """Raises Unsatisfied, with the reason, unless the insurance with these balances may change so."""
    if now_ms - published.published_ms > MAX_PRICE_AGE_MS:
        raise Unsatisfied(f"the newest prices are more than {MAX_PRICE_AGE_MS // 60_000} minutes old")
    for asset, (before, change) in enumerate(zip(balances, changes, strict=True)):
        if asset != NUMERAIRE and change and not (before * change < 0 and abs(change) <= abs(before)):
            raise Unsatisfied(f"the insurance has {before} of asset {asset}, and a change of {change} is no reduction")
    publication = published.publication
    if loss(changes, publication.prices) > most(balances, _after(balances, changes), publication, penalty_bps):
        raise Unsatisfied("the trade loses more, at the newest prices, than half the penalty of the risk that it ends")


def offers(now: Now, balances: Sequence[int]) -> list[Offer]:
    """The orders of the board that the insurance with these balances may take and survive, the best prices first."""
    (published,) = now.ledger.reader.grids(1)
    prices, found = published.publication.prices, []
    for order in board.listed(now.ledger, now.now_ms):
        try:
            terms = readers.open_public_terms(order)
            if terms is None:
                continue
            offer = Offer(order, terms.blinding, plan.opposite(terms.changes))
            check(balances, offer.changes, published, now.parameters.penalty_bps, now.now_ms)
        except (InvalidProof, Unsatisfied):
            continue
        if insurance.survives(_after(balances, offer.changes), published.publication):
            found.append(offer)
    return sorted(found, key=lambda one: (loss_share(one.changes, prices, 1 << 64), one.order.order_id))


def loss_share(changes: Sequence[int], prices: Sequence[int], parts: int = records.BPS) -> int:
    """What changes lose, in so many parts of what they give, rounded up; negative for a gain."""
    given = -sum(min(change, 0) * price for change, price in zip(changes, prices, strict=True))
    return -(-parts * loss(changes, prices) // max(given, 1))


def _after(balances: Sequence[int], changes: Sequence[int]) -> tuple[int, ...]:
    return tuple(before + change for before, change in zip(balances, changes, strict=True))


def _risk(balances: Sequence[int], publication: Publication) -> int:
    worst = min(seizure.worth(balances, row) for row in publication.maintenance.values)
    return max(0, seizure.worth(balances, publication.prices) - worst)
