"""Places an order in lots: a set of orders, each on an account of its own, so that any of them can be taken.

    begin     the set gets its group, which the outbox remembers
    split     unless the wallet has an account for each lot: one bundle divides an account
    place     each lot, under a key of its own
    told      the set is reported; what the outbox has of its lots is forgotten

An interrupted command, repeated, goes on where it was: what is on the board already stays as it is.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from circuits.records import Position
from prover.machine import clock
from prover.trader import addresses, choosing, keys, orders, outbox, plan, sessions, steps, trade
from prover.trader.addresses import Address
from prover.trader.lots import accounts, shares
from prover.trader.marks import UNMARKED, Lot, Mark
from prover.trader.outbox import Entry
from prover.trader.owing import Setting
from prover.trader.plan import Changes
from prover.trader.sessions import Session
from prover.trader.terms import MAX_LOTS
from prover.trader.trade import Agree, Trade
from prover.trader.wallets import Holding
from zk.errors import FormatError, Unsatisfied


@dataclass(frozen=True, repr=False)
class PlacedSet(keys.Secret):
    """A set on the board: its group in hexadecimal, and the ids of its lots in the order in which they were placed.

    `changes` is what they sell and buy together.  `is_repeated` says that an earlier run of the same command placed it.
    """

    group: str
    order_ids: tuple[str, ...]
    changes: Changes
    entry: Entry
    is_repeated: bool = False


@dataclass(frozen=True, repr=False)
class _Wanted(keys.Secret):
    """What was asked for: what each lot sells and buys, the readers, the expiry, and whether lots show funds; the rest
    is as in `place`."""

    lots: tuple[Changes, ...]
    readers: tuple[Address, ...]
    expiry_ms: int
    is_backed: bool
    mark: Mark
    until: str | None
    using: frozenset[Position]

    @property
    def changes(self) -> Changes:
        return tuple(map(sum, zip(*self.lots, strict=True)))


def place(
    session: Session, sell: Mapping[int, int], buy: Mapping[int, int], readers_of: Sequence[Address], expiry_ms: int,
    now_ms: int, lots: int, position: int | None = None, agree: Agree = trade.refuse_new_debts, *,
    is_backed: bool = True, once: str | None = None, mark: Mark = UNMARKED, until: str | None = None,
    using: Collection[Position] = (),
) -> PlacedSet:  # fmt: skip
    """Places an order in 2 to MAX_LOTS lots, as equal as they can be.  The arguments are as in `orders.place`.

    `agree` is called once, with the whole.  With a position that account is divided; without one, the wallet's own
    accounts are used as they are if there is one for each lot, or those at the positions `using`.

    Raises as `orders.place`.  What was placed before that stays on the board, and the same command goes on with the
    rest.
    """
    session.wallet.check_moves()
    if not 2 <= lots <= MAX_LOTS:
        raise FormatError(f"an order has 2 to {MAX_LOTS} lots, as many as one bundle can take: not {lots}")
    orders.check_order(session, sell, buy, readers_of, expiry_ms, now_ms)
    changes = plan.changes(sell, buy)
    wanted = _Wanted(
        tuple(shares.of_order(changes, lots)), tuple(readers_of), expiry_ms, is_backed, mark, until, frozenset(using)
    )  # fmt: skip
    request = outbox.asked(
        "place lots", once, sell=sorted(sell.items()), buy=sorted(buy.items()), lots=lots, position=position,
        readers=[addresses.encode(reader) for reader in readers_of], backed=is_backed,
        **({"until": until} if until else {"life_ms": expiry_ms - now_ms}), **({"kept": True} if mark.is_kept else {}),
    )  # fmt: skip
    quiet = replace(session, on_done=None)  # what a lot does is not the outcome of this command
    sessions.sync(quiet)
    entry = outbox.find(session.wallet.outbox, request)
    if entry is not None and entry.is_told:
        return PlacedSet(steps.name(entry).hex(), _own(session, entry), changes, entry, is_repeated=True)
    if entry is None:
        agree(_trade(quiet, wanted, position, now_ms))
        entry = steps.begin(session, request)
    placed = tuple(_placed(quiet, entry, wanted, position, clock.running(now_ms)))
    outcome = PlacedSet(steps.name(entry).hex(), placed, changes, entry)
    if session.on_done is None:
        steps.confirm(session, entry)
    return outcome


def _placed(
    session: Session, entry: Entry, wanted: _Wanted, position: int | None, time: Callable[[], int]
) -> Iterator[str]:  # fmt: skip
    """Places the lots that are not on the board yet.  The id of each."""
    done = {each.key: each for each in session.wallet.outbox if steps.is_of(each, steps.name(entry).hex())}
    missing = [number for number in range(len(wanted.lots)) if steps.key(entry, number) not in done]
    found = dict(zip(missing, _accounts(session, entry, wanted, missing, position, time()), strict=True))
    for number, changes in enumerate(wanted.lots):
        earlier = done.get(steps.key(entry, number))
        if earlier is not None and earlier.is_told:
            yield earlier.made.hex()
            continue
        account = found.get(number)
        sold = {asset: -change for asset, change in enumerate(changes) if change < 0}
        bought = {asset: change for asset, change in enumerate(changes) if change > 0}
        yield orders.place(
            session, sold, bought, wanted.readers, wanted.expiry_ms, time(),
            None if account is None else account.position, trade.allow_new_debts, is_backed=wanted.is_backed,
            once=steps.key(entry, number), lot=Lot(steps.name(entry), len(wanted.lots)), mark=wanted.mark,
            until=wanted.until,
        ).order_id  # fmt: skip


def _accounts(
    session: Session, entry: Entry, wanted: _Wanted, missing: Sequence[int], position: int | None, now_ms: int
) -> list[Holding]:  # fmt: skip
    """An account for each of these lots: those of the wallet as they are, or what one of them is divided into."""
    lots, split = [wanted.lots[number] for number in missing], steps.key(entry, "split")
    is_split = any(each.key == split for each in session.wallet.outbox)
    found = None if position is not None or is_split else _ready(session, wanted, lots, now_ms, steps.name(entry))
    if found is None:
        made = accounts.divide(session, wanted.lots, position, now_ms, split, is_backed=wanted.is_backed)
        free = accounts.loose(session, now_ms)
        parts = [holding for holding in free if holding.position in made.receipt.positions]
        found = accounts.find(session, parts, lots, now_ms) or accounts.find(session, free, lots, now_ms)
    if found is None:
        raise Unsatisfied(
            "the accounts that the lots were to be placed from have moved: cancel what is on the board of this set, "
            "and place the order again"
        )
    return found


def _ready(
    session: Session, wanted: _Wanted, lots: Sequence[Changes], now_ms: int, group: bytes | None = None
) -> list[Holding] | None:  # fmt: skip
    """An account for each of these lots as it is, on which none of the group stands already; or None."""
    if wanted.using:
        taken = {order.position for order in session.wallet.orders if group is not None and order.terms.group == group}
        chosen = [
            holding for holding in session.wallet.live
            if holding.position in wanted.using and holding.position not in taken
        ]  # fmt: skip
        return accounts.find(session, chosen, lots, now_ms)
    return accounts.ready(session, accounts.loose(session, now_ms), lots, now_ms)


def _trade(session: Session, wanted: _Wanted, position: int | None, now_ms: int) -> Trade:
    """The whole, as one trade: of the accounts that suit the lots together, or of the one that is to be divided."""
    setting = sessions.setting(session, now_ms)
    found = _ready(session, wanted, wanted.lots, now_ms) if position is None else None
    holdings = found or [choosing.choose(session.wallet, setting, wanted.changes, position, now_ms)]
    return preview(setting, holdings, wanted.changes, wanted.expiry_ms)


def preview(setting: Setting, holdings: Sequence[Holding], changes: Changes, expiry_ms: int) -> Trade:
    """These changes as one trade, of these accounts together."""
    before = tuple(map(sum, zip(*(holding.account.balances for holding in holdings), strict=True)))
    after = tuple(map(sum, zip(before, changes, strict=True)))
    guardians = setting.parameters.guardians
    seen_by = trade.guardians_see(guardians) if min(after) < 0 and guardians else None
    return Trade(setting.pool, holdings[0].position, before, after, expiry_ms, seen_by=seen_by)


def _own(session: Session, entry: Entry) -> tuple[str, ...]:
    return tuple(order.order_id for order in session.wallet.orders if order.terms.group == steps.name(entry))
