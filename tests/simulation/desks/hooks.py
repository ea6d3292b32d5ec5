"""Looks on while desks promise, and lets them die: at every file, carrier and write of the ledger that they touch.

What was promised is taken from what a maker wanted, as it was said to the code under test; the name of the promise,
which is the id of a leg, from what came of it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from prover.rfq import answering, checking
from prover.trader import beside, orders, placing, walletfile
from prover.trader.lots import offering
from settlement.bundles import digests, encoding
from settlement.storage.sqlite import SqliteRepository
from tests.reference.tradebook import ASSETS, Wrong

if TYPE_CHECKING:
    from tests.simulation.desks.house import House


def install(house: "House", patch: pytest.MonkeyPatch) -> None:
    """From now on everything that desks promise is in the clerk's book."""
    for owner, name in (
        (walletfile.WalletFile, "save"), (beside, "append"), (beside, "replace_records"), (beside, "write"),
        (SqliteRepository, "record"), (SqliteRepository, "acknowledge"),
    ):  # fmt: skip
        patch.setattr(owner, name, _stepping(house, getattr(owner, name), name))
    promises = _Promises(house)
    for module, name, see in (
        (answering, "answer", promises.answer), (orders, "place", promises.order),
        (placing, "place", promises.placed), (offering, "place", promises.lots),
        (checking, "check_all", promises.checked),
    ):  # fmt: skip
        patch.setattr(module, name, _seen(see, getattr(module, name)))


def _stepping(house: "House", real: Callable[..., Any], name: str) -> Callable[..., Any]:
    def stepping(*given: Any, **named: Any) -> Any:
        house.step(name)
        made = real(*given, **named)
        house.step(f"{name}, done")
        return made

    return stepping


def _seen(see: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given, **named: see(real, *given, **named)


class _Promises:
    """What is being placed: the amounts of the order, of the whole set of lots, and which set it is of."""

    def __init__(self, house: "House"):
        self._house, self._book = house, house.clerk.book
        self._order: tuple[tuple[int, ...], str | None] | None = None
        self._size: tuple[int, ...] | None = None

    def answer(
        self, real: Callable[..., Any], session: Any, remembered: Any, incoming: Any, prices: Sequence[Any], *rest: Any,
        **named: Any,
    ) -> Any:  # fmt: skip
        """Quotes."""
        reply = real(session, remembered, incoming, prices, *rest, **named)
        sides = [(number, each, way) for number, each in enumerate(prices) for way in sorted(each.sides)]
        for (number, each, way), quoted in zip(sides, reply.quoted, strict=True):
            asked = [sum(incoming.request.lines[line].sizes[slot] for line in each.lines) for slot in range(ASSETS)]
            sign = 1 if way == 1 else -1  # an offer gives what was asked for, a bid takes it
            paid = [each.sides[way].get(slot, 0) for slot in range(ASSETS)]
            changes = tuple(sign * (amount - given) for amount, given in zip(paid, asked, strict=True))
            self._book.promise(
                quoted.leg_id.hex(), self._house.acting, changes, quoted.expires_ms,
                f"{incoming.request.request_id.hex()}/{quoted.nullifier.hex()}/{number}",
            )  # fmt: skip
        self._house.counts["quotes"] += len(prices)
        return reply

    def checked(self, real: Callable[..., Any], ledger: Any, *given: Any, **named: Any) -> Any:
        """What an asker takes for a firm quote was promised just so."""
        firm, refused = real(ledger, *given, **named)
        for side in (side for each in firm for side in each.sides.values()):
            promised = self._book.promises.get(digests.leg_id(ledger.ledger_id, side.leg).hex())
            if promised is None or promised.changes != tuple(side.changes):
                raise Wrong("a quote that nobody promised passes for a firm one")
            if encoding.encode_leg(side.leg) in self._house.lies:
                raise Wrong("a lie passes for a firm quote")
        self._house.counts["quotes found firm"] += len(firm)
        for each in refused:
            self._house.refusals[f"quote: {each.reason[:60]}"] += 1
        return firm, refused

    def order(
        self, real: Callable[..., Any], session: Any, sell: Mapping[int, int], buy: Mapping[int, int], *rest: Any,
        **named: Any,
    ) -> Any:  # fmt: skip
        """An order, or a lot of one."""
        lot, before = named.get("lot", orders.NO_LOT), self._order
        once = named.get("once")
        group = lot.group.hex() if lot != orders.NO_LOT else once and f"{self._house.acting}: {once}"
        if group is not None:
            self._book.order(group, _changes(sell, buy) if self._size is None else self._size)
        self._order = _changes(sell, buy), group
        try:
            return real(session, sell, buy, *rest, **named)
        finally:
            self._order = before

    def placed(self, real: Callable[..., Any], session: Any, own_order: Any, placed: Any, *rest: Any) -> Any:
        """The moment before an order goes out."""
        assert self._order is not None
        changes, group = self._order
        self._promise(placed.order_id, changes, placed.leg.expiry_ms, group)
        return real(session, own_order, placed, *rest)

    def lots(
        self, real: Callable[..., Any], session: Any, sell: Mapping[int, int], buy: Mapping[int, int], *rest: Any,
        **named: Any,
    ) -> Any:  # fmt: skip
        """An order in lots."""
        before, self._size = self._size, _changes(sell, buy)
        try:
            made = real(session, sell, buy, *rest, **named)
            self._house.counts["orders in lots"] += 1
            return made
        finally:
            self._size = before

    def _promise(self, order_id: str, changes: tuple[int, ...], expires_ms: int, group: str | None) -> None:
        if order_id not in self._book.promises:
            self._book.promise(order_id, self._house.acting, changes, expires_ms, order_id, group)
            self._house.counts["orders and lots placed"] += 1


def _changes(sell: Mapping[int, int], buy: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(buy.get(slot, 0) - sell.get(slot, 0) for slot in range(ASSETS))
