"""Requests between guardians: only the right two can talk, and a changed, repeated or foreign line ends it."""

import socket
import threading
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from prover.guardian import channel, dealing
from tests.patience import PATIENCE_S
from zk.errors import FormatError


def identity():
    secret = dealing.new_identity()
    return X25519PrivateKey.from_private_bytes(secret), dealing.public(secret)


OWN, OWN_PUBLIC = identity()
OTHER, OTHER_PUBLIC = identity()
STRANGER, STRANGER_PUBLIC = identity()


class Tap:
    """A pair of connected channels, and every line that the client wrote."""

    def __init__(self, client=OWN, server=OTHER, expected=OTHER_PUBLIC, known=None):
        known = {OWN_PUBLIC: 1} if known is None else known
        near, far = socket.socketpair()
        for end in (near, far):
            end.settimeout(PATIENCE_S)
        self.near, self.far, self.error, self.member = near, far, None, None
        thread = threading.Thread(target=self._accept, args=(server, known))
        thread.start()
        try:
            self.client = channel.dial(near, client, expected)
        except (FormatError, OSError):
            self.client = None
        thread.join()

    def _accept(self, server, known):
        try:
            self.server, self.member = channel.accept(self.far, server, known)
        except FormatError as error:
            self.error = str(error)
            self.far.shutdown(socket.SHUT_RDWR)


def test_both_ends_read_what_the_other_sent():
    tap = Tap()
    assert tap.member == 1
    for message in ({"ask": "x", "big": 2**200}, {}):
        tap.client.send(message)
        assert tap.server.receive() == message
        tap.server.send({"answer": message})
        assert tap.client.receive() == {"answer": message}
    tap.client.close()
    assert tap.server.receive() is None


def test_a_stranger_is_not_greeted():
    tap = Tap(client=STRANGER)
    assert tap.error == "the greeting is of somebody who is no guardian" and tap.client is None


@pytest.mark.parametrize("ends", [
    {"client": STRANGER, "known": {STRANGER_PUBLIC: 1}, "expected": STRANGER_PUBLIC},
    {"server": STRANGER},
], ids=["the client expects another server", "another server than expected"])  # fmt: skip
def test_two_who_are_not_the_expected_ones_understand_nothing(ends):
    tap = Tap(**ends)
    tap.client.send({"ask": "x"})
    with pytest.raises(FormatError, match="not authentic"):
        tap.server.receive()
    tap.server.send({"answer": 1})
    with pytest.raises(FormatError, match="not authentic"):
        tap.client.receive()


def test_who_only_names_a_guardian_cannot_send_as_it():
    near, far = socket.socketpair()
    results = []
    thread = threading.Thread(target=lambda: results.append(channel.accept(far, OTHER, {OWN_PUBLIC: 1})))
    for end in (near, far):
        end.settimeout(PATIENCE_S)
    thread.start()
    imposter, ephemeral = channel._Lines(near), X25519PrivateKey.generate()
    greeting = f'{{"identity": "{OWN_PUBLIC.hex()}", "ephemeral": "{channel._public(ephemeral).hex()}"}}'
    imposter.write(greeting.encode())
    imposter.read(channel.MAX_GREETING_BYTES, PATIENCE_S)
    thread.join()
    imposter.write(b"00" * 40)
    with pytest.raises(FormatError, match="not authentic"):
        results[0][0].receive()


def recorded(tap, message):
    """The line that the client would send."""
    lines = []
    tap.client._lines = type("Recorder", (), {"write": lambda self, line: lines.append(line)})()
    tap.client.send(message)
    return lines[0]


@pytest.mark.parametrize("change", [
    lambda line: line[:-1] + (b"0" if line[-1:] != b"0" else b"1"),
    lambda line: b"zz" + line[2:],
    lambda line: line[:-2],
    lambda line: b"",
])  # fmt: skip
def test_a_changed_line_is_not_authentic(change):
    tap = Tap()
    tap.near.sendall(change(recorded(tap, {"ask": "x"})) + b"\n")
    with pytest.raises(FormatError, match="not authentic"):
        tap.server.receive()


def test_a_repeated_line_is_not_authentic():
    tap = Tap()
    line = recorded(tap, {"ask": "x"})
    tap.near.sendall(line + b"\n" + line + b"\n")
    assert tap.server.receive() == {"ask": "x"}
    with pytest.raises(FormatError, match="not authentic"):
        tap.server.receive()


@pytest.mark.parametrize("greeting, why", [
    (b"[]", "not an object"),
    (b'{"identity": "00"}', "no ephemeral"),
    (b'{"identity": "%s", "ephemeral": "00"}' % (b"00" * 32), "ephemeral has 2 hexadecimal digits"),
    (b'{"identity": "%s", "ephemeral": "%s"}' % (OWN_PUBLIC.hex().encode(), b"00" * 32), "not an X25519 key"),
    (b'{"identity', "not JSON"),
])  # fmt: skip
def test_a_malformed_greeting_is_refused(greeting, why):
    near, far = socket.socketpair()
    near.sendall(greeting + b"\n")
    with pytest.raises(FormatError, match=why):
        channel.accept(far, OTHER, {OWN_PUBLIC: 1})


def test_an_endless_greeting_is_refused_before_it_fills_the_memory():
    near, far = socket.socketpair()
    near.sendall(b"a" * 3_000)
    with pytest.raises(FormatError, match="too long"):
        channel.accept(far, OTHER, {OWN_PUBLIC: 1})


def test_an_endless_line_is_refused(monkeypatch):
    tap = Tap()
    monkeypatch.setattr(channel, "MAX_LINE_BYTES", 100)
    tap.near.sendall(b"a" * 300)
    with pytest.raises(FormatError, match="too long"):
        tap.server.receive()


class Dripping(threading.Thread):
    """Sends a byte and another, and never a whole line, until the other end closes."""

    def __init__(self, connection):
        super().__init__(daemon=True)
        self.connection = connection
        self.start()

    def run(self):
        try:
            while True:
                self.connection.sendall(b"a")
                time.sleep(0.02)
        except OSError:
            pass


def test_a_greeting_that_drips_ends(monkeypatch):
    monkeypatch.setattr(channel, "TIMEOUT_S", 0.2)
    near, far = socket.socketpair()
    far.settimeout(0.2)
    Dripping(near)
    with pytest.raises(TimeoutError):
        channel.accept(far, OTHER, {OWN_PUBLIC: 1})
    far.close()
