"""The sides of `zksettle bench desk`: makers, askers and readers of boards, each of which does what it is told.

    python -m prover.bench.deskside      reads JSON lines: first what it is to be, then what it is to do

    maker     quotes two-way whatever it is asked for          {"address"}, then "idle": once nothing is left to prepare
    asker     asks and takes                                    "round": when each stage of it ended
    reader    verifies orders as they arrive, and says which
    board     begins with an empty board                        "sync": how long so many orders took
    owner     refreshes its orders at each new epoch            "epoch": how long so many took
    junk      sends junk orders                                 "begin", "stop"
"""

import hashlib
import queue
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from prover import desk
from prover.bench import flood, liveorders, posting, talk
from prover.bench.talk import Document, Ended, Talk
from prover.carriers import admission, carrierfile
from prover.carriers.carriedorders import CarriedOrders
from prover.carriers.carrier import Carrier, ignore
from prover.carriers.carrierfile import Named
from prover.carriers.dispatch import Dispatcher
from prover.machine import clock
from prover.machine.home import Home
from prover.quoting import line
from prover.rfq import answering, taking
from prover.rfq.answering import Prices, Responder
from prover.rfq.messages import Way
from prover.trader import keepfresh, readiness, refreshing, sessions
from prover.upkeep import warmup
from settlement.ids import LedgerId
from settlement.ledger import Ledger
from settlement.rejection import Rejected

MEMORY = "memory"
IDLE_S = 0.02
PATIENCE_S = 60.0

Carriers = Callable[[LedgerId], list[Carrier]]


def maker(asked: Document, carriers: Carriers, told: Talk) -> None:
    """Answers every request at once."""
    with desk.open(asked["home"], asked["wallet"], liveorders.PASSPHRASE) as owner, \
            owner.using(carriers(owner.session.ledger.ledger_id)) as post:  # fmt: skip
        slot = line(owner.pool, asked["size"], paid_in=asked["paid_in"]).paid_in
        sides = {Way.BID: {slot: asked["bid"]}, Way.OFFER: {slot: asked["offer"]}}
        limits = answering.Limits(to_one=1 << 20, to_all=1 << 20)
        responder = Responder(
            owner.session, post.memory, lambda incoming: [Prices(incoming.request.all_lines, sides)], limits
        )  # fmt: skip
        readiness.rehearse(owner.session.keystore)
        told.say({"address": owner.address})
        while True:
            incoming = post.inbox.next_request(IDLE_S)
            if incoming is not None:
                now_ms = clock.now_ms()
                reply = responder.respond(incoming, answering.usual_expiry_ms(now_ms), now_ms)
                assert reply is not None, "the bench asks for what the maker quotes"
                post.reply(incoming, reply)
            elif told.hear(0) is not None:
                _prepare(owner)
                told.say({"idle": True})


def asker(asked: Document, carriers: Carriers, told: Talk) -> None:
    """Asks, waits for the answer, and takes it."""
    settled_s: list[float] = []
    with desk.open(
        asked["home"], asked["wallet"], liveorders.PASSPHRASE, on_done=lambda _: settled_s.append(time.perf_counter())
    ) as owner, owner.using(carriers(owner.session.ledger.ledger_id)):  # fmt: skip
        readiness.rehearse(owner.session.keystore)
        told.say({"ready": True})
        while (heard := told.hear()) is not None:
            if heard["do"] == "idle":
                _prepare(owner)
                told.say({"idle": True})
                continue
            times_s = _round(owner, asked, heard)
            told.say({"ends_s": [one - times_s[0] for one in (*times_s[1:], settled_s[-1])]})


def _round(owner: desk.Desk, asked: Document, heard: Document) -> list[float]:
    """When a round began, and when each of its stages ended but the last."""
    times_s = [time.perf_counter()]
    inquiry = owner.ask(asked["size"], paid_in=asked["paid_in"], to=heard["to"])
    times_s.append(time.perf_counter())
    inbox = owner.post.inbox
    if not inbox.wait(lambda: bool(inbox.answers(inquiry)), PATIENCE_S):
        raise RuntimeError("the maker did not answer")
    times_s.append(time.perf_counter())
    try:
        owner.confirm(owner.take_quote(inquiry, heard["side"], agree=lambda _: times_s.append(time.perf_counter())))
    except taking.Gone as gone:
        why = "; ".join(refused.reason for refused in owner.quotes(inquiry)[1])
        raise RuntimeError(f"{gone} ({why})") from None
    return times_s


def _prepare(owner: desk.Desk) -> None:
    """What a desk does while nothing is asked: it follows the ledger, and makes its next legs ready."""
    owner.session.ledger.update()
    owner.sync()
    while readiness.prepare(owner.session, clock.now_ms()):
        pass


def reader(asked: Document, carriers: Carriers, told: Talk) -> None:
    """Verifies what arrives, what came meanwhile together, and says when."""
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    with Ledger.open(Home(Path(asked["home"])).ledger, read_only=True) as ledger:
        warmup.load_checking()
        subscriptions = [
            each.subscribe(arrived.put, ignore, clock.now_ms()) for each in carriers(ledger.ledger_id)
        ]  # fmt: skip
        for each in subscriptions:
            each.caught_up(PATIENCE_S)
        told.say({"ready": True})
        while True:
            try:
                told.hear(0)
                waiting = [arrived.get(timeout=IDLE_S)]
            except queue.Empty:
                continue
            waiting += [arrived.get() for _ in range(arrived.qsize())]
            answers = admission.orders(ledger, waiting, clock.now_ms())
            at_s = time.monotonic()
            seen = [
                hashlib.sha256(data).hexdigest() for data, answer in zip(waiting, answers, strict=True)
                if not isinstance(answer, Rejected)
            ]  # fmt: skip
            told.say({"seen": seen, "at_s": at_s})


