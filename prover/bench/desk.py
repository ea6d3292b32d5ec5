"""`zksettle bench desk`: two desks, from a request for quote to its settlement, and the board that they trade on.

Over each carrier (prover/bench/desksites.py) the desks, the relay and the ledger are processes:

    quotes      each round asks about an amount, gets a firm two-way quote with real proofs, and takes one side; the
                sides alternate, so that the desks hold at the end what they held at the beginning
    requote     a desk with 100 standing orders proves their margins anew, from the publication of a new epoch on
    junk        honest orders on their way from one desk to another, alone and beside 200 junk orders a second
                (prover/bench/arrivals.py); not over memory
    sync        a desk that has nothing yet reads a board of 1,000 live orders, and verifies all of their proofs

The orders are made once and kept (prover/bench/liveorders.py).
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prover import desk
from prover.bench import arrivals, deskreport, desksites, liveorders
from prover.bench.deskfigures import Found, Round
from prover.bench.desksites import Place
from prover.bench.liveorders import LiveOrders
from prover.bench.report import Measurements
from prover.bench.talk import Side
from prover.carriers.carrier import Refused, Unavailable
from prover.machine import tasks
from prover.proofs.keystores import Keystore
from settlement.rejection import Rejection

WARM_ROUNDS = 2
PATIENCE_S = 60.0
PLACING = 8


@dataclass(frozen=True)
class Kind:
    """What is traded: what is asked about, and what a round costs."""

    name: str
    size: str
    paid_in: str
    bid: int
    offer: int


CASH = Kind("cash", "1 ETH", "USDC", 2_990_000_000, 3_010_000_000)
MARGIN = Kind("margin", "1 ETH-PERP", "dUSDC", 2_990_000_000, 3_010_000_000)


def bench(keystore: Keystore, rounds: int, orders: int, carriers: Sequence[str]) -> Measurements:
    """So many rounds of each kind, and a board of so many orders, over each of the carriers."""
    live = liveorders.prepare(keystore, orders)
    with tempfile.TemporaryDirectory(prefix="zksettle-bench-") as folder:
        found = [_measure(each, live, rounds, Path(folder) / each) for each in carriers]
    return deskreport.report(found, rounds, orders, live.reused)


def _measure(carrier: str, live: LiveOrders, rounds: int, folder: Path) -> Found:
    found = Found(carrier, os.getloadavg()[0])
    with tasks.task(f"Starting the ledger for {carrier}"):
        place = ExitStack()
        here = place.enter_context(desksites.opened(carrier, live, folder))
    with place:
        for kind in (CASH, MARGIN):
            found.rounds[kind.name] = _rounds(here, kind, rounds)
        _place(here, live.own)
        with tasks.task(f"Requoting over {carrier}"):
            found.refreshed, found.refresh_s = _requote(here)
        if here.hub is None:  # in memory nobody stands between those who send junk and those who read
            arrivals.measure(here, live, found)
        with tasks.task(f"Placing orders over {carrier}"):
            found.placed_s = _place(here, live.crowd)
        with tasks.task(f"Reading the board over {carrier}"), here.side("board") as board:
            board.hear()
            board.ask(count=0)  # kernels and connections are loaded
            synced = board.ask(count=len(live.own) + len(live.crowd))
        found.synced, found.sync_s, found.sync_cpu_s = synced["orders"], synced["seconds"], synced["cpu_s"]
    return found


def _rounds(here: Place, kind: Kind, rounds: int) -> tuple[Round, list[Round]]:
    """The first round, and those that came when all was warm."""
    asked = {"size": kind.size, "paid_in": kind.paid_in, "bid": kind.bid, "offer": kind.offer}
    of_maker, of_asker = liveorders.wallets_of(kind.name)
    with here.side("maker", wallet=of_maker, **asked) as maker, here.side("asker", wallet=of_asker, **asked) as asker:
        address = maker.hear()["address"]
        asker.hear()
        done = []
        with tasks.task(f"Asking and taking, {kind.name}, over {here.carrier}", total=WARM_ROUNDS + rounds) as task:
            for number in range(WARM_ROUNDS + rounds):
                for side in (asker, maker):  # as desks are while they wait
                    side.ask(do="idle")
                done.append(_round(asker, address, "buy" if number % 2 else "sell"))
                task.advance()
    return done[0], done[WARM_ROUNDS:]


def _round(asker: Side, address: str, side: Literal["buy", "sell"]) -> Round:
    return Round(tuple(asker.ask(do="round", to=address, side=side)["ends_s"]))


def _requote(here: Place) -> tuple[int, float]:
    """How many orders had margin of a new epoch, and after how long."""
    with here.side("owner") as owner:
        owner.hear()
        desk.publish_prices(here.operator.path)
        done = owner.ask(at_s=time.monotonic())
    if done["failed"]:
        raise RuntimeError(f"an order was not refreshed: {done['failed'][0]}")
    return done["refreshed"], done["seconds"]


def _place(here: Place, orders: Sequence[bytes]) -> float:
    """Puts orders on the board, from several desks at once; how many seconds it took."""
    start_s = time.perf_counter()
    shares = [orders[number::PLACING] for number in range(PLACING)]
    with ThreadPoolExecutor(PLACING) as pool:
        list(pool.map(lambda share: _publish(here, share), shares))
    return time.perf_counter() - start_s


def _publish(here: Place, orders: Sequence[bytes]) -> None:
    for carrier in here.carriers():
        try:
            for data in orders:
                _until_taken(carrier.publish, data)
        finally:
            carrier.close()


def _until_taken(publish: Callable[[bytes], int], data: bytes) -> None:
    """Publishes an order; whoever is told to come again does."""
    end_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            publish(data)
            return
        except Refused as refused:
            if refused.rejection is Rejection.ORDER_KNOWN:
                return
            raise RuntimeError(f"an honest order was refused: {refused}") from None
        except Unavailable as error:
            if time.monotonic() > end_s:
                raise RuntimeError(f"an honest order found no room: {error}") from None
            time.sleep(0.2)
