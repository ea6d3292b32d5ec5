"""The service as a process, over a real socket: it starts, drains, gives up slow clients, and ends when it is told."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest

from prover.machine import secretfile
from prover.machine.home import Home
from prover.network.service import connections
from prover.network.service import serving as processes
from prover.network.service.peers import Rate
from prover.operator import operatorkey
from settlement.ledger import Ledger
from tests.patience import PATIENCE_S
from tests.prover.cli.run import refused, zksettle
from tests.prover.network import serving
from tests.prover.network.test_bundles import deposits, encoded
from tests.settlement.bundles import samples


def served(path, client, **options):
    """Serves the ledger at `path` in this thread until `client`, called with the URL in another, has returned."""
    outcome = []

    def run(url):
        try:
            outcome.append(client(url))
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    try:
        with processes.bound("127.0.0.1", 0) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            thread = threading.Thread(target=run, args=(url,))
            processes.run(serving.application(path, **options), listener, thread.start)
        thread.join()
    finally:
        signal.signal(signal.SIGTERM, before)
    return outcome[0]


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


def test_what_has_begun_is_finished_before_the_process_ends(path):
    (bundle,) = deposits(path, 5)
    has_begun = threading.Event()

    def slowly(claims):
        has_begun.set()
        time.sleep(0.5)

    answers = []

    def client(url):
        headers = {"Content-Type": "application/octet-stream"}
        posting = threading.Thread(
            target=lambda: answers.append(httpx.post(f"{url}/bundles", content=encoded(bundle), headers=headers))
        )
        posting.start()
        assert has_begun.wait(PATIENCE_S)
        return posting

    served(path, client, verify_proofs=slowly).join()
    assert answers[0].status_code == 200 and answers[0].json()["height"] == 1


def test_a_client_that_does_not_finish_its_head_is_given_up_and_others_are_served(path, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_S", PATIENCE_S)

    def client(url):
        where, quick = (urlsplit(url).hostname, urlsplit(url).port), httpx.Client(base_url=url)
        quick.get("/healthz")  # it has its connection before heads must come soon
        monkeypatch.setattr(connections, "HEAD_S", 0.1)
        silent, slow = (socket.create_connection(where, timeout=PATIENCE_S) for _ in range(2))
        slow.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        assert quick.get("/healthz").json() == {"status": "alive"}
        received = silent.recv(100)  # an end, for which nothing else is the reason
        with pytest.raises(OSError):
            while True:
                slow.sendall(b"x")
                time.sleep(0.01)
        return received

    assert served(path, client) == b""


def test_an_answer_is_not_held_back_until_the_client_has_acknowledged_its_head(path, monkeypatch):
    made, delays = connections.Impatient.connection_made, []

    def noted(self, transport):
        made(self, transport)
        delays.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(connections.Impatient, "connection_made", noted)
    served(path, lambda url: httpx.get(f"{url}/healthz"))
    assert delays == [1]


def test_a_large_body_is_refused_before_it_is_read(path):
    def client(url):
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=PATIENCE_S) as connection:
            connection.sendall(
                b"POST /bundles HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
                b"Content-Length: 50000000\r\n\r\n"
            )
            return b"".join(iter(lambda: connection.recv(1 << 16), b""))  # it closes the connection

    answer = served(path, client)
    assert answer.startswith(b"HTTP/1.1 413 ") and b"BODY_TOO_LARGE" in answer


def test_a_proxy_on_this_machine_says_for_whom_it_asks(path):
    def client(url):
        def asked(address):
            return httpx.get(f"{url}/pool", headers={"X-Forwarded-For": address}).status_code

        until_refused = iter(lambda: asked("192.0.2.1"), 429)  # a slow machine gets a token or two meanwhile
        return next(until_refused), all(status == 200 for status in until_refused), asked("192.0.2.2")

    assert served(path, client, rate=Rate(capacity=2, per_second=1)) == (200, True, 200)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = Home(tmp_path_factory.mktemp("home"))
    made.pool.path.mkdir()
    Ledger.create(made.ledger, samples.pool(), samples.NOW_MS).close()
    key = operatorkey._OperatorFile(operatorkey.FORMAT, operatorkey.VERSION, samples.OPERATOR_SECRET)
    secretfile.create(made.pool.operator, key, "the key")
    return made.path


def test_the_command_serves_until_it_is_told_to_end(home):
    command = [sys.executable, "-m", "prover.cli.main", "ledger", "serve", "--listen", "127.0.0.1:0", "--json"]
    with subprocess.Popen([*command, "--home", str(home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            lines = []
            while not lines or lines[-1] != b"}\n":
                lines.append(process.stdout.readline())
                assert lines[-1], process.stderr.read()
            said = json.loads(b"".join(lines))
            (bundle,) = deposits(home / "pool" / "ledger.sqlite", 5)
            headers = {"Content-Type": "application/octet-stream"}
            answer = httpx.post(f"{said['url']}/bundles", content=encoded(bundle), headers=headers, timeout=PATIENCE_S)
            # The samples' bundles are of a time to come, and have no true proofs.
            assert answer.json()["name"] in ("CLOCK_BEHIND", "EXPIRED", "INVALID_PROOF")
            assert httpx.get(f"{said['url']}/readyz").json() == {"status": "ready", "height": 0}
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_the_command_refuses_an_address_that_others_reach_unless_it_is_meant(home):
    refused(zksettle(home, "ledger", "serve", "--listen", "0.0.0.0:0"), 3, "--public")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        refused(zksettle(home, "ledger", "serve", "--listen", address), 1, address)
