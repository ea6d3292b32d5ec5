"""Many messages that are sent at once: each has its own outcome, and none is sent twice or forgotten."""

import threading

import pytest

from prover.carriers import dispatch, journals
from prover.carriers.carrier import Refused
from prover.carriers.dispatch import Dispatcher, Outgoing
from tests.patience import PATIENCE_S
from tests.prover.carriers.test_dispatch import AWAY, HOUR, NOW, VIEW, Fake, clock

__all__ = ["clock"]


class Many(Fake):
    """A carrier that is given many at once, and answers each by its bytes; it does `meanwhile` before it answers."""

    def __init__(self, name, answers, meanwhile=lambda: None):
        super().__init__(name, 1)
        self.by_bytes, self.calls, self.meanwhile = answers, [], meanwhile

    def carry(self, kind, many):
        self.calls.append((kind, list(many)))
        self.meanwhile()
        return [self.by_bytes.get(data, 1) for data in many]


def outgoing(*data, kind="order"):
    return [Outgoing(kind, each, each.decode(), NOW + HOUR, each.hex()) for each in data]


def states(dispatcher, now_ms=NOW):
    return {each.about: each.state(now_ms) for each in dispatcher.messages()}


def test_many_go_out_at_once_and_each_has_its_own_outcome(clock):
    one = Many("one", {b"bad": Refused("it would not settle"), b"late": AWAY})
    two = Many("two", {b"bad": Refused("no"), b"late": AWAY})
    dispatcher = Dispatcher([one, two], lambda: clock[0])
    sent = dispatcher.send_all(outgoing(b"good", b"bad", b"late"))
    assert one.calls == two.calls == [("order", [b"good", b"bad", b"late"])]
    assert [each.state(NOW) for each in sent] == ["carried", "refused", "sent"] == list(states(dispatcher).values())
    assert [each.places for each in sent] == [2, 0, 0] and [bool(each.data) for each in sent] == [False, False, True]
    assert "would not settle; no" in sent[1].why and sent[2].why == "nobody is there; nobody is there"
    one.by_bytes, two.by_bytes = {}, {}
    clock[0] += dispatch.FIRST_PAUSE_MS
    assert [each.about for each in dispatcher.retry()] == ["late"]
    assert one.calls[1:] == [("order", [b"late"])] and states(dispatcher)["late"] == "carried"


def test_what_is_past_half_of_its_pause_goes_out_with_what_is_due(clock):
    carrier = Many("one", {each: AWAY for each in (b"due", b"half", b"early")})
    dispatcher = Dispatcher([carrier], lambda: clock[0])
    for data, after_ms in ((b"due", 0), (b"half", 1_000), (b"early", 1_001)):
        clock[0] = NOW + after_ms
        dispatcher.send_all(outgoing(data))
    carrier.calls.clear()
    clock[0] = NOW + 1_999
    assert dispatcher.retry() == [] and not dispatcher.has_due()
    clock[0] = NOW + 2_000
    dispatcher.retry()
    assert carrier.calls == [("order", [b"due", b"half"])]


def test_what_waits_longest_goes_out_first_and_orders_before_their_withdrawals(clock):
    carrier = Many("one", {each: AWAY for each in (b"a", b"b", b"c", b"d")})
    dispatcher = Dispatcher([carrier], lambda: clock[0])
    dispatcher.send_all(outgoing(b"a", kind="withdrawal"))
    dispatcher.send_all(outgoing(b"c", b"b"))
    dispatcher.send_all(outgoing(b"d", kind="letter"))
    carrier.calls.clear()
    dispatcher.retry(is_asked=True)
    assert carrier.calls == [("order", [b"c", b"b"]), ("withdrawal", [b"a"]), ("letter", [b"d"])]


def test_all_of_many_are_in_the_journal_before_the_first_goes_out_and_in_one_piece(tmp_path, clock, monkeypatch):
    wallet, written = (tmp_path / "alice.json", VIEW), []
    write = journals.beside.write
    monkeypatch.setattr(journals.beside, "write", lambda *args: (written.append(len(args[3])), write(*args)))

    def die():
        assert len(written) == 1
        raise KeyboardInterrupt

    dispatcher = Dispatcher([Many("one", {}, die)], lambda: clock[0], wallet)
    with pytest.raises(KeyboardInterrupt):
        dispatcher.send_all(outgoing(b"a", b"b", b"c"))
    later = Many("one", {})
    again = Dispatcher([later], lambda: clock[0], wallet)
    assert set(states(again).values()) == {"sent"} and len(again.retry()) == 3
    assert later.calls == [("order", [b"a", b"b", b"c"])]
    assert set(states(Dispatcher([], lambda: clock[0], wallet)).values()) == {"carried"}
    dispatcher.carriers[:] = [later]
    assert len(dispatcher.retry()) == 3, "what a signal cut short is tried again in the same process, too"


def test_nobody_waits_while_a_carrier_answers_and_nobody_sends_the_same_twice(clock):
    """The carrier asks the dispatcher from another thread, which a lock that is held meanwhile would block for ever."""
    found = {}

    def meanwhile():
        carrier.meanwhile = lambda: None  # once

        def look():
            found["retried"] = dispatcher.retry(is_asked=True)
            found["due"] = dispatcher.has_due()
            found["states"] = states(dispatcher)
            dispatcher.answered(b"a".hex())

        thread = threading.Thread(target=look)
        thread.start()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()

    carrier = Many("one", {b"a": AWAY, b"b": AWAY}, meanwhile)
    dispatcher = Dispatcher([carrier], lambda: clock[0])
    sent = dispatcher.send_all(outgoing(b"a", b"b"))
    assert found == {"retried": [], "due": False, "states": {"a": "sent", "b": "sent"}} and len(carrier.calls) == 1
    assert [each.state(NOW) for each in sent] == ["answered", "sent"] == list(states(dispatcher).values())
    assert sent[0].data == "" and [each.about for each in dispatcher.retry(is_asked=True)] == ["b"]


def test_an_answer_that_comes_late_says_nothing_of_what_took_the_messages_place(clock):
    newer = Outgoing("order", b"newer", "newer", NOW + HOUR, b"a".hex())

    def meanwhile():
        carrier.meanwhile = lambda: None
        carrier.by_bytes = {b"newer": AWAY}
        dispatcher.send_all([newer])
        carrier.by_bytes = {}

    carrier = Many("one", {}, meanwhile)
    dispatcher = Dispatcher([carrier], lambda: clock[0])
    (older,) = dispatcher.send_all(outgoing(b"a"))
    assert older.state(NOW) == "carried" and states(dispatcher) == {"newer": "sent"}
    assert [each.about for each in dispatcher.retry(is_asked=True)] == ["newer"]


def test_an_order_may_be_answered_and_its_withdrawal_not(clock):
    dispatcher = Dispatcher([Many("one", {b"a": AWAY})], lambda: clock[0])
    dispatcher.send_all(outgoing(b"a"))
    dispatcher.send_all(outgoing(b"a", kind="withdrawal"))
    dispatcher.answered(b"a".hex(), kind="order")
    assert [each.kind for each in dispatcher.retry(is_asked=True)] == ["withdrawal"]
