"""A desk that is killed again and again: `python -m tests.soak.dealer COUNT`.

First the desk of tests/prover/dealer is killed at each of the steps of placing, requoting and answering.  Then a real
one, `zksettle desk run` in a process of its own with real proofs, is killed (kill -9) COUNT times at random moments,
while the price that it quotes around changes, its orders are taken and its quotes asked for and taken.  In the end

    every order that was ever on the board and could still settle is one that the desk knows to stand
    the desk has on the board what it wants there, each once
    its journal tells every trade once
    maker and taker have together what they had, and each what the trades say

It prints each kill; any difference ends the run with 1.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from prover import desk as desks
from prover.carriers import mailbox
from prover.cli.frame import passphrase
from prover.dealer import status as statuses
from prover.desk import Desk
from prover.machine import clock, home
from prover.trader import sessions
from settlement.rejection import Rejected
from tests import processes
from tests.prover.cli.run import as_json, zksettle
from tests.prover.dealer import scene, test_killed
from zk.errors import Unsatisfied

SECRET = "of a desk that is killed"
ETH, USDC = 5, 20_000
DESK = """
[[strategy]]
name = "spot"
kind = "two-sided"
slack = "0.05%"

[strategy.market.ETH]
size = "0.5 ETH"
levels = 2
spread = "0.4%"
step = "0.2%"
target = "5 ETH"
most = "4 ETH"

