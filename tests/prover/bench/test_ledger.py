"""`zksettle bench ledger`: what it posts settles, what it reports is what happened.  No time is tested."""

import json
import subprocess
import sys

import pytest

from prover.bench import charts, finality, ledger, ledgermetrics, ledgersite, lightsync, posting
from prover.bench.lightsync import LightSync
from prover.bench.posting import Posted
from prover.machine import clock
from prover.upkeep import warmup
from settlement import stages
from settlement.checks import checks
from settlement.ledger import Ledger
from tests.prover.cli.run import refused, zksettle
from tests.prover.network import serving
from tests.prover.network.test_process import served


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return ledgersite.found(tmp_path_factory.mktemp("site") / "founded")


def posted(**changes):
    return Posted(**{"wall_s": 2.0, "times_s": [0.1, 0.4, 0.2, 0.3], "ends_s": [0.5, 0.9, 1.6, 2.0], "cpu_s": 0.1,
                     "refused": None, **changes})  # fmt: skip


@pytest.mark.parametrize("percent, seconds", [(10, 0.1), (25, 0.1), (26, 0.2), (50, 0.2), (99, 0.4), (100, 0.4)])
def test_a_quantile_is_the_time_within_which_so_many_answers_came(percent, seconds):
    assert posted().quantile_s(percent) == seconds


def test_what_is_written_for_the_poster_is_what_it_reads(tmp_path):
    posting.write(tmp_path / "some", [b"one", b"", b"three"])
    assert posting.read(tmp_path / "some") == [b"one", b"", b"three"]


@pytest.mark.parametrize("rate", [None, 40.0])
def test_the_swaps_settle_over_http_and_the_service_counts_them(site, tmp_path, rate):
    copy = site.copied(tmp_path / "copy")
    posting.write(tmp_path / "swaps", ledgersite.swaps_of(copy, 9, margined=False))

    def client(url):
        before = ledgermetrics.read(url)
        return posting.run(url, tmp_path / "swaps", 3, rate), ledgermetrics.read(url) - before

    done, counted = served(copy.operator.ledger, client, clock=clock.now_ms, verify_proofs=checks.verify_proofs)
    assert len(done.times_s) == len(done.ends_s) == 9 and done.refused is None
    assert max(done.ends_s) <= done.wall_s and (rate is None or done.wall_s >= 8 / rate)
    assert 1 <= counted.block <= 9 and set(counted.stages_s(9)) == {*stages.NAMES, *ledgermetrics.ALONE}
    with Ledger.open(copy.operator.ledger) as settled:
        assert settled.reader.last_event().height == 1 + ledgersite.ROOTS + 9


def test_validators_can_begin(site, tmp_path):
    # A validator that could not begin would say that first, and not that nobody answers.
    warmup.compile_kernels()  # or the command would say that it does
    refused(zksettle(site.copied(tmp_path / "copy").validators[0].path, "validator", "run", "--once", "--of",
                     "http://127.0.0.1:9"), 1, "cannot be reached")  # fmt: skip


def test_margined_swaps_settle_too(site, tmp_path):
    copy = site.copied(tmp_path / "copy")
    posting.write(tmp_path / "swaps", ledgersite.swaps_of(copy, 2, margined=True))
    done = served(
        copy.operator.ledger, lambda url: posting.run(url, tmp_path / "swaps", 1), clock=clock.now_ms,
        verify_proofs=checks.verify_proofs,
    )  # fmt: skip
    assert done.refused is None


def test_a_refused_swap_ends_the_benchmark_with_the_services_words(tmp_path):
    path = serving.ledger_at(tmp_path)
    posting.write(tmp_path / "swaps", [b"no bundle"])

    def client(url):
        with pytest.raises(RuntimeError, match="MALFORMED"):
            posting.run(url, tmp_path / "swaps", 1)
        return True

    assert served(path, client)


