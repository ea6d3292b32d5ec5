"""What desks do with orders and accounts: place, take, sweep, cancel, divide, pay, move in and out, top up."""

from contextlib import suppress
from fractions import Fraction

from circuits import records
from prover.trader import addresses, health, merging, moves, moving, orders, sessions, trade
from prover.trader.lots import ending, offering, splitting, sweeping
from prover.trader.lots.sweeping import Limit, Wanted
from settlement.bundles.bundle import MAX_LEGS
from settlement.rejection import Rejected
from tests.simulation.desks.scripts import CASH, DOLLAR, PERP, USDC, Trader
from zk.errors import Unsatisfied


def place(trader: Trader) -> None:
    """An order to everybody, whole or in lots."""
    slot = trader.house.chance.choice([*CASH, PERP] if trader.owes else CASH)
    amount = trader.size(slot, 100 + trader.draw(300))
    value = trader.worth(slot, amount)
    worse = max(1, value * trader.draw(25) // 10_000)
    sells = bool(trader.house.chance.randrange(2))
    sell, buy = ({slot: amount}, {USDC: value + worse}) if sells else ({USDC: value - worse}, {slot: amount})
    life_ms, key = (2 + trader.draw(20)) * 60_000, trader.key()
    to = [
        addresses.of(each.member.session.wallet.view, 0)
        for each in trader.house.chance.sample(trader.peers, min(3, len(trader.peers)))
    ]
    lots = trader.house.chance.choice([1, 1, 2, 3, 4])
    agree = trade.allow_new_debts if trader.owes else trade.refuse_new_debts

    def placed() -> None:
        session, now_ms = trader.member.session, trader.now_ms
        if lots == 1:
            orders.place(session, sell, buy, to, now_ms + life_ms, now_ms, agree=agree, is_backed=False, once=key)
        else:
            offering.place(
                session, sell, buy, to, now_ms + life_ms, now_ms, lots, agree=agree, is_backed=False, once=key
            )

    trader.does(placed, key)


def take_order(trader: Trader) -> None:
    """The oldest order that this desk can read."""

    def taken() -> None:
        own = {each.order_id for each in trader.member.session.wallet.orders}
        mine = [each for each in trader.member.desk.orders() if each.terms and each.order_id not in own]
        if mine:
            order = trader.house.chance.choice(mine)
            trader.member.desk.take(order, may_owe=trader.owes)
            trader.house.counts["orders taken"] += 1

    trader.does(taken)


def sweep(trader: Trader) -> None:
    """Buys some of an asset off the board, at up to a hundredth more than it is worth."""
    slot = trader.house.chance.choice(CASH)
    amount = trader.size(slot, trader.draw(300))
    price = Fraction(trader.worth(slot, amount) * 101, amount * 100)
    if price <= 0:
        return
    limit = Limit(USDC, price, sells=False)

    key = trader.key()

    def swept() -> None:
        made = sweeping.sweep(trader.member.session, Wanted(slot, amount), limit, trader.now_ms, once=key)
        trader.house.counts["sweeps"] += not made.is_repeated

    trader.does(swept, key)


def cancel(trader: Trader) -> None:
    """Cancels one of its orders, or a whole set."""

    def cancelled() -> None:
        sessions.sync(trader.member.session)
        own = [each for each in trader.member.session.wallet.orders if each.terms.expiry_ms > trader.now_ms]
        if not own:
            return
        one = trader.house.chance.choice(own)
        if one.terms.is_lot:
            ending.cancel(trader.member.session, one.terms.group.hex(), trader.now_ms)
        else:
            orders.cancel(trader.member.session, one.order_id, trader.now_ms)
        trader.house.counts["cancels"] += 1

    trader.does(cancelled)


def split(trader: Trader) -> None:
    """Divides its largest account of cash."""
    trader.does(lambda: splitting.split_evenly(trader.member.session, 2, trader.now_ms))


def pay(trader: Trader) -> None:
    """Pays somebody."""
    payee, amount = trader.house.chance.choice(trader.peers), trader.draw(50) * DOLLAR
    to = addresses.of(payee.member.session.wallet.view, 0)

    key = trader.key()

    def paid() -> None:
        trader.house.clerk.payment = payee.member.name, USDC, amount
        try:
            moves.pay(trader.member.session, to, USDC, amount, trader.now_ms, once=key)  # type: ignore[arg-type]
            trader.house.counts["payments"] += 1
        finally:
            trader.house.clerk.payment = None

    trader.does(paid, key)


def move(trader: Trader, slot: int, amount: int, position: int | None = None) -> None:
    """Pays in, or out when it is negative."""
    key = trader.key()
    reference = key.replace("/", "")
    trader.house.clerk.book.intend(reference, trader.member.name, slot, amount)
    act = moves.deposit if amount > 0 else moves.withdraw

    def moved() -> None:
        session, now_ms = trader.member.session, trader.now_ms
        act(session, slot, records.Amount(abs(amount)), "bank", now_ms, position, reference=reference, once=key)

    trader.does(moved, key)


def top_up(trader: Trader) -> None:
    """Tops up what could be seized, or trade nothing."""

    def topped() -> None:
        sessions.sync(trader.member.session)
        for warned in health.warnings(trader.member.ledger, trader.member.session.wallet):
            trader.house.counts["margin calls"] += 1
            lacks = max(warned.to_trade, warned.to_be_safe) * 5 // 4 + DOLLAR
            with suppress(Unsatisfied, Rejected):
                moves.top_up(trader.member.session, USDC, lacks, trader.now_ms, warned.holding.position)
                trader.house.counts["top-ups"] += 1
                return

    trader.does(topped)


def insure(trader: Trader, amount: int) -> None:
    """Gives to the pool's insurance."""
    trader.does(lambda: moves.insure(trader.member.session, amount, trader.now_ms))  # type: ignore[arg-type]


def leave(trader: Trader) -> None:
    """Takes everything that is held out of the ledger, but for what the fees of that leave behind."""
    session, fee = trader.member.session, trader.house.clerk.book.fee
    trader.does(lambda: moving.move(session, moving.all_positions(session, trader.now_ms), trader.now_ms))
    for _ in range(2):  # an account without money could not pay for its way out
        trader.does(lambda: merging.merge(session, MAX_LEGS, trader.now_ms))
    for slot in reversed(range(records.HELD)):
        for holding in session.wallet.live:
            amount = holding.account.balances[slot] - (fee if slot == USDC else 0)
            if amount > 0:
                move(trader, slot, -amount, position_of(trader, holding.index, slot))


def position_of(trader: Trader, index: int, slot: int) -> int | None:
    """Where the account of these keys is now that has most of an asset."""
    own = [each for each in trader.member.session.wallet.live if each.index == index]
    return max(own, key=lambda each: each.account.balances[slot]).position if own else None
