"""Honest orders on their way from one desk to another, alone and beside junk (prover/bench/flood.py).

They come at a steady rate, each from the moment at which it is due until the reader has verified it; one that its
carrier has no room for is sent again, as a desk does.  Stretches alone and beside each kind of junk take turns, so that
both are of the same board and the same machine.  An order that has not arrived PATIENCE_S after the last of its stretch
was due is lost: that takes for ever.
"""

import hashlib
import itertools
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from prover.bench import flood, junk, posting
from prover.bench.deskfigures import ALONE, Found
from prover.bench.desksites import Place
from prover.bench.liveorders import LiveOrders
from prover.bench.talk import Side
from prover.carriers.carrier import Carrier, Refused, Unavailable
from prover.machine import clock, tasks

WARM_ORDERS = 10
HONEST_PER_S = 10.0
HONEST = 60
"""In one stretch."""
JUNK_PER_S = 200
BEGINS_S, ENDS_S = 1.0, 2.0
"""How long junk comes before honest orders do, and how long nothing does after it."""
PATIENCE_S = 10.0
AGAIN_S = 0.2


def measure(here: Place, live: LiveOrders, found: Found) -> None:
    """Notes how long orders of the crowd took in each kind of stretch, as far as there are enough of them."""
    stretches = [each for kind in flood.KINDS for each in (ALONE, kind)]
    size = min((len(live.crowd) - WARM_ORDERS) // len(stretches), HONEST)
    if size <= 0:
        return
    material = here.folder / "junk"
    with tasks.task("Making junk orders"):
        count = round(JUNK_PER_S * (size / HONEST_PER_S + BEGINS_S))
        posting.write(material, junk.make(here.ledger_id, live.crowd, count * len(flood.KINDS), clock.now_ms()))
    with here.side("reader") as reader, here.side("junk", file=str(material)) as sender, \
            closing(here.carriers()[0]) as carrier, \
            tasks.task(f"Honest orders over {here.carrier}", total=len(stretches) * size) as task:  # fmt: skip
        reader.hear()
        sender.hear()
        left = iter(live.crowd)
        arrivals(carrier, reader, _next(left, WARM_ORDERS), None)  # connections, and kernels for one order alone
        for kind in stretches:
            if kind != ALONE:
                sender.ask(do="begin", kind=kind, rate=JUNK_PER_S, count=count)
                time.sleep(BEGINS_S)
            found.arrived_s.setdefault(kind, []).extend(arrivals(carrier, reader, _next(left, size), task))
            if kind != ALONE:
                sent = sender.ask(do="stop")
                found.junk_per_s[kind] = sent["sent"] / sent["seconds"]
                found.junk_taken += sent["taken"]
                time.sleep(ENDS_S)


def _next(left: Iterator[bytes], count: int) -> list[bytes]:
    return list(itertools.islice(left, count))


def arrivals(carrier: Carrier, reader: Side, sent: Sequence[bytes], task: tasks.Task | None) -> list[float]:
    """How long each order took from its maker to the reader who has verified it; infinite for one that was lost."""
    names = [hashlib.sha256(data).hexdigest() for data in sent]
    start_s = time.monotonic()
    due_s = {name: start_s + number / HONEST_PER_S for number, name in enumerate(names)}
    end_s = start_s + len(sent) / HONEST_PER_S + PATIENCE_S
    took_s: dict[str, float] = {}

    def publish() -> None:
        for name, data in zip(names, sent, strict=True):
            time.sleep(max(due_s[name] - time.monotonic(), 0))
            _publish(carrier, data, end_s)

    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(publish)
        while len(took_s) < len(names) and time.monotonic() < end_s:
            told = reader.hear_within(end_s - time.monotonic()) or {"seen": []}
            for name in told["seen"]:
                if name in due_s and name not in took_s:
                    took_s[name] = told["at_s"] - due_s[name]
                    if task is not None:
                        task.advance()
        publishing.result()
    return [took_s.get(name, math.inf) for name in names]


def _publish(carrier: Carrier, data: bytes, end_s: float) -> None:
    """Publishes an order, again and again until it is taken or its time is over."""
    while time.monotonic() < end_s:
        try:
            carrier.publish(data)
            return
        except Unavailable:
            time.sleep(AGAIN_S)
        except Refused as refused:
            raise RuntimeError(f"an honest order was refused: {refused}") from None
