"""The loop around the rounds, and what others see of a desk: whether it runs, how it is, and how it ends."""

import os
import signal
import threading
import time
from types import SimpleNamespace

import pytest

from prover.dealer import status
from prover.dealer.book import Part, Stood
from prover.dealer.daemon import Loop
from prover.machine import files
from tests.prover import pools
from tests.prover.dealer.scene import changes

NOW_MS = 1_800_000_000_000


class Rounds:
    """A dealer of which each round does the next of these."""

    def __init__(self, *acts):
        self.acts, self.trouble = list(acts), None
        part = Part("ab" * 32, 3, changes(USDC=-900, ETH=3))
        self.standing = {("test", "bid"): Stood("test", "bid", (part,), 1, ("everybody",), NOW_MS + 1, NOW_MS)}

    def step(self, now_ms):
        return self.acts.pop(0)()


def loop(wallet, *acts, waits=lambda: None, prepare=lambda: False) -> Loop:
    inbox = SimpleNamespace(is_awaited=False, wait=lambda is_enough, seconds: waits())
    begun = status.begin(wallet, wallet.with_suffix(".toml"), wallet.with_suffix(".journal"), NOW_MS)
    return Loop(Rounds(*acts), inbox, pools.make(), wallet, begun, lambda: NOW_MS + 1, prepare)


@pytest.fixture
def wallet(tmp_path):
    return tmp_path / "maker.json"


def test_rounds_follow_each_other_until_it_is_stopped_and_idle_ones_wait(wallet):
    done = []
    made = loop(
        wallet, lambda: True, lambda: False, lambda: made.stop.set() or False, waits=lambda: done.append("waited"),
        prepare=lambda: done.append("prepared") or len(done) > 20,
    )  # fmt: skip
    made.run()
    assert done == ["prepared", "waited"] * 2
    found = status.read(wallet)
    assert (found.rounds, found.ended_ms, found.trouble, found.pid) == (3, NOW_MS + 1, None, os.getpid())
    (quote,) = found.quotes
    assert (quote.strategy, quote.name, quote.sells, quote.orders) == ("test", "bid", "0.0009 USDC", ("ab" * 32,))


def test_a_desk_that_fails_says_why_to_whoever_asks(wallet):
    def fail():
        raise OSError("the disk is full")

    made = loop(wallet, fail)
    with pytest.raises(OSError, match="full"):
        made.run()
    assert status.read(wallet).trouble == "OSError: the disk is full"


def test_a_desk_that_is_cut_off_says_so_while_it_runs(wallet):
    made = loop(wallet, lambda: setattr(made._dealer, "trouble", "no answer") or False, lambda: made.stop.set() or True)
    seen = []
    made._inbox.wait = lambda *_: seen.append(status.read(wallet).trouble)
    made.run()
    assert seen == ["no answer"]


def child(wallet, *, is_stubborn: bool) -> int:
    """A process that is the wallet's desk, and ends when it is asked to, unless it is stubborn."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN if is_stubborn else signal.SIG_DFL)
        with status.running(wallet):
            status.begin(wallet, wallet, wallet, NOW_MS)
            time.sleep(60)
        os._exit(0)
    while (found := status.read(wallet)) is None or found.pid != pid:
        time.sleep(0.01)
    threading.Thread(target=os.waitpid, args=(pid, 0), daemon=True).start()
    return pid


def test_there_is_one_desk_of_a_wallet_and_it_ends_when_asked(wallet):
    assert not status.is_running(wallet) and not status.end(wallet, 1, kills=True)
    child(wallet, is_stubborn=False)
    assert status.is_running(wallet)
    with pytest.raises(files.Busy, match="the desk of wallet maker"), status.running(wallet):
        pass
    assert status.end(wallet, 20, kills=False)
    assert not status.is_running(wallet)


def test_one_that_hangs_is_killed_if_that_is_wanted(wallet):
    pid = child(wallet, is_stubborn=True)
    with pytest.raises(files.Busy, match=f"process {pid}, has not ended"):
        status.end(wallet, 0.2, kills=False)
    assert status.is_running(wallet)
    assert status.end(wallet, 2, kills=True) and not status.is_running(wallet)


def test_nobody_is_signalled_for_a_desk_that_has_not_said_which_process_it_is(wallet, monkeypatch):
    made = loop(wallet, lambda: made.stop.set() or True)
    made.run()  # the status that is there is of a desk that ended
    monkeypatch.setattr(status, "is_running", lambda _: True)
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("somebody else was signalled"))
    with pytest.raises(files.Busy, match="just beginning"):
        status.end(wallet, 0.1, kills=True)
