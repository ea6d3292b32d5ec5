"""`zksettle desk …` as its user sees it: checked, run until a signal, looked at, and all that it offered cancelled."""

import json
import os
import signal
import threading

import pytest

from prover.dealer import status as statuses
from prover.farm.worker import Worker
from prover.proofs.purposes import Purpose
from tests.patience import until
from tests.prover.cli.run import as_json, refused, zksettle
from tests.prover.farm import farms

DESK = """
[[strategy]]
name = "spot"
kind = "two-sided"

[strategy.market.ETH]
size = "1 ETH"
spread = "0.4%"
target = "5 ETH"
most = "3 ETH"
"""


@pytest.fixture(scope="module")
def place(home, tmp_path_factory):
    """A home with a pool, prices and a maker; and its DESK.toml."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    assert zksettle(home, "oracle", "publish").code == 0
    for name in ("maker", "other", "third"):
        assert zksettle(home, "wallet", "new", name).code == 0
    assert zksettle(home, "deposit", "5 ETH", "--wallet", "maker").code == 0
    path = tmp_path_factory.mktemp("desk") / "DESK.toml"
    path.write_text(DESK)
    return path


def signalled(wallet, is_time) -> threading.Thread:
    """Ends this process's own desk by SIGTERM once its status is as wanted."""

    def wait() -> None:
        def runs() -> bool:
            found = statuses.read(wallet)
            return found is not None and found.ended_ms is None and is_time(found)

        try:
            until(runs)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_a_desk_begins_with_a_file_that_check_accepts_and_that_is_never_overwritten(home, place, tmp_path):
    path = tmp_path / "BEGIN.toml"
    assert as_json(home, "desk", "init", path) == {"file": str(path), "is_priced": True}
    text = path.read_text()
    checked = as_json(home, "desk", "check", path, "--wallet", "maker")
    assert checked["problems"] == [] and checked["quotes"] == []  # it has no BTC yet, and no money to bid with
    refused(zksettle(home, "desk", "init", path), 1, "BEGIN.toml is there already")
    assert path.read_text() == text


HEDGER = """
from fractions import Fraction
from prover.dealer.strategies.strategy import Answer, Wish

class Hedger:
    def __init__(self, settings, pool):
        pass
    def price(self, market, inventory, enquiry):
        return Answer((), "it only hedges")
    def standing(self, market, inventory):
        return ()
    def wishes(self, market, inventory):
        return (Wish("hedge", 2, -1_500_000_000, 0, Fraction(2990, 1000), "it has too much"),)
"""


def test_a_check_tells_what_would_be_taken_and_which_limit_forbids_it(home, place, tmp_path, monkeypatch):
    (tmp_path / "checkhedger.py").write_text(HEDGER)
    monkeypatch.syspath_prepend(tmp_path)
    path, strategy = tmp_path / "DESK.toml", '[[strategy]]\nname = "delta"\nkind = "checkhedger:Hedger"\n'
    path.write_text(strategy)
    shown = zksettle(home, "desk", "check", path, "--wallet", "maker")
    assert "sells 1.5 ETH  2,990 USDC  it has too much" in shown.out, shown.out
    path.write_text(strategy + '[limits]\norder = "1000 USDC"\n')
    (wish,) = as_json(home, "desk", "check", path, "--wallet", "maker")["wishes"]
    assert (wish["wish"], wish["wants"], wish["at_worst"]) == ("hedge", "sells 1.5 ETH", "2,990 USDC")
    assert "the limit is 1,000.00 USDC" in wish["refused"]
    path.write_text(strategy + '[ask]\nto = ["nobody"]\n')
    refused(zksettle(home, "desk", "check", path, "--wallet", "maker"), 3, "nobody")


