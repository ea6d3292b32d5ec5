"""Orders: a leg on the board, together with its sealed terms.

The maker proves a leg that sells and buys, seals its terms to the wallets that may take it, and may then be offline.
A taker opens the terms, checks that they open the leg's value commitment, adds a leg with the opposite changes and
submits both.  The leg and its terms are useless to anybody who cannot pay for the other side.  The maker's wallet finds
out that its order was taken at its next sync (prover/trader/walletsync.py).

All raise Unsatisfied when the wallet's accounts do not allow it, settlement.rejection.Rejected when the ledger or the
board refuses, and FormatError when an argument is not well formed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from prover.machine import clock
from prover.trader import (
    addresses,
    assembly,
    backing,
    choosing,
    diary,
    merging,
    outbox,
    placing,
    plan,
    readers,
    sealing,
    sessions,
    settling,
    trade,
)
from prover.trader.addresses import Address
from prover.trader.diary import About, Note, What
from prover.trader.marks import NO_LOT, UNMARKED, Lot, Mark
from prover.trader.placing import Beside
from prover.trader.sessions import Placed, Session, Settlement
from prover.trader.terms import Terms
from prover.trader.trade import Agree
from prover.trader.wallets import Holding, OwnOrder
from settlement.bundles import digests
from settlement.bundles.bundle import Bundle
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.orders import board, funds
from zk.errors import FormatError, Unsatisfied

ID_DIGITS = 64
MIN_PREFIX = 4

_ORDER_ID = re.compile(rf"[0-9a-f]{{{ID_DIGITS}}}", re.ASCII)
_PREFIX = re.compile(rf"[0-9a-f]{{{MIN_PREFIX},{ID_DIGITS}}}", re.ASCII)


def place(
    session: Session,
    sell: Mapping[int, int],
    buy: Mapping[int, int],
    readers_of: Sequence[Address],
    expiry_ms: int,
    now_ms: int,
    position: int | None = None,
    agree: Agree = trade.refuse_new_debts,
    *,
    is_backed: bool = True,
    pays_fee: bool = False,
    once: str | None = None,
    lot: Lot = NO_LOT,
    mark: Mark = UNMARKED,
    until: str | None = None,
) -> Placed:
    """Puts an order on the board.

    With `is_backed`, which a full board prefers, it shows a proof of funds when the account has what the pool asks.
    With `pays_fee` it pays the board's fee instead, out of another account: for an account that owes something and so
    can show no funds.  The fee settles first; if that is the last thing that happens, the same command, repeated,
    places the order for which it was paid.
    `sell` and `buy` give amounts by asset index.  The terms are sealed to the addresses in `readers_of`
    (prover.trader.readers).  `agree` is called with the trade before anything is proved, and stops it by raising.
    `once` is as in `moves`.  `lot` says which set the order is one of (prover.trader.lots), and `mark` what the wallet
    notes of it.  What was asked for `until` a time, in these words, is the same command when it is repeated later.
    """
    session.wallet.check_moves()
    check_order(session, sell, buy, readers_of, expiry_ms, now_ms)
    time = clock.running(now_ms)
    request = outbox.asked(
        "place", once, sell=sorted(sell.items()), buy=sorted(buy.items()),
        readers=[addresses.encode(reader) for reader in readers_of],
        backed=is_backed, **({"fee": True} if pays_fee else {}),
        **_distinct(lot, mark, position, {"until": until} if until else {"life_ms": expiry_ms - now_ms}),
    )  # fmt: skip
    earlier = outbox.find(session.wallet.outbox, request)
    if earlier is not None:
        if placed := placing.placed_before(session, earlier) or placing.placed_now(session, earlier, time):
            return placed
        # From the same account, so that of the two at most one can settle, wherever a copy of the first may be.
        request = replace(request, key=earlier.key)
        own = [order.position for order in session.wallet.orders if order.order_id == earlier.made.hex()]
        position = own[0] if own and position is None else position
    else:
        placing.check_told(session, request)
    sessions.sync(session)
    setting, changes = sessions.setting(session, now_ms), plan.changes(sell, buy)
    holding = choosing.choose(session.wallet, setting, changes, position, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    leg_plan = plan.move(setting, source, target, changes, expiry_ms)
    order_terms = Terms(changes, leg_plan.blinding, leg_plan.expiry_ms, lot.group, lot.lots)
    sealed_terms = readers.seal_terms(order_terms, readers_of, leg_plan.public.commitment)
    leg_plan = replace(leg_plan, terms=digests.terms(sealed_terms))
    backed_by = None if pays_fee else backing.choose(setting, holding.account.balances, is_wanted=is_backed)
    agree(trade.of(setting, holding, leg_plan, leg_plan.expiry_ms))
    leg = assembly.leg(leg_plan, setting.pool, session.keystore)
    order_id = digests.leg_id(session.ledger.ledger_id, leg)
    fee = backing.pay(session, setting, holding, order_id, now_ms) if pays_fee else None
    proof_of_funds = funds.NO_FUNDS
    if backed_by is not None:
        proof_of_funds = backing.prove(setting, source, backed_by, order_id, session.keystore)
    posted_ms = time()
    posting = assembly.posting(leg, order_id, sealed_terms, proof_of_funds, posted_ms, leg_plan.spending)
    beside = Beside(order_terms, backed_by, leg_plan.spending, tuple(sealed_terms))
    entry = placing.entry_of(request, order_id, leg, beside)
    placed = Placed(order_id.hex(), leg, order_terms, backed_by, entry)
    withdrawal = assembly.withdrawal(session.ledger.ledger_id, order_id, leg_plan.spending)
    noted = replace(mark, placed_ms=posted_ms, readers=tuple(map(addresses.encode, readers_of)))
    own_order = OwnOrder(order_id.hex(), holding.position, order_terms, withdrawal, mark=noted)
    outcome = placing.place(session, own_order, placed, posting, posted_ms, fee)
    named = tuple(addresses.encode(reader) for reader in readers_of if reader != sealing.EVERYBODY_ADDRESS)
    diary.keep(session.file.path, session.wallet.view, [Note(order_id, What.PLACED, (), named, lot.group)])
    return outcome


def preview(session: Session, holding: Holding, changes: plan.Changes, expiry_ms: int, now_ms: int) -> trade.Trade:
    """What an order with these changes would do to an account.  Raises Unsatisfied when the account cannot have it."""
    setting = sessions.setting(session, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    leg_plan = plan.move(setting, source, target, changes, expiry_ms)
    return trade.of(setting, holding, leg_plan, leg_plan.expiry_ms)


def _distinct(lot: Lot, mark: Mark, position: int | None, life: dict[str, str | int]) -> dict[str, object]:
    """What makes an order another one than its terms would: its place in a set, or the account and life of one alone.

    Account and life are left out of a step of a longer command: they follow from its other steps, and from its time.
    """
    kept = {"kept": True} if mark.is_kept else {}
    if lot != NO_LOT:
        return {**kept, "group": lot.group.hex()}
    if mark.replaces or mark.alternatives:
        return {**kept, "replaces": mark.replaces, "alternatives": mark.alternatives}
    return {**kept, **life, "position": position}


def check_order(
    session: Session, sell: Mapping[int, int], buy: Mapping[int, int], readers_of: Sequence[Address], expiry_ms: int,
    now_ms: int,
) -> None:  # fmt: skip
    """Raises FormatError when nobody could take such an order, or it makes no sense."""
    if not readers_of:
        raise FormatError("the order has no readers, so nobody could take it")
    if expiry_ms <= now_ms:
        raise FormatError("the order would expire before it is placed")
    if not (sell or buy):
        raise FormatError("the order neither sells nor buys anything")
    if both := sorted(set(sell) & set(buy)):
        raise FormatError(f"the order both sells and buys {session.ledger.pool.assets[both[0]].symbol}")
    if len(readers_of) > board.MAX_READERS:
        raise FormatError(f"the order has {len(readers_of)} readers: at most {board.MAX_READERS} are allowed")


def take(
    session: Session, order_id: str, now_ms: int, position: int | None = None, agree: Agree = trade.refuse_new_debts,
    once: str | None = None,
) -> Settlement:  # fmt: skip
    """Takes an order whole: adds a leg with the opposite changes, binds both, and submits them.

    `agree` is called with the taker's side of the trade before anything is proved, and stops it by raising.  It is not
    called for what was agreed to and begun before: `once` is as in `moves`.
    """
    wanted = read_id(order_id)

    def make() -> Bundle:
        sessions.sync(session)
        order = board.get(session.ledger, wanted, now_ms)
        order_terms = readers.open_terms(session.wallet.view, order)
        if order_terms is None:
            raise Unsatisfied("the order's terms are sealed to others: ask its maker to seal them to your address")
        setting, changes = sessions.setting(session, now_ms), plan.opposite(order_terms.changes)
        holding = choosing.choose(session.wallet, setting, changes, position, now_ms)
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
        leg_plan = plan.move(setting, source, target, changes, now_ms + sessions.IMMEDIATE_MS)
        agree(trade.of(setting, holding, leg_plan, order.expiry_ms))
        return sessions.assemble(session, [leg_plan], [(order.leg, order_terms.blinding)], about=About(What.ORDER))

    return settling.perform(session, outbox.asked("take", once, order=order_id, position=position), now_ms, make)


def cancel(session: Session, text: str, now_ms: int, once: str | None = None) -> Settlement:
    """Voids an own order, and all others from the same account, by moving the account without any change.

    `text` is the order's id or its first digits, as for `full_id`; `once` is as in `moves`.
    """

    def make() -> Bundle:
        # Looked up here, because an order that was cancelled is not in the wallet any more when this is repeated.
        order_id = full_id(text, [own.order_id for own in session.wallet.orders], "of this wallet")
        own = next((order for order in session.wallet.orders if order.order_id == order_id), None)
        if own is None:
            raise Unsatisfied(f"this wallet has no open order {order_id[:16]}: only its maker's wallet can cancel it")
        sessions.sync(session)
        setting = sessions.setting(session, now_ms)
        holding = next((holding for holding in session.wallet.live if holding.position == own.position), None)
        if holding is None:
            raise Unsatisfied("the order is already closed: its account has moved since")
        return sessions.assemble(session, merging.with_crumbs(session, setting, holding, plan.NOTHING, 0, now_ms))

    return settling.perform(session, outbox.asked("cancel", once, order=text), now_ms, make)


def posted(ledger: Ledger, text: str, now_ms: int) -> board.Order:
    """The order on the board that an id, or its first digits, names; its margin may be stale.

    Raises FormatError as `full_id`, and Rejected when the board does not have it, because it was withdrawn perhaps, or
    it can no longer settle.
    """
    found = {order.order_id.hex(): order for order in board.listed(ledger, now_ms, stale=True)}
    order_id = full_id(text, [*found, *map(bytes.hex, ledger.orders.withdrawn_ids())], "on the board")
    if order_id not in found or board.is_takable(ledger, found[order_id], now_ms):
        return board.get(ledger, read_id(order_id), now_ms)
    board.check_signed(found[order_id])
    return found[order_id]


def read_id(text: str) -> OrderId:
    """The 32 bytes of an order's id in hexadecimal.  Raises FormatError for anything else."""
    if not _ORDER_ID.fullmatch(text):
        raise FormatError(
            f"give the order's whole id, {ID_DIGITS} lower-case hexadecimal digits: the id of another order, with "
            "other terms, may begin with the same digits"
        )
    return OrderId(bytes.fromhex(text))


def full_id(text: str, order_ids: Iterable[str], where: str) -> str:
    """An order's id from all its digits, or from enough of the first ones to identify one of `order_ids`.

    Raises FormatError, saying `where` it searched, when no id or more than one begins with these digits.
    """
    if not _PREFIX.fullmatch(text):
        raise FormatError(
            f"{text[:ID_DIGITS]!r} does not name an order: give {MIN_PREFIX} to {ID_DIGITS} lower-case hexadecimal "
            "digits of its id"
        )
    if len(text) == ID_DIGITS:
        return text
    matching = [order_id for order_id in order_ids if order_id.startswith(text)]
    if not matching:
        raise FormatError(f"no order {where} begins with {text}")
    if len(matching) > 1:
        raise FormatError(f"{len(matching)} orders {where} begin with {text}: give more digits")
    return matching[0]
