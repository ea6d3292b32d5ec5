"""Several processes of one service: news travels between them, and who dies is replaced."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from prover.bench import ledgersite
from tests import patience
from tests.patience import PATIENCE_S


@contextmanager
def toy(serve: str, *, count: int = 2, before: str = "") -> Iterator[subprocess.Popen]:
    """Runs processes that do this, and prints `ready`, then `ended` for each that has; `before` runs first of all."""
    program = f"""
import os, signal, sys, time
from prover.network.service import processes
def say(what): os.write(1, (what + "\\n").encode())
def ended(pid): say("ended")
{before}
def serve(number, bell):
    bell.setblocking(True)
{serve}

try:
    processes.run({count}, serve, lambda: say("ready"), lambda pid: ended(pid))
    say("over")
except Exception as error:
    say(type(error).__name__)
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # and the others end when they hear it


def test_what_one_process_rings_all_others_hear():
    serve = """
    bell.send(b"r")
    if number == 0:
        bell.send(b".")
    else:
        say(f"heard {bell.recv(10)}")
    bell.recv(1) or sys.exit()
"""
    with toy(serve, count=3) as process:
        said = sorted(process.stdout.readline() for _ in range(3))
        process.send_signal(signal.SIGTERM)
        assert said == ["heard b'.'\n", "heard b'.'\n", "ready\n"]
        assert process.stdout.read().split() == ["ended"] * 3 + ["over"] and process.wait(PATIENCE_S) == 0


def test_a_process_that_ends_before_it_serves_ends_all():
    serve = """
    if number == 1:
        raise KeyError("no word of this")
    bell.recv(1) or sys.exit()
"""
    with toy(serve) as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert out.split() == ["ended", "ended", "Unavailable"]
    assert '"kind": "KeyError"' in err and "no word" not in err


def test_a_process_that_was_killed_is_replaced_and_the_log_says_so():
    serve = """
    say(f"pid {os.getpid()}")
    bell.send(b"r")
    bell.recv(1) or sys.exit()
"""
    with toy(serve) as process:
        said = [process.stdout.readline() for _ in range(3)]
        victim = int(next(line for line in said if line.startswith("pid")).split()[1])
        os.kill(victim, signal.SIGKILL)
        assert process.stdout.readline() == "ended\n" and process.stdout.readline().startswith("pid")
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().split() == ["ended", "ended", "over"]
        told = [json.loads(line) for line in process.stderr]
    assert [(line["event"], line["code"]) for line in told] == [("process ended", -9)]


SERVES = """
    say(f"pid {os.getpid()}")
    bell.send(b"r")
    bell.recv(1) or sys.exit()
"""
NO_ROOM = """
fork, tries = os.fork, []
def full():
    tries.append(1)
    if len(tries) in (3, 4):
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
os.fork = full
processes.PAUSE_S = 0.01
"""
NOT_COUNTED = """
def ended(pid):
    say("ended")
    raise OSError("no such file")
"""


@pytest.mark.parametrize("before, failures", [(NO_ROOM, ["BlockingIOError"] * 2), (NOT_COUNTED, ["OSError"] * 3)])
def test_what_fails_when_a_process_is_replaced_is_told_and_ends_nobody(before, failures):
    with toy(SERVES, before=before) as process:
        said = [process.stdout.readline() for _ in range(3)]
        os.kill(int(next(line for line in said if line.startswith("pid")).split()[1]), signal.SIGKILL)
        assert process.stdout.readline() == "ended\n" and process.stdout.readline().startswith("pid")
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read().split() == ["ended", "ended", "over"]
        told = [json.loads(line) for line in process.stderr]
    assert [line["kind"] for line in told if line["event"] == "failed"] == failures


CLOSED = """
    say(f"pid {os.getpid()}")
    bell.send(b"r")
    if number == 0:
        bell.close()
        time.sleep(600)
    bell.recv(1) or sys.exit()
"""