[[prices]]
source = "file"
path = "prices.json"
"""
PATIENCE_S = 60.0


def main() -> int:
    """Runs both parts."""
    parser = argparse.ArgumentParser(description="A desk that is killed again and again.")
    parser.add_argument("count", type=int, help="how many times the real one is killed")
    parser.add_argument("--seed", type=int, default=0, help="where chance begins")
    asked = parser.parse_args()
    subprocess.run([sys.executable, "-c", "from tests.soak import dealer; dealer.steps()"], check=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zksettle-soak-")))
        os.environ[passphrase.VARIABLE] = SECRET
        return real(stack, folder, asked.count, random.Random(asked.seed))


def steps() -> None:
    """Kills the desk of the tests at each step."""
    import pytest

    test_killed.SHARE = 1
    for name in ("placing_and_requoting_nothing", "what_follows_a_trade", "an_answer"):
        (test,) = [getattr(test_killed, each) for each in dir(test_killed) if name in each]
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, \
                scene.scene(Path(folder), [(0, 2), (0, 2)]) as made:  # fmt: skip
            test(made, test_killed.Steps(patch))
        print(f"{test.__name__}: at every step", flush=True)


class Watcher:
    """Keeps every order that was ever on the board."""

    def __init__(self, folder: Path):
        self.legs: dict[str, int] = {}  # nullifiers
        self._ended, self._folder = threading.Event(), folder
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        with sessions.open_ledger(home.find(self._folder), read_only=True) as ledger:
            while not self._ended.wait(0.05):
                for order in ledger.orders.stored():
                    self.legs[order.order_id.hex()] = order.nullifier

    def end(self) -> None:
        self._ended.set()
        self._thread.join()


class Daemon:
    """`zksettle desk run` as a process."""

    def __init__(self, folder: Path, url: str, log: Path):
        self._line = [
            sys.executable, "-m", "prover.cli.main", "desk", "run", str(folder / "DESK.toml"), "--wallet", "maker",
            "--mailbox", url, "--home", str(folder),
        ]  # fmt: skip
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._line, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def wait(self, folder: Path) -> None:
        """Until it has done a round: before that there is nothing to kill."""
        assert self._process is not None
        while self._process.poll() is None:
            found = statuses.read(folder / "wallets" / "maker.json")
            if found is not None and found.pid == self._process.pid and found.rounds:
                return
            time.sleep(0.05)
        raise AssertionError(f"the desk has ended: {self._log.read_text()}")

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def end(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE_S)


def real(stack: ExitStack, folder: Path, count: int, chance: random.Random) -> int:
    """Kills a real desk `count` times; the exit code."""
    for words in (
        ("pool", "new", "--insecure-dev"), ("oracle", "publish"),
        ("wallet", "new", "maker"), ("wallet", "new", "taker"),
        ("deposit", f"{USDC} USDC", "--wallet", "maker"), ("deposit", f"{ETH} ETH", "--wallet", "maker"),
        ("account", "split", "--accounts", "5", "--wallet", "maker"),
        ("deposit", f"{USDC} USDC", "--wallet", "taker"), ("deposit", f"{ETH} ETH", "--wallet", "taker"),
    ):  # fmt: skip
        ran = zksettle(folder, *words)
        assert ran.code == 0, (words, ran)
    (folder / "DESK.toml").write_text(DESK)
    price(folder, 3000)
    served = stack.enter_context(processes.started(folder, "ledger", "serve", "--listen", "127.0.0.1:0", "--json"))
    url = processes.document(served)["url"]
    taker = stack.enter_context(desks.open(folder, "taker", SECRET))
    stack.enter_context(taker.using([mailbox.MailboxCarrier(url, taker.session.ledger.ledger_id)]))
    maker = as_json(folder, "wallet", "address", "maker")["address"]
    watcher, daemon, trades = Watcher(folder), Daemon(folder, url, folder / "desk.log"), 0
    for number in range(count):
        daemon.start()
        price(folder, chance.randrange(2900, 3100))
        daemon.wait(folder)
        end_s = time.monotonic() + chance.uniform(0.0, 8.0)
        while time.monotonic() < end_s:
            trades += traded(taker, maker, chance)
            if chance.random() < 0.3:
                price(folder, chance.randrange(2900, 3100))
        daemon.kill()
        print(f"kill {number + 1}: {trades} trades, {len(watcher.legs)} orders so far", flush=True)
    daemon.start()
    problems = compared(folder, taker, watcher, trades)
    code = daemon.end()
    watcher.end()
    for problem in [*problems, *([f"the desk ended with {code}"] if code else [])]:
        print(f"DIFFERENT: {problem}")
    print(f"{count} kills, {trades} trades, {len(watcher.legs)} orders, {len(problems)} problems")
    return 1 if problems or code else 0


def price(folder: Path, dollars: int) -> None:
    """Replaces the file of prices."""
    document = {
        "format": "zksettle-prices", "version": 1, "time_ms": clock.now_ms(), "prices": {"ETH": str(dollars)},
        "volatilities": {},
    }  # fmt: skip
    path = folder / "prices.json"
    path.with_suffix(".new").write_text(json.dumps(document))
    path.with_suffix(".new").rename(path)


def traded(taker: Desk, maker: str, chance: random.Random) -> int:
    """The taker does something at random; how many trades that were."""
    try:
        if chance.random() < 0.5:
            orders = [order for order in taker.orders() if order.terms is not None]
            if orders:
                taker.take(chance.choice(orders))
                return 1
        else:
            inquiry = taker.ask("0.7 ETH", paid_in="USDC", to=maker, expires="10s")
            if taker.post.inbox.wait(lambda: bool(taker.post.inbox.answers(inquiry)), 3):
                taker.take_quote(inquiry, chance.choice(("buy", "sell")))
                return 1
    except (Unsatisfied, Rejected):
        time.sleep(0.2)  # it was gone, or the desk had one side only
    return 0


def compared(folder: Path, taker: Desk, watcher: Watcher, trades: int) -> list[str]:
    """What is not as it should be, once the desk has had the time to settle down."""
    price(folder, 3000)
    end_s, found = time.monotonic() + PATIENCE_S, ["it did not settle down"]
    while found and time.monotonic() < end_s:
        time.sleep(1)
        with suppress(AssertionError):
            found = differences(folder, taker, watcher, trades)
    return found


def differences(folder: Path, taker: Desk, watcher: Watcher, trades: int) -> list[str]:
    """The same, now."""
    price(folder, 3000)
    taker.sync()
    reader = taker.session.ledger.reader
    shown = json.loads(zksettle(folder, "desk", "status", "--wallet", "maker", "--json").out)
    stands = {order for quote in shown["quotes"] for order in quote["orders"]}
    alive = {order for order, nullifier in watcher.legs.items() if not reader.is_spent(nullifier)}
    known = {watcher.legs.get(order) for order in stands}
    problems = [f"order {order} is forgotten" for order in alive if watcher.legs[order] not in known]
    checked = as_json(folder, "desk", "check", folder / "DESK.toml", "--wallet", "maker")
    problems += [f"{each['quote']}: {each['what']}" for each in checked["quotes"] if each["what"] != "keep it"]
    # Of what is on one account one order settles, so two quotes may share one; more accounts than quotes may not be.
    if len({watcher.legs[order] for order in alive}) > len(shown["quotes"]):
        problems.append("a quote stands twice")
    told = as_json(folder, "desk", "journal", "--wallet", "maker", "--event", "taken")["lines"]
    if len(told) != trades:
        problems.append(f"the journal tells {len(told)} trades of {trades}")
    return problems + balances(folder, taker)


def balances(folder: Path, taker: Desk) -> list[str]:
    """Whether maker and taker have together what they had."""
    problems = []
    found = as_json(folder, "desk", "check", folder / "DESK.toml", "--wallet", "maker")["inventory"]
    for symbol, had in (("ETH", 2 * ETH), ("USDC", 2 * USDC)):
        texts = [taker.balances().get(symbol, "0"), *(text.split()[0] for text in found if text.endswith(f" {symbol}"))]
        total = sum(float(text.replace(",", "")) for text in texts)
        if abs(total - had) > 1e-6:
            problems.append(f"{total} {symbol} instead of {had}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
