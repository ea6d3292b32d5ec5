"""An open wallet whose orders live on: replaced, placed as alternatives, kept until cancelled, and remembered.

prover.desk adds the rest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from prover.lotdesk import LotDesk, Texts, default_agree, texts
from prover.machine import clock, threadcount
from prover.trader import (
    addresses,
    alternatives,
    boardview,
    contacts,
    keys,
    lifetimes,
    orderhistory,
    readers,
    replacing,
    steps,
)
from prover.trader.alternatives import Alternatives
from prover.trader.lots import exchanging
from prover.trader.lots.exchanging import Exchanged
from prover.trader.replacing import Replaced, Wanted
from prover.trader.sealing import EVERYBODY_ADDRESS
from prover.trader.trade import Agree
from prover.trader.wallets import OwnOrder
from settlement import amounts
from zk.errors import FormatError

_EITHER = re.compile(r"(.+)\s+for\s+(.+)")
TAKEN, VOID, EXPIRED, REPLACED = "taken", "void", "expired", "replaced"
"""What became of an order that is over; of one that is not, the board says (prover/trader/boardview.py)."""


@dataclass(frozen=True, repr=False)
class Told(keys.Secret):
    """An order of the wallet's, and what is true of it.

    `readers` are contacts' names, addresses, or the word everybody; `replaced_by` is the order in its place, if
    any, or the set.
    """

    own: OwnOrder
    state: str
    taken_height: int | None
    readers: tuple[str, ...]
    replaced_by: str | None


class OrderDesk(LotDesk):
    """The part of a desk that deals with the life of its orders."""

    def replace(
        self, order_id: str, *, sell: Texts | None = None, buy: Texts | None = None, to: Texts | None = None,
        expires: str = "1h", until: str | None = None, may_owe: bool = False, agree: Agree | None = None,
        funds: bool = True, same_account: bool = False,
    ) -> Replaced:  # fmt: skip
        """Replaces an order of this wallet by another, and leaves what is None as it is.

        Its account moves first, so that the old order is void.  With `same_account` it stays: the old order is taken
        off the board, and of the two one settles at most, which may be the old one until it expires.
        """
        wanted, now_ms = self._instead(sell, buy, to), clock.now_ms()
        with threadcount.limited_to(self.threads):
            return replacing.replace_order(
                self.session, order_id, wanted, lifetimes.read(expires, until, now_ms), now_ms,
                agree or default_agree(may_owe), voids=not same_account, is_backed=funds,
            )  # fmt: skip

    def replace_lots(
        self, group: str, *, sell: Texts | None = None, buy: Texts | None = None, to: Texts | None = None,
        expires: str = "1h", until: str | None = None, may_owe: bool = False, agree: Agree | None = None,
        funds: bool = True,
    ) -> Exchanged:  # fmt: skip
        """Replaces the lots that are left of a set of this wallet by as many others, as `replace` does an order.

        The accounts of the old ones move first, all in one bundle.
        """
        wanted, now_ms = self._instead(sell, buy, to), clock.now_ms()
        with threadcount.limited_to(self.threads):
            return exchanging.replace_set(
                self.session, self.group_of(group), wanted, lifetimes.read(expires, until, now_ms), now_ms,
                agree or default_agree(may_owe), is_backed=funds,
            )  # fmt: skip

    def _instead(self, sell: Texts | None, buy: Texts | None, to: Texts | None) -> Wanted:
        """What is to stand in the place of something, where it is not to stay as it is."""
        return Wanted(
            None if sell is None else amounts.parse_all(texts(sell), self.pool),
            None if buy is None else amounts.parse_all(texts(buy), self.pool),
            None if to is None else readers.addresses_of(texts(to), self.named),
        )

    def place_either(
        self, orders: Sequence[str], *, to: Texts, expires: str = "1h", until: str | None = None,
        position: int | None = None, may_owe: bool = False, agree: Agree | None = None, funds: bool = True,
        once: str | None = None,
    ) -> Alternatives:  # fmt: skip
        """Places orders of which one settles at most, each as text such as "1 ETH for 3200 USDC": sells for buys."""
        sides = [self._sides(text) for text in orders]
        sealed_to = readers.addresses_of(texts(to), self.named)
        now_ms = clock.now_ms()
        with threadcount.limited_to(self.threads):
            return alternatives.place(
                self.session, sides, sealed_to, lifetimes.read(expires, until, now_ms), now_ms, position,
                agree or default_agree(may_owe), is_backed=funds, once=once,
            )  # fmt: skip

    def confirm_either(self, outcome: Alternatives) -> None:
        """Notes that placed alternatives were told.  Only a desk that was opened with `on_done` needs it."""
        steps.confirm(self.session, outcome.entry)

    def order_history(self) -> list[Told]:
        """Every order of this wallet that it knows of, the newest first, and what became of it."""
        self.sync()
        session, now_ms, kept = self.session, clock.now_ms(), self.contacts()
        open_now = session.wallet.orders
        over = [
            past for past in orderhistory.read(session.file.path, session.wallet.view)
            if past.own.order_id not in {own.order_id for own in open_now}
        ]  # fmt: skip
        newer = {own.mark.replaces: _name(own) for own in (*(past.own for past in over), *open_now)}
        found = [
            Told(own, state, None, self._names(own, kept), newer.get(own.order_id))
            for own, state in zip(open_now, boardview.states(session.ledger, open_now, now_ms), strict=True)
        ]
        for past in over:
            by = newer.get(past.own.order_id)
            if by is None and not past.has_expired and exchanging.is_replaced(session.wallet, past.own):
                by = newer.get(past.own.terms.group.hex())
            ended = REPLACED if by else EXPIRED if past.has_expired else VOID
            state = ended if past.taken_height is None else TAKEN
            found.append(Told(past.own, state, past.taken_height, self._names(past.own, kept), by))
        return sorted(found, key=lambda told: -told.own.mark.placed_ms)

    def _names(self, own: OwnOrder, kept: Sequence[contacts.Contact]) -> tuple[str, ...]:
        if own.mark.readers == (addresses.encode(EVERYBODY_ADDRESS),):
            return (readers.EVERYBODY,)
        return tuple(contacts.name_of(kept, address) or address for address in own.mark.readers)

    def _sides(self, text: str) -> alternatives.Sides:
        """What "1 ETH + 2 BTC for 90000 USDC" sells and buys.  Raises FormatError."""
        match = _EITHER.fullmatch(text.strip())
        if match is None:
            raise FormatError(f'"{text[: amounts.MAX_TEXT]}" is not an order: write "1 ETH for 3200 USDC"')
        sold, bought = ([part.strip() for part in side.split("+")] for side in match.groups())
        return amounts.parse_all(sold, self.pool), amounts.parse_all(bought, self.pool)


def _name(own: OwnOrder) -> str:
    """What an order is called: of a lot, its set."""
    return own.terms.group.hex() if own.terms.is_lot else own.order_id
