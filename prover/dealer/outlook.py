"""What a desk would do now, looked at without doing it: its orders, what it would take or ask for, and its top-ups."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from prover.dealer import wishing
from prover.dealer.book import Book, Name, Stood
from prover.dealer.config import Config
from prover.dealer.dealer import Reading
from prover.dealer.limits.exposures import Exposures
from prover.dealer.reserve.reserve import Reserve
from prover.dealer.reserve.rules import TopUp
from prover.dealer.standing import Resolve, why_not
from prover.dealer.strategies.strategy import Standing, Wish
from prover.dealer.strategies.view import Inventory
from prover.trader import keys
from prover.trader.sessions import Session
from zk.errors import Unsatisfied

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Planned(keys.Secret):
    """An order that a strategy wants: what becomes of it, in words, and why a limit refuses it, or None."""

    name: Name
    wanted: Standing
    what: str
    refusal: str | None


@dataclass(frozen=True, repr=False)
class Wished(keys.Secret):
    """A trade that a strategy wants done now, and why a limit refuses it, or None."""

    name: Name
    wish: Wish
    refusal: str | None


@dataclass(frozen=True, repr=False)
class Outlook(keys.Secret):
    """What a desk sees, and what it would do.  `ended` are orders that stand and that no strategy wants any more."""

    reading: Reading
    inventory: Inventory
    planned: tuple[Planned, ...]
    ended: tuple[Stood, ...]
    wished: tuple[Wished, ...]
    top_ups: tuple[TopUp, ...]


def look(session: Session, found: Config, exposures: Exposures, resolve: Resolve, now_ms: int) -> Outlook:
    """What the desk of this file would do with a wallet that has been synced.

    Raises Unsatisfied when a strategy fails, and FormatError for a reader or maker that is neither contact nor address.
    """
    reading, inventory = found.sources.read(session.ledger, now_ms), exposures.inventory()
    stands = _open(session)
    planned, wished = list[Planned](), list[Wished]()
    if found.makers.to:
        resolve(found.makers.to)
    for name, strategy in found.strategies:
        for each in _asked(name, lambda: tuple(strategy.standing(reading.market, inventory))):  # noqa: B023
            resolve(each.readers)
            what = _what(stands.get((name, each.name)), each)
            refusal = exposures.refusal("", reading.market, each.changes)
            planned.append(Planned((name, each.name), each, what, refusal))
        for wish in _asked(name, lambda: tuple(strategy.wishes(reading.market, inventory))):  # noqa: B023
            refusal = exposures.refusal("", reading.market, wishing.worst(wish))
            wished.append(Wished((name, wish.name), wish, refusal))
    names = {each.name for each in planned}
    ended = tuple(stood for name, stood in stands.items() if name not in names)
    top_ups = () if found.reserve is None else Reserve(session, found.reserve).due(now_ms)
    return Outlook(reading, inventory, tuple(planned), ended, tuple(wished), top_ups)


def _open(session: Session) -> dict[Name, Stood]:
    """What stands in the book, without the orders that are over."""
    own = {order.order_id for order in session.wallet.orders}
    left = {
        name: replace(each, parts=tuple(part for part in each.parts if part.order_id in own))
        for name, each in Book(session).standing.items()
    }
    return {name: each for name, each in left.items() if each.parts}


def _asked(name: str, answer: Callable[[], T]) -> T:
    try:
        return answer()
    except Exception as error:  # whatever a user's own code raises
        raise Unsatisfied(f"the strategy {name} failed: {type(error).__name__}: {error}") from error


def _what(stood: Stood | None, want: Standing) -> str:
    if stood is None:
        return "place it"
    return "keep it" if why_not(stood, want) is None else "move its account and place it"
