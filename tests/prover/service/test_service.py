"""The service's promises about requests and workers, tested with workers that misbehave in every way."""

import asyncio
import contextlib
import os
import signal
import socket
import stat
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace

import pytest

from prover.machine.files import Busy
from prover.service import build_id, client, credentials, endpoint, protocol, worker, worker_pool
from prover.service.protocol import Failed, Message, Outcome
from prover.service.server import Server
from prover.service.worker_pool import WorkerPool
from tests.patience import PATIENCE_S
from tests.prover.service import workers
from tests.prover.service.running import service
from zk.errors import FormatError, Unsatisfied


@pytest.fixture
def folder(tmp_path_factory):
    """A place with a name that is short enough for a socket."""
    return tmp_path_factory.mktemp("s") / "service"


@pytest.fixture
def running(folder):
    with service(folder) as found:
        yield found


def raw(running, data: bytes) -> Message:
    """The answer to bytes that need be no message."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(PATIENCE_S)
        channel.connect(str(running.folder / "socket"))
        channel.sendall(data)
        return protocol.receive(channel, protocol.MAX_ANSWER_BYTES)


def request(**changes) -> Message:
    fields = {"kind": "statement", "build_id": build_id.current(), "statement": "leg", "deadline_ms": 600_000}
    return Message({name: value for name, value in (fields | changes).items() if value is not None}, (b"echo 1",))


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_client_returns_none_without_a_service(folder):
    assert client.prove_statement(folder, "leg", b"", pytest.fail) is None
    assert client.status(folder) is None and not client.stop(folder)


def test_many_concurrent_clients_each_get_their_own_answer(folder):
    with service(folder, size=2) as running, ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda i: running.ask(f"echo {i}"), range(100)))
        assert [int(answer.parts[0]) for answer in answers] == list(range(100))
        assert len({answer.fields["pid"] for answer in answers}) == 2
        assert running.status()["answered"] == {"done": 100} and running.heard == []


def test_a_lone_request_uses_all_cores_and_several_share_them(folder):
    with service(folder, size=2) as running, ThreadPoolExecutor(2) as threads:
        assert running.ask("echo 1").fields["threads"] == 2
        with running.busy(threads) as slow:
            assert running.ask("echo 1").fields["threads"] == 1
        assert slow.result().fields["threads"] == 2


def test_a_request_whose_worker_is_killed_is_answered_by_its_replacement(running):
    with ThreadPoolExecutor(1) as threads:
        with running.busy(threads) as answer:
            before = running.status()["workers"][0]["pid"]
            os.kill(before, signal.SIGKILL)
        assert answer.result().parts == (bytes(running.released),)
    assert answer.result().fields["pid"] != before
    assert running.status()["replaced"] == 1 and len(running.told) == 1 and f"Worker {before} died" in running.told[0]


def test_a_request_that_crashes_two_workers_is_refused_and_the_service_continues(running, tmp_path):
    mark = tmp_path / "deaths"
    with pytest.raises(Failed, match="it crashed 2 workers"):
        running.ask(f"die {mark}")
    assert len(set(mark.read_text().split())) == 2
    assert running.ask("echo 1").parts == (b"1",)
    assert running.ask(f"die_once {tmp_path / 'once'}").parts, "the count of deaths is of each request, not of all"
    assert running.status()["replaced"] == 3


def test_a_worker_that_answers_nonsense_counts_as_dead(running):
    with pytest.raises(Failed, match="it crashed 2 workers"):
        running.ask("babble")


def test_a_request_past_its_deadline_is_answered_and_its_worker_replaced(running):
    before = running.status()["workers"][0]["pid"]
    with pytest.raises(Failed, match="in time"):
        running.ask(f"hold {running.released}", deadline_ms=300)  # which nobody lets go of
    assert running.ask("echo 1").fields["pid"] != before
    assert is_gone(before) and running.status()["answered"] == {"done": 1, "overdue": 1}


def test_time_in_the_queue_counts_towards_the_deadline_and_costs_no_worker(running):
    with ThreadPoolExecutor(1) as threads:
        with running.busy(threads) as slow:
            with pytest.raises(Failed, match="in time"):
                running.ask("echo 1", deadline_ms=100)
            assert not slow.done(), "it was told while it waited"
        assert slow.result().parts
    assert running.status()["replaced"] == 0


def test_a_full_queue_is_reported_at_once_and_the_client_proves_by_itself(folder):
    with service(folder, queue=2) as running, ThreadPoolExecutor(3) as threads:
        with running.busy(threads) as first:
            waiting = [threads.submit(running.ask, f"echo {i}") for i in range(2)]
            running.until(lambda now: now["queued"] == 2)
            assert running.ask("echo 3") is None
            assert not first.done()
        assert running.heard == ["the queue of the prover service is full; proving here"]
        assert [found.result().parts for found in waiting] == [(b"0",), (b"1",)]


def test_a_client_that_disconnects_cancels_its_queued_request(running, tmp_path):
    with ThreadPoolExecutor(1) as threads:
        with running.busy(threads) as slow:
            with socket.socket(socket.AF_UNIX) as channel:
                channel.connect(str(running.folder / "socket"))
                channel.sendall(protocol.encode(Message(request().fields, (f"die {tmp_path / 'mark'}".encode(),))))
                running.until(lambda now: now["queued"] == 1)
            running.until(lambda now: now["answered"].get("abandoned") == 1)
        slow.result()
    assert running.ask("echo 1").parts == (b"1",) and not (tmp_path / "mark").exists()


@pytest.mark.parametrize("word, error", [("false", Unsatisfied), ("bad", FormatError)])
def test_the_client_raises_what_proving_raises(running, word, error):
    with pytest.raises(error, match="^the secret is 31415926$"):
        running.ask(f"fail {word}")


def test_only_the_kind_of_an_internal_error_is_reported(running):
    assert running.ask("fail ours") is None
    assert running.heard == ["internal error (KeyError); proving here"]


def test_a_client_of_another_build_is_told_so_and_proves_itself(running, monkeypatch):
    monkeypatch.setattr(build_id, "current", lambda: "0" * 32)
    assert running.ask("echo 1") is None
    assert "another version of zksettle" in running.heard[0] and "proving here" in running.heard[0]
    assert client.status(running.folder) is not None, "status and stop are understood between builds"


def test_any_change_to_a_source_changes_the_build_id(tmp_path):
    (tmp_path / "zk").mkdir()
    source = tmp_path / "zk" / "a.py"
    source.write_text("x = 1\n")
    before = build_id.digest([tmp_path / "zk"])
    source.rename(tmp_path / "zk" / "b.py")
    renamed = build_id.digest([tmp_path / "zk"])
    (tmp_path / "zk" / "b.py").write_text("x = 2\n")
    assert len({before, renamed, build_id.digest([tmp_path / "zk"])}) == 3
    (tmp_path / "zk" / "notes.txt").write_text("not code")
    assert build_id.digest([tmp_path / "zk"]) not in (before, renamed)


@pytest.mark.parametrize("data, words", [
    (protocol.encode(request(kind="nosuch")), "unknown kind"),
    (protocol.encode(request(kind=[])), "unknown kind"),
    (protocol.encode(request(statement=None)), "has no statement"),
    (protocol.encode(request(more=1)), "unknown key 'more'"),
    (protocol.encode(request(statement=7)), "statement is not a string"),
    (protocol.encode(request(deadline_ms="9")), "deadline_ms"),
    (protocol.encode(request(deadline_ms=True)), "deadline_ms"),
    (protocol.encode(request(deadline_ms=0)), "deadline_ms"),
    (protocol.encode(request(deadline_ms=3_600_001)), "deadline_ms"),
    (protocol.encode(Message(request().fields)), "has 0 parts"),
    (protocol.encode(Message(request().fields, (b"", b""))), "has 2 parts"),
    (b"\xff\xff\xff\xff", "the limit is"),
    (b"\0\0\0\2no", "not JSON"),
    (protocol.encode(Message(request().fields, (bytes((1 << 20) + 1),)))[:1000], "at most 1048576 bytes"),
])  # fmt: skip
def test_a_malformed_request_is_refused_with_its_reason_and_reaches_no_worker(running, data, words):
    found = raw(running, data)
    assert protocol.outcome(found) == Outcome.MALFORMED and words in found.fields["sentence"]
    assert running.status()["answered"] == {}


def test_a_client_that_sends_half_a_request_blocks_nobody(running):
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(str(running.folder / "socket"))
        channel.sendall(protocol.encode(request())[:20])
        assert running.ask("echo 1").parts == (b"1",)


def test_socket_and_folder_are_private_to_the_user(folder):
    folder.mkdir(mode=0o755)
    with service(folder) as running:
        assert stat.S_IMODE((folder / "socket").stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert running.ask("echo 1").parts == (b"1",)


@pytest.mark.parametrize("theirs, own, trusted", [(1000, 1000, True), (1001, 1000, False), (0, 1000, False),
                                                  (1000, 0, False), (None, 1000, True)])  # fmt: skip
def test_only_processes_of_the_same_user_are_trusted(theirs, own, trusted):
    assert credentials.is_own(theirs, own) is trusted


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="this system does not tell whose process a peer is")
def test_the_system_reports_the_user_of_a_peer():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert credentials.user(ours) == os.geteuid()


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="this system does not tell whose a peer is")
def test_a_user_id_in_the_upper_half_of_the_range_is_read_correctly():
    channel = SimpleNamespace(getsockopt=lambda *arguments: struct.pack("iII", 1, 2**32 - 2, 2**32 - 2))
    assert credentials.user(channel) == 2**32 - 2


def test_a_service_with_a_full_backlog_counts_as_absent(folder):
    folder.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as waiting:
        listener.bind(str(folder / endpoint.SOCKET))
        listener.listen(0)
        for _ in range(8):
            if (found := endpoint.connect(folder, 0.01)) is None:
                break
            waiting.enter_context(found)
        assert found is None


def test_another_user_is_not_served(folder, monkeypatch):
    with service(folder) as running:
        monkeypatch.setattr(credentials, "user", lambda channel: os.geteuid() + 1)
        assert client.prove_statement(folder, "leg", b"echo 1", running.heard.append) is None
        assert running.heard == ["the prover service belongs to another user; proving here"]
        with pytest.raises((EOFError, ConnectionError)):
            raw(running, protocol.encode(request()))
        monkeypatch.undo()
        assert running.ask("echo 1").parts == (b"1",)


def test_a_second_service_in_a_home_is_refused_and_the_first_keeps_running(running):
    with service(running.folder) as second:
        assert isinstance(second.ended, Busy) and "in use by another process" in str(second.ended)


def test_the_first_service_still_answers_after_a_second_was_refused(running):
    pool = WorkerPool(workers.prepare, 1, 1, pytest.fail)
    with pytest.raises(Busy):
        asyncio.run(Server(running.folder, pool).run(pytest.fail))
    assert running.ask("echo 1").parts == (b"1",)


def test_the_socket_of_a_killed_service_is_replaced(folder):
    folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(folder / "socket"))
    assert client.prove_statement(folder, "leg", b"", pytest.fail) is None
    with service(folder) as running:
        assert running.ask("echo 1").parts == (b"1",)


def test_a_file_in_the_sockets_place_is_left_alone(folder):
    folder.mkdir()
    (folder / "socket").write_text("somebody's")
    with service(folder) as running:
        assert isinstance(running.ended, Failed) and "not a socket" in str(running.ended)
    assert (folder / "socket").read_text() == "somebody's"


def test_a_path_too_long_for_a_socket_is_reported(tmp_path):
    with service(tmp_path / ("x" * 90)) as running:
        assert isinstance(running.ended, Failed) and "shorter --home" in str(running.ended)
    assert client.prove_statement(tmp_path / ("x" * 90), "leg", b"", pytest.fail) is None


@pytest.mark.parametrize("prepare, words", [(workers.prepare_nothing, "the key is damaged"),
                                            (workers.prepare_to_die, "did not start")])  # fmt: skip
def test_a_service_whose_workers_cannot_start_ends_with_a_sentence(folder, prepare, words):
    with service(folder, prepare=prepare) as running:
        assert isinstance(running.ended, Failed) and words in str(running.ended)
    assert not (folder / "socket").exists()


def test_a_service_that_cannot_replace_a_worker_ends_and_loses_no_request(folder, tmp_path):
    prepare = partial(workers.prepare_once, str(tmp_path / "flag"))
    with service(folder, prepare=prepare) as running:
        assert running.ask(f"die {tmp_path / 'mark'}") is None
    assert isinstance(running.ended, Failed) and "did not start" in str(running.ended)
    assert running.heard == ["the prover service is stopping; proving here"]


def test_stopping_finishes_running_jobs_refuses_queued_ones_and_leaves_nothing(folder, monkeypatch):
    monkeypatch.setattr(worker_pool, "GRACE_S", PATIENCE_S)
    with service(folder) as running, ThreadPoolExecutor(3) as threads:
        with running.busy(threads) as at_work:
            pid = running.status()["workers"][0]["pid"]
            waiting = threads.submit(running.ask, "echo 1")
            running.until(lambda now: now["queued"] == 1)
            stopped = threads.submit(client.stop, folder)
            assert waiting.result() is None and not at_work.done() and not stopped.done()
        assert stopped.result() and not (folder / "socket").exists() and is_gone(pid)
        assert at_work.result().parts
    assert running.heard == ["the prover service is stopping; proving here"] and running.ended is None


def test_a_worker_does_not_outlive_its_service():
    ours, theirs = socket.socketpair()
    with theirs:
        thread = threading.Thread(target=worker.main, args=(theirs, workers.prepare))
        with ours, pytest.MonkeyPatch.context() as patch:
            patch.setattr(worker.signal, "signal", lambda *_: None)
            patch.setattr(worker.coredumps, "forbid_dumps", lambda: None)
            thread.start()
            assert protocol.outcome(protocol.receive(ours, 100)) == Outcome.READY
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="prctl is Linux's")
def test_a_worker_leaves_no_core_dump(running):
    found = running.ask("dumps").fields
    assert found["limits"] == [0, 0] and found["dumpable"] == 0