def board(asked: Document, carriers: Carriers, told: Talk) -> None:
    """Begins with an empty board each time, at the ledger as it is now."""
    with sessions.open_ledger(Home(Path(asked["home"]))) as ledger:
        ledger.update()
    with Ledger.open(Home(Path(asked["home"])).ledger) as ledger:
        warmup.load_checking()
        told.say({"ready": True})
        while (heard := told.hear()) is not None:
            own, used = ledger.orders, carriers(ledger.ledger_id)
            dispatcher = Dispatcher(used, clock.now_ms)
            start_s, start_cpu_s = time.perf_counter(), time.process_time()
            orders = CarriedOrders(ledger, dispatcher, clock.now_ms, uses_board=False)
            ledger.orders = orders
            while True:
                orders.update()
                found = len(orders.stored())
                seconds = time.perf_counter() - start_s
                if found >= heard["count"] or seconds > PATIENCE_S:
                    break
                time.sleep(IDLE_S)
            told.say({"orders": found, "seconds": seconds, "cpu_s": time.process_time() - start_cpu_s})
            ledger.orders = own
            if asked["carrier"] != MEMORY:
                orders.close()


def owner(asked: Document, carriers: Carriers, told: Talk) -> None:
    """Proves the margin of its orders anew as soon as there is a new epoch: `zksettle order keep`."""
    with desk.open(asked["home"], liveorders.OWN, liveorders.PASSPHRASE) as owner:
        session = owner.session
        if asked["carrier"] == MEMORY:  # no home can name it
            dispatcher = Dispatcher(carriers(session.ledger.ledger_id), clock.now_ms)
            session.ledger.orders = CarriedOrders(session.ledger, dispatcher, clock.now_ms, uses_board=False)
        readiness.rehearse(session.keystore)
        count = len(list(refreshing.own(session.ledger, session.wallet.view, clock.now_ms())))
        told.say({"orders": count})
        while (heard := told.hear()) is not None:
            done, failed = list[refreshing.Refreshed](), list[str]()
            end_s = time.monotonic() + PATIENCE_S

            def tell(one: refreshing.Refreshed, done: list[refreshing.Refreshed] = done) -> None:
                done.append(one)

            while len(done) < count and time.monotonic() < end_s:
                keepfresh.run(
                    session.ledger, session.wallet.view, session.keystore, clock.now_ms, tell, failed.append,
                    num_rounds=1,
                )  # fmt: skip
            failed += [one.why_not for one in done if one.why_not is not None]
            seconds = time.monotonic() - heard["at_s"]
            told.say({"refreshed": len(done) - len(failed), "failed": failed[:3], "seconds": seconds})


def sender(asked: Document, carriers: Carriers, told: Talk) -> None:
    """Sends junk between "begin" and "stop"."""
    made = iter(posting.read(Path(asked["file"])))
    with Ledger.open(Home(Path(asked["home"])).ledger, read_only=True) as ledger:
        ledger_id = ledger.ledger_id
    told.say({"ready": True})
    while (heard := told.hear()) is not None:
        pieces = [piece for piece, _ in zip(made, range(heard["count"]), strict=False)]
        send: flood.Send = flood.ToService(asked["url"])
        if asked["carrier"] == carrierfile.NOSTR:
            send, pieces = flood.ToRelay(asked["url"], heard["kind"]), flood.events(ledger_id, pieces)
        with flood.Flood(pieces, heard["rate"], heard["kind"], send) as sending:
            told.say({"begun": True})
            told.hear()
        told.say({"sent": sending.sent, "taken": sending.taken, "seconds": sending.seconds})


def named(carrier: str, url: str) -> Named:
    """A service's mailbox, or a relay, as a home names it."""
    return Named(carrierfile.NOSTR if carrier == carrierfile.NOSTR else carrierfile.MAILBOX, url, None)


ROLES: Mapping[str, Callable[[Document, Carriers, Talk], None]] = {
    "maker": maker, "asker": asker, "reader": reader, "board": board, "owner": owner, "junk": sender
}  # fmt: skip


def run(asked: Document, told: Talk) -> None:
    """Is what it is asked to be, with carriers of its own, until the other end is closed."""
    opened: list[Carrier] = []

    def carriers(ledger_id: LedgerId) -> list[Carrier]:
        found = carrierfile.opened([named(asked["carrier"], asked["url"])], ledger_id, clock.now_ms)
        opened.extend(found)
        return found

    try:
        ROLES[asked["role"]](asked, carriers, told)
    except Ended:
        pass
    finally:
        for each in opened:
            each.close()


def main() -> None:
    """A process."""
    # Unbuffered, because a thread that waits for a buffer would be in the way of the end.
    told = talk.over(open(sys.stdin.fileno(), "rb", buffering=0, closefd=False), sys.stdout.buffer)
    asked = told.hear()
    assert asked is not None, "the first line says what it is to be"
    run(asked, told)


if __name__ == "__main__":
    main()
