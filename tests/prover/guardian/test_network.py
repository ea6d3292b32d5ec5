"""Guardians over sockets: whoever fails, hangs or only knows a name keeps nobody out and nobody waiting."""

import json
import socket
import threading
from contextlib import suppress

import pytest

from prover.guardian import channel, network
from prover.guardian.channel import Unreachable
from prover.guardian.network import Client, Refused, Server
from settlement.errors import Unavailable
from tests.patience import PATIENCE_S, until
from tests.prover.guardian.test_channel import OTHER, OTHER_PUBLIC, OWN, OWN_PUBLIC, STRANGER_PUBLIC, Dripping
from zk.errors import FormatError, InvalidProof


def answer(member, request):
    if request == {"ask": "no"}:
        raise InvalidProof("not this")
    if request == {"ask": "cut"}:
        raise Unavailable("the service cannot be reached")
    return {"member": member, "request": request}


@pytest.fixture(params=["unix", "tcp"])
def served(request, tmp_path):
    at = tmp_path / "s" if request.param == "unix" else ("127.0.0.1", 0)
    listener = network.listen(at)
    where = at if request.param == "unix" else listener.getsockname()
    server = Server(listener, OTHER, {OWN_PUBLIC: 1}, answer)
    yield where, server
    server.close()


def test_a_guardian_answers_one_that_it_knows(served):
    client = Client(OWN, OTHER_PUBLIC, served[0], "guardian 2")
    assert client.ask({"ask": "x"}) == {"member": 1, "request": {"ask": "x"}}
    with pytest.raises(Refused, match="not this"):
        client.ask({"ask": "no"})
    held = client._channel
    with pytest.raises(Refused, match="the service cannot be reached"):
        client.ask({"ask": "cut"})
    assert client._channel is held, "a guardian whose ledger is away for a while says so, and goes on"
    assert client.ask({"ask": "again"})["member"] == 1


def test_strangers_who_name_a_guardian_do_not_keep_guardians_out(served, monkeypatch):
    monkeypatch.setattr(network, "MAX_CONNECTIONS", 3)
    where, _ = served
    known = Client(OWN, OTHER_PUBLIC, where, "guardian 2")
    known.ask({})
    strangers = []
    for _ in range(5):
        strangers.append(socket.create_connection(where) if isinstance(where, tuple) else socket.socket(socket.AF_UNIX))
        if not isinstance(where, tuple):
            strangers[-1].connect(str(where))
        with suppress(OSError):
            greeting = {"identity": OWN_PUBLIC.hex(), "ephemeral": STRANGER_PUBLIC.hex()}
            strangers[-1].sendall(json.dumps(greeting).encode() + b"\n")
            strangers[-1].recv(1_000)
    held = known._channel
    assert Client(OWN, OTHER_PUBLIC, where, "guardian 2").ask({})["member"] == 1
    assert known.ask({})["member"] == 1 and known._channel is held, "a guardian's own connection ends the last"


def test_a_stranger_who_names_a_guardian_and_says_nothing_is_not_waited_for(served, monkeypatch):
    monkeypatch.setattr(channel, "TIMEOUT_S", 1.0)
    where, _ = served
    stranger = socket.create_connection(where) if isinstance(where, tuple) else socket.socket(socket.AF_UNIX)
    if not isinstance(where, tuple):
        stranger.connect(str(where))
    stranger.settimeout(PATIENCE_S)
    greeting = {"identity": OWN_PUBLIC.hex(), "ephemeral": STRANGER_PUBLIC.hex()}
    stranger.sendall(json.dumps(greeting).encode() + b"\n")
    assert stranger.recv(1_000)
    assert stranger.recv(1_000) == b""


def test_a_connection_that_fails_does_not_end_the_listening(tmp_path):
    listener = network.listen(tmp_path / "s")

    class Failing:
        failures = 2

        def accept(self):
            if self.failures:
                self.failures -= 1
                raise OSError("too many open files")
            return listener.accept()

        def __getattr__(self, name):
            return getattr(listener, name)

    server = Server(Failing(), OTHER, {OWN_PUBLIC: 1}, answer)
    assert Client(OWN, OTHER_PUBLIC, tmp_path / "s", "guardian 2").ask({}, timeout_s=PATIENCE_S)["member"] == 1
    server.close()


def test_a_guardian_that_is_gone_is_named(served):
    where, server = served
    client = Client(OWN, OTHER_PUBLIC, where, "guardian 2")
    client.ask({})
    server.close()
    for _ in range(2):
        with pytest.raises(Unreachable, match="guardian 2 does not answer"):
            client.ask({})


def test_a_connection_that_ended_is_made_again(served):
    client = Client(OWN, OTHER_PUBLIC, served[0], "guardian 2")
    client.ask({})
    client._channel._lines._socket.shutdown(socket.SHUT_RDWR)
    assert client.ask({"ask": "x"})["member"] == 1


def test_one_guardian_is_served_once(tmp_path):
    path = tmp_path / "s"
    first = network.listen(path)
    with pytest.raises(FormatError, match="another process serves"):
        network.listen(path)
    first.close()
    network.listen(path).close()


@pytest.mark.parametrize("text, why", [("host:0", "no port"), ("host:70000", "no port")])
def test_an_address_without_a_port_is_refused(tmp_path, text, why):
    with pytest.raises(FormatError, match=why):
        network.address(text, tmp_path)
    assert network.address("localhost:81", tmp_path) == ("localhost", 81)


def test_a_path_that_is_too_long_for_a_socket_is_refused(tmp_path):
    with pytest.raises(FormatError, match="use a shorter --home"):
        network.address("", tmp_path / ("a" * 120))


def test_an_answer_that_drips_ends_and_is_not_asked_for_again(tmp_path):
    listener, asked = network.listen(tmp_path / "s"), []

    def serve():
        connection, _ = listener.accept()
        opened, _ = channel.accept(connection, OTHER, {OWN_PUBLIC: 1})
        asked.append(opened.receive())
        opened.send({})
        asked.append(opened.receive())
        Dripping(connection)

    threading.Thread(target=serve, daemon=True).start()
    client = Client(OWN, OTHER_PUBLIC, tmp_path / "s", "guardian 2")
    assert client.ask({"ask": "x"}) == {}
    with pytest.raises(Unreachable, match="guardian 2 does not answer: timed out"):  # it drips for ever
        client.ask({"ask": "y"}, timeout_s=0.3)
    until(lambda: asked == [{"ask": "x"}, {"ask": "y"}], asked)
    listener.close()
