"""Selling what the insurance took over: it takes orders of the board, at no worse than a stated loss.

The insurance's account moves with every seizure, so an order of its own would be void again and again.  It takes the
orders of others, of those whose terms everybody can read.  What a guardian signs, of the change c of its account:

    10^4 · (−Σ c_i·p_i)  <=  MAX_LOSS_BPS · Σ_{c_i < 0} −c_i·p_i      p: the newest prices, MAX_PRICE_AGE_MS old at most
    |b_i + c_i| <= |b_i|,  and of the same sign                        of every asset but the numeraire

Every sale makes the position smaller, so all of them together lose no more than that share of what was taken over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from circuits import records
from prover.guardian import insurance
from prover.guardian.drafts import Trade
from prover.guardian.insurance import Now
from prover.trader import keys, plan, readers
from settlement import board
from settlement.assets import NUMERAIRE
from settlement.board import Order
from settlement.grids import PublishedGrids
from zk.errors import InvalidProof, Unsatisfied

MAX_LOSS_BPS = 200
"""A perpetual's risk in a day is several times as much, so what is inherited costs more when it stays."""

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


def loss(changes: Sequence[int], prices: Sequence[int]) -> tuple[int, int]:
    """What changes lose at these prices, negative for a gain, and what they give, both in the prices' unit."""
    worth = [change * price for change, price in zip(changes, prices, strict=True)]
    return -sum(worth), -sum(one for one in worth if one < 0)


def check(balances: Sequence[int], changes: Sequence[int], published: PublishedGrids, now_ms: int) -> None:
    """Raises Unsatisfied, with the reason, unless the insurance with these balances may change so."""
    if now_ms - published.published_ms > MAX_PRICE_AGE_MS:
        raise Unsatisfied(f"the newest prices are more than {MAX_PRICE_AGE_MS // 60_000} minutes old")
    for asset, (before, change) in enumerate(zip(balances, changes, strict=True)):
        if asset != NUMERAIRE and change and not (before * change < 0 and abs(change) <= abs(before)):
            raise Unsatisfied(f"the insurance has {before} of asset {asset}, and a change of {change} is no reduction")
    lost, given = loss(changes, published.publication.prices)
    if records.BPS * lost > MAX_LOSS_BPS * given:
        raise Unsatisfied(f"the trade loses more than {MAX_LOSS_BPS} hundredths of a percent at the newest prices")


def offers(now: Now, balances: Sequence[int]) -> list[Offer]:
    """The orders of the board that the insurance with these balances may take and survive, the best prices first."""
    (published,) = now.ledger.reader.grids(1)
    found = []
    for order in board.listed(now.ledger, now.now_ms):
        try:
            terms = readers.open_public_terms(order)
            if terms is None:
                continue
            offer = Offer(order, terms.blinding, plan.opposite(terms.changes))
            check(balances, offer.changes, published, now.now_ms)
        except (InvalidProof, Unsatisfied):
            continue
        if insurance.survives(tuple(map(sum, zip(balances, offer.changes, strict=True))), published.publication):
            found.append(offer)
    return sorted(found, key=lambda one: _rank(one, published.publication.prices))


def _rank(offer: Offer, prices: Sequence[int]) -> tuple[int, bytes]:
    lost, given = loss(offer.changes, prices)
    return (lost << 64) // max(given, 1), offer.order.order_id