def test_a_late_service_delays_nobodys_clock(tmp_path):
    """Both are due at once on one connection: the second waits for the first, and its time says so."""
    slow = "import asyncio,sys\nfrom prover.bench import posting\n"
    program = slow + """
async def answer(reader, writer):
    for _ in range(2):
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        await reader.readexactly(3)
        await asyncio.sleep(0.2)
        writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\n{}")
async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    done = await posting._post(host, port, [b"one", b"two"], 1, 1e6)
    print(*done.times_s)
asyncio.run(main())
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    first_s, second_s = map(float, said.split())
    assert 0.2 <= first_s < second_s and second_s >= 0.4


def measured(name, stages_s):
    return ledger.Measured(name, posted(), 0.003, stages_s, 3.5, 1.6, posted(), 10, 1.0, 3.0, [0.2, 0.9, 0.4])


def test_the_report_shows_both_databases_side_by_side(tmp_path, monkeypatch):
    of_stages = {"SQLite": {"wait": 0.5, "decode": 0.001, "commit": 0.002}, "PostgreSQL": {"wait": 0.5, "lock": 0.003}}
    monkeypatch.setattr(ledger, "_measure", lambda name, site, options, files: measured(name, of_stages[name]))
    monkeypatch.setattr(warmup, "run", lambda keystore: None)  # which would make proving keys
    monkeypatch.setattr(ledger, "WARM_SWAPS", 1)
    monkeypatch.setattr(ledger, "FINAL_RATE", 1)
    monkeypatch.setattr(lightsync, "bench", lambda count, margined: LightSync(2 * count, count, 1.0, 1.5, 0.5))
    plot = tmp_path / "chart.svg"
    arguments = ["bench", "ledger", "--swaps", "100", "--json", *(["--plot", plot] if charts.is_possible() else [])]
    ran = zksettle(tmp_path, *arguments)
    assert ran.code == 0, ran
    document = json.loads(ran.out)
    assert [(row["database"], row["swaps_per_s"], row["replayed_per_s"], row["final_s"], row["final_most_s"])
            for row in document["rates"]] == [("SQLite", 2, 5, 0.4, 0.9), ("PostgreSQL", 2, 5, 0.4, 0.9)]  # fmt: skip
    by_stage = {row["stage"]: (row["SQLite"], row["PostgreSQL"]) for row in document["stages"]}
    assert by_stage["commit"] == (0.002, None) and by_stage["lock"] == (None, 0.003)
    assert document["answers"][0]["p50_s"] == 0.2 and sum(row["SQLite"] for row in document["soak"]) == 20
    assert not charts.is_possible() or plot.read_text().startswith("<?xml")
    goals = {row["wanted"]: (row["SQLite"], row["PostgreSQL"], row["reached"]) for row in document["goals"]}
    assert goals == {
        ">= 500": ("2", "2", "no"), "< 250 ms": ("400 ms", "400 ms", "no"), "< 1.5 s": ("0.40 s", "0.40 s", "yes"),
        "> 1,000": ("5", "5", "no"), "< 15 s": ("2.5 s", None, "yes"),
    }  # fmt: skip
    text = zksettle(tmp_path, *arguments[:4]).out
    assert "simulated" in text and "swaps checked and committed" in text


def test_a_part_that_fails_ends_the_benchmark_with_what_it_said(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("the service refused a swap: {}")

    monkeypatch.setattr(warmup, "run", lambda keystore: None)
    monkeypatch.setattr(ledger, "bench", fails)
    refused(zksettle(tmp_path, "bench", "ledger", "--swaps", "100"), 1, "the service refused a swap")


def test_too_few_swaps_are_wrong_usage(tmp_path):
    refused(zksettle(tmp_path, "bench", "ledger", "--swaps", "5"), 2, "100<=x")


def test_finality_is_not_waited_for_for_ever():
    with pytest.raises(RuntimeError, match="no checkpoint of 5 events was final"):
        finality._Finals("http://127.0.0.1:9").wait(5, 0.01)