def test_a_desk_is_checked_run_looked_at_and_stopped(home, place):
    wallet = home / "wallets" / "maker.json"
    before = {path.name: path.read_bytes() for path in wallet.parent.iterdir()}
    checked = as_json(home, "desk", "check", place, "--wallet", "maker")
    assert [(each["quote"], each["what"]) for each in checked["quotes"]] == [("ETH offer 1", "place it")]
    assert checked["prices"]["ETH"] == "3,000 USDC" and checked["inventory"] == ["5 ETH"]
    assert {path.name: path.read_bytes() for path in wallet.parent.iterdir() if path.name in before} == before

    thread = signalled(wallet, lambda found: len(found.quotes) == 1)
    ran = zksettle(home, "desk", "run", place, "--wallet", "maker")
    thread.join()
    assert ran.code == 0, ran
    assert "The desk of wallet maker runs." in ran.out and "1 quote of it may be taken until" in ran.out
    assert "cannot arrive: this home has no carrier" in ran.out
    assert "placed        ETH is at 3,000 USDC, the desk has 5 ETH" in ran.err  # for whoever collects its log

    shown = zksettle(home, "desk", "status", "--wallet", "maker")
    assert shown.code == 1 and "ended at" in shown.out and "1 on the board, where they can be taken" in shown.out
    assert "1 ETH  3,006 USDC" in shown.out
    document = json.loads(zksettle(home, "desk", "status", "--wallet", "maker", "--json").out)
    assert document["running"] is False and document["trouble"] is None
    (quote,) = document["quotes"]
    assert [each["order"] for each in as_json(home, "order", "list")["orders"]] == quote["orders"]

    events = [each["event"] for each in as_json(home, "desk", "journal", "--wallet", "maker")["lines"]]
    assert events == ["started", "placed", "ended"]
    text = zksettle(home, "desk", "journal", "--wallet", "maker", "--since", "1h", "--event", "placed").out
    assert "the desk has 5 ETH" in text and text.count("\n") == 1

    stopped = as_json(home, "desk", "stop", "--cancel-all", "--wallet", "maker")
    assert (stopped["did_run"], stopped["moved"], stopped["failed"]) == (False, 1, [])
    assert as_json(home, "order", "list")["orders"] == []
    assert json.loads(zksettle(home, "desk", "status", "--wallet", "maker", "--json").out)["quotes"] == []


def test_a_desk_has_its_quotes_proved_by_the_workers_of_its_queue(home, place, url, tmp_path):
    farm, path, wallet = farms.make(url, tmp_path), tmp_path / "DESK.toml", home / "wallets" / "other.json"
    path.write_text(f'{DESK}[queue]\nurl = "{url}"\nkey = "{farm.keys.public.text()}"\npatience = "10m"\n')
    assert zksettle(home, "deposit", "5 ETH", "--wallet", "other").code == 0
    kernels = Worker(url, farm.keys, tmp_path / "cache", tmp_path / "worker.json", tell=farm.told.append)
    with farm.working(kernels):
        thread = signalled(wallet, lambda found: len(found.quotes) == 1)
        ran = zksettle(home, "desk", "run", path, "--wallet", "other")
        thread.join()
    assert ran.code == 0 and "1 quote of it may be taken until" in ran.out, ran
    proved = farm.sql("SELECT DISTINCT state, purpose FROM jobs")
    assert proved == [("done", Purpose.QUOTE)], farm.told
    events = [each["event"] for each in as_json(home, "desk", "journal", "--wallet", "other")["lines"]]
    assert events == ["started", "placed", "ended"], "it did not have to prove anything itself"
    assert as_json(home, "desk", "stop", "--cancel-all", "--wallet", "other")["moved"] == 1


def test_what_is_wrong_is_said_in_one_sentence(home, place, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text(DESK.replace("spread", "sprad"))
    refused(zksettle(home, "desk", "run", bad, "--wallet", "maker"), 3, "bad.toml.strategy[0].market.ETH", "'sprad'")
    refused(zksettle(home, "desk", "run", place, "--wallet", "nobody"), 3, "there is no wallet named nobody")
    refused(zksettle(home, "desk", "journal", "--wallet", "third"), 3, "wallet third has no desk")
    refused(zksettle(home, "desk", "journal", "--wallet", "maker", "--since", "noon"), 3, "'noon' is neither a time")
    shown = zksettle(home, "desk", "status", "--wallet", "third")
    assert shown.code == 1 and "Wallet third has no desk" in shown.out


def test_a_second_desk_of_a_wallet_does_not_begin(home, place):
    wallet = home / "wallets" / "other.json"
    with statuses.running(wallet):
        refused(zksettle(home, "desk", "run", place, "--wallet", "other"), 1, "the desk of wallet other is in use")
        refused(zksettle(home, "desk", "stop", "--wallet", "other"), 1, "the desk of wallet other is just beginning")
    assert as_json(home, "desk", "stop", "--wallet", "other") == {"did_run": False}
