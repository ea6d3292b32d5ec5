"""A book of orders in lots, for desks whose balances are plain numbers: what a taker should get, and what is left.

Nothing here knows accounts, proofs or bundles.  A lot is taken whole or not at all, once.  Every choice is made by
looking at all subsets.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

ROOM = 31
"""As many lots as a taker can take at once."""


@dataclass
class Lot:
    """A maker gives `sold` of one asset for `bought` of another."""

    maker: str
    order: int
    sells: str
    sold: int
    buys: str
    bought: int


@dataclass
class Book:
    """What each desk has of each asset, the lots that are open, the oldest first, and what was taken of each order."""

    has: dict[str, dict[str, int]]
    lots: list[Lot] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    filled: list[int] = field(default_factory=list)

    def offer(self, maker: str, sells: str, sold: list[int], buys: str, bought: list[int]) -> int:
        """An order in lots of these amounts.  Its number."""
        number = len(self.sizes)
        self.sizes.append(sum(sold))
        self.filled.append(0)
        self.lots += [
            Lot(maker, number, sells, give, buys, get) for give, get in zip(sold, bought, strict=True)
        ]
        return number

    def cancel(self, number: int) -> int:
        """Closes the lots of an order that are left.  How many they were."""
        left = [lot for lot in self.lots if lot.order == number]
        self.lots = [lot for lot in self.lots if lot.order != number]
        return len(left)

    def choose(self, taker: str, buys: str, amount: int, pays: str, limit: Fraction) -> list[Lot]:
        """What the taker takes to buy at most this much at the limit or below, the best price first."""
        wanted = [lot for lot in self.lots if (lot.sells, lot.buys) == (buys, pays) and lot.maker != taker]
        wanted = [lot for lot in wanted if Fraction(lot.bought, lot.sold) <= limit]
        taken: list[Lot] = []
        for order in sorted({lot.order for lot in wanted}, key=lambda order: (self._price(wanted, order), order)):
            same = [lot for lot in wanted if lot.order == order]
            rest = amount - sum(lot.sold for lot in taken)
            taken += max(
                (chosen for size in range(min(len(same), ROOM - len(taken)) + 1)
                 for chosen in combinations(same, size) if sum(lot.sold for lot in chosen) <= rest),
                key=lambda chosen: (sum(lot.sold for lot in chosen), -len(chosen)),
            )  # fmt: skip
        return taken

    def take(self, taker: str, lots: list[Lot]) -> None:
        """The taker takes these lots, each of which must be open."""
        for lot in lots:
            self._take(taker, lot)

    def _price(self, lots: list[Lot], order: int) -> Fraction:
        same = [lot for lot in lots if lot.order == order]
        return Fraction(sum(lot.bought for lot in same), sum(lot.sold for lot in same))

    def _take(self, taker: str, lot: Lot) -> None:
        place = next(place for place, each in enumerate(self.lots) if each is lot)
        del self.lots[place]
        self.filled[lot.order] += lot.sold
        assert self.filled[lot.order] <= self.sizes[lot.order]
        for desk, sign in ((lot.maker, 1), (taker, -1)):
            self.has[desk][lot.sells] -= sign * lot.sold
            self.has[desk][lot.buys] += sign * lot.bought