def test_a_process_that_has_closed_its_bell_and_goes_on_keeps_nobody_from_being_replaced():
    with toy(CLOSED) as process:
        said = [process.stdout.readline() for _ in range(3)]
        pids = [int(line.split()[1]) for line in said if line.startswith("pid")]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            assert process.stdout.readline() == "ended\n" and process.stdout.readline().startswith("pid")
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read().split() == ["ended", "ended", "over"]


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return ledgersite.found(tmp_path_factory.mktemp("site") / "founded")


@pytest.fixture
def service(site, tmp_path):
    """The command in two processes, its URL and its log."""
    home, log = site.copied(tmp_path / "copy").operator.path, tmp_path / "log"
    command = [sys.executable, "-m", "prover.cli.main", "ledger", "serve", "--listen", "127.0.0.1:0", "--json"]
    command += ["--processes", "2", "--home", str(home)]
    with log.open("wb") as err, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err) as process:
        lines = list(iter(process.stdout.readline, b"}\n"))
        assert lines and lines[-1], log.read_text()
        yield process, json.loads(b"".join(lines) + b"}")["url"], log
        process.kill()


def posted(url, bundle) -> httpx.Response:
    """The answer to a bundle, over a connection of its own: any process has it."""
    headers = {"Content-Type": "application/octet-stream"}
    return httpx.post(f"{url}/bundles", content=bundle, headers=headers, timeout=PATIENCE_S)


def heard(url: str, first: int, last: int) -> list[int]:
    """The heights of the blocks that a stream tells of, which begins anew after each of them, until the last."""
    told = []
    while not told or told[-1] < last:
        resumed = {"Last-Event-ID": str(told[-1] + 1 if told else first)}
        with httpx.stream("GET", f"{url}/stream", headers=resumed, timeout=PATIENCE_S) as response:
            lines = response.iter_lines()
            next(line for line in lines if line == "event: block")
            block = json.loads(next(lines).removeprefix("data: "))
            told += range(block["first"], block["last"] + 1)
    return told


def test_each_process_settles_tells_the_streams_of_all_counts_with_the_others_and_is_replaced(service, site):
    process, url, log = service
    bundles, height = ledgersite.swaps_of(site, 8, margined=False), 1 + ledgersite.ROOTS
    with ThreadPoolExecutor(16) as threads:
        heights = height + 1, height + len(bundles)
        streams = [threads.submit(heard, url, *heights) for _ in range(4)]
        receipts = list(threads.map(lambda one: posted(url, one).raise_for_status().text, [*bundles, *bundles]))
        assert receipts[: len(bundles)] == receipts[len(bundles) :] and len(set(receipts)) == len(bundles)
        for stream in streams:
            assert stream.result() == list(range(heights[0], heights[1] + 1))

    for count in range(1, 7):
        assert posted(url, b"no bundle").json()["name"] == "MALFORMED"
        assert f'zksettle_refused_total{{reason="MALFORMED"}} {float(count)}\n' in httpx.get(f"{url}/metrics").text
    before = children(process.pid)
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    patience.until(
        lambda: len(now := children(process.pid)) == 2 and before[0] not in now,
        lambda: (before, children(process.pid), process.poll(), log.read_text()),
    )
    assert httpx.get(f"{url}/readyz", timeout=PATIENCE_S).json() == {"status": "ready", "height": heights[1]}
    counted = httpx.get(f"{url}/metrics", timeout=PATIENCE_S).text
    assert 'reason="MALFORMED"} 6.0\n' in counted  # what the dead one counted is not forgotten
    assert f"zksettle_settled_total {float(len(bundles))}\n" in counted
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0
    ended = [json.loads(line) for line in log.read_text().splitlines() if '"process ended"' in line]
    assert [line["code"] for line in ended] == [-9]


def test_when_the_parent_is_killed_the_others_end(service):
    process, _, _ = service
    orphans = children(process.pid)
    assert len(orphans) == 2
    process.kill()
    process.wait()
    patience.until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in orphans))
