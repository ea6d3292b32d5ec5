"""Does what the stops of a wallet say, each once.

    triggered    is written before anything is done, so that a price that went back changes nothing
    acts         under the key "stop ID": what was done before a crash is found, and not done again
    done         is written after that, with what was done

What cannot be done now, because nobody offers so good a price perhaps, is tried again at each call until the stop
expires.  Nothing here raises what an action raises: one stop in trouble keeps none of the others from acting.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from prover.machine import clock
from prover.stops import stopfile, stops
from prover.stops.stops import DONE, EXPIRED, TRIGGERED, Prices, Stop
from prover.trader import orders, sessions, trade
from prover.trader.lots import sweeping
from prover.trader.lots.sweeping import Limit, Wanted
from prover.trader.readers import addresses_of
from prover.trader.sessions import Session
from settlement import amounts
from settlement.ids import BundleId, OrderId
from settlement.ledger import Ledger
from settlement.pool.pool import Pool
from settlement.rejection import Rejected
from zk.errors import FormatError, InvalidProof, Unsatisfied


@dataclass(frozen=True)
class Event:
    """Something that became of a stop, in a sentence, and as fields of a JSON document."""

    stop_id: str
    what: Literal["triggered", "done", "waits", "expired"]
    sentence: str
    document: dict[str, Any]


def newest(ledger: Ledger) -> Prices | None:
    """The newest settled publication, None before the first."""
    grids = ledger.reader.grids(1)
    return Prices(grids[0].publication.epoch, tuple(grids[0].publication.prices)) if grids else None


def step(session: Session, now_ms: int) -> tuple[Event, ...]:
    """One look at the newest prices: triggers what is due, and acts for all that is triggered.  What became of them.

    Raises FormatError when the file of the stops is damaged, and files.Busy when it is in use for long.
    """
    path = session.file.path
    if not stopfile.exists(path):
        return ()
    return tuple(_events(session, clock.running(now_ms)))


def _events(session: Session, time: Callable[[], int]) -> Iterator[Event]:
    path, view, pool = session.file.path, session.wallet.view, session.ledger.pool
    prices = newest(session.ledger)
    for stop in stops.due(stopfile.read(path, view), prices, time()):
        assert prices is not None, "something is due"
        triggered = replace(stop, state=TRIGGERED, epoch=prices.epoch)
        stopfile.put(path, view, triggered)
        asset, numeraire = pool.assets[stop.watched], pool.assets[amounts.NUMERAIRE]
        price = amounts.show_price(prices.values[stop.watched], asset, numeraire)
        yield _event(triggered, "triggered", f"{asset.symbol} is at {price}, epoch {prices.epoch}", pool)
    for stop in stopfile.read(path, view):
        if stop.state == TRIGGERED:
            yield from _acted(session, stop, time())
        elif stop.is_open and stops.is_over(stop, time()):
            stopfile.put(path, view, ended := replace(stop, state=EXPIRED))
            yield _event(ended, "expired", "its time is over, and it did nothing", pool)


def _acted(session: Session, stop: Stop, now_ms: int) -> Iterator[Event]:
    path, view, pool = session.file.path, session.wallet.view, session.ledger.pool
    made = _made_before(session, stop)
    if not made and stops.is_over(stop, now_ms):
        stopfile.put(path, view, ended := replace(stop, state=EXPIRED))
        yield _event(ended, "expired", f"its time is over: {stop.why or 'it did nothing'}", pool)
        return
    try:
        made = made or _act(session, stop, now_ms)
    except (Unsatisfied, Rejected, FormatError, InvalidProof) as error:
        why = str(error)[: stops.MAX_WHY]
        if why != stop.why:
            stopfile.put(path, view, waiting := replace(stop, why=why))
            yield _event(waiting, "waits", why, pool)
        return
    stopfile.put(path, view, done := replace(stop, state=DONE, made=made, why=""))
    what = f"placed order {made[:16]}" if stop.readers else f"took from the board, bundle {made[:16]}"
    yield _event(done, "done", what, pool)


def _act(session: Session, stop: Stop, now_ms: int) -> str:
    """Takes from the board or places the order.  The id of the bundle or of the order."""
    agree = trade.allow_new_debts if stop.may_owe else trade.refuse_new_debts
    quiet = replace(session, on_done=None)
    if stop.readers:
        sell, buy = stops.sides(stop)
        return orders.place(
            quiet, sell, buy, addresses_of(stop.readers), now_ms + stop.life_ms, now_ms, None, agree, once=stop.key
        ).order_id
    limit = Limit(stop.other, stop.price, sells=stop.sells)
    wanted = Wanted(stop.asset, stop.amount, stop.minimum)
    settled = sweeping.sweep(quiet, wanted, limit, now_ms, None, agree, stop.key)
    return settled.receipt.bundle_id.hex()


def _made_before(session: Session, stop: Stop) -> str:
    """What an earlier call has done of which no note was taken: the id of a bundle or order, or nothing."""
    entry = next((each for each in session.wallet.outbox if each.key == stop.key), None)
    if entry is None:
        return ""
    sessions.sync(session)
    reader, board = session.ledger.reader, session.ledger.orders
    is_made = entry.is_told or (
        board.get(OrderId(entry.made)) is not None if stop.readers
        else reader.bundle_height(BundleId(entry.made)) is not None
    )  # fmt: skip
    return entry.made.hex() if is_made else ""


def _event(stop: Stop, what: Literal["triggered", "done", "waits", "expired"], sentence: str, pool: Pool) -> Event:
    return Event(stop.stop_id, what, sentence, {"stop": stop.stop_id, "state": stop.state, **describe(stop, pool)})


def describe(stop: Stop, pool: Pool) -> dict[str, Any]:
    """A stop as JSON values, without its state."""
    return {
        "watched": pool.assets[stop.watched].symbol, "when": "above" if stop.is_above else "below",
        "trigger": str(stop.trigger), "sells": stop.sells, "amount": str(stop.amount),
        "asset": pool.assets[stop.asset].symbol, "for": pool.assets[stop.other].symbol, "to": list(stop.readers),
        "until_ms": stop.until_ms or None, "epoch": stop.epoch or None, "made": stop.made or None,
        "why": stop.why or None,
    }  # fmt: skip
