"""A strategy that may fail, as a desk uses it: when it raises, it wants nothing, and the journal says why.

So a mistake in a strategy of the user's own ends its orders, and not the desk.
"""

from collections.abc import Callable
from typing import TypeVar

from prover.dealer.journal import Journal
from prover.dealer.patience import Patience
from prover.dealer.strategies.strategy import Answer, Standing, Strategy, Wish
from prover.dealer.strategies.view import Enquiry, Inventory, Market

T = TypeVar("T")


class Careful:
    """A strategy by its name in DESK.toml, or by another that is its own."""

    def __init__(self, name: str, strategy: Strategy, journal: Journal):
        self.name = name
        self._strategy, self._journal = strategy, journal
        self._patience = Patience()

    def price(self, market: Market, inventory: Inventory, enquiry: Enquiry) -> Answer:
        """The prices for a request; none when the strategy fails."""
        failed = Answer((), f"the strategy {self.name} failed")
        return self._tried(lambda: self._strategy.price(market, inventory, enquiry), failed, market)

    def standing(self, market: Market, inventory: Inventory) -> dict[str, Standing]:
        """The orders that should stand, by their names."""

        def wanted() -> dict[str, Standing]:
            found = dict[str, Standing]()
            for each in self._strategy.standing(market, inventory):
                if each.name in found:
                    raise ValueError(f"two of its orders are named {each.name!r}")
                found[each.name] = each
            return found

        return self._tried(wanted, {}, market)

    def wishes(self, market: Market, inventory: Inventory) -> tuple[Wish, ...]:
        """The trades that should be done now."""
        return self._tried(lambda: tuple(self._strategy.wishes(market, inventory)), (), market)

    def _tried(self, answer: Callable[[], T], otherwise: T, market: Market) -> T:
        try:
            return answer()
        except Exception as error:  # whatever a user's own code raises
            why = f"the strategy failed, so it wants nothing: {type(error).__name__}: {error}"
            if self._patience.refuse("answer", None, why, market.now_ms):
                self._journal.write(market.now_ms, "failed", why, strategy=self.name)
            return otherwise
