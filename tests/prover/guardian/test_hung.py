"""Guardians that hang: with enough others nobody waits for them, at whatever point they stop answering."""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from prover.guardian import dealing, group, guardianfile, opening, watch
from prover.guardian.network import Client
from tests.prover.guardian.scene import Scene, dealt
from tests.prover.guardian.test_channel import OWN
from tests.prover.guardian.test_life import govern
from tests.prover.guardian.test_old_keys import NEW, OLD
from tests.prover.guardian.test_watch import Asleep

PATIENCE_S = 0.2
HANGS_S, AT_ONCE_S = 600, 60  # how long who hangs would be waited for, and what no busy machine takes without waiting


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """Guardians 1 and 3 answer; what guardian 2 does is up to the test.  A short is in breach."""
    made = Scene(tmp_path / "ledger.sqlite")
    made.publish()
    made.endow(1_000_000)
    made.watch.step()
    made.short, _ = made.trade(margin=500)
    made.watch.step()
    made.publish(perp=1_400)
    monkeypatch.setattr(group, "PATIENCE_S", PATIENCE_S)
    monkeypatch.setattr(group, "PING_S", PATIENCE_S)
    yield made
    made.staff.close()
    made.ledger.close()


def hung(path, serve):
    """A guardian at the other end of a socket, which does with a connection what `serve` does, and no more."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    held = []

    def accept():
        while True:
            held.append(listener.accept()[0])
            threading.Thread(target=serve, args=(held[-1],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    client = Client(OWN, bytes(range(32)), path, "guardian 2")
    return type("Hung", (), {"ask": lambda self, request: client.ask(request, HANGS_S)})()


def never(connection):
    """Accepts, and never answers."""


def one_byte_a_second(connection):
    with suppress(OSError):
        for byte in b'{"ephemeral": "' + b"0" * 64 + b'"}\n':
            connection.sendall(bytes([byte]))
            time.sleep(1)


@pytest.mark.parametrize("serve", [never, one_byte_a_second])
def test_a_guardian_that_hangs_delays_no_seizure(scene, tmp_path, serve):
    scene.staff.groups[1]._colleagues[2] = hung(tmp_path / "s", serve)
    began_s = time.monotonic()
    step = scene.watch.step()
    assert [one.account for one in step.seized] == [scene.short.account]
    assert time.monotonic() - began_s < AT_ONCE_S
    assert "nothing came" in scene.staff.groups[1].failures[2]


def test_a_guardian_that_promises_to_sign_and_then_hangs_delays_no_seizure(scene):
    """It answered the first round, so it is one of those whose part of the signature is missing."""
    members = scene.staff.groups[1]
    colleague, is_over = members._colleagues[2], threading.Event()

    class Forgetful:
        def ask(self, request):
            if request["ask"] == "sign":
                is_over.wait(HANGS_S)
            return colleague.ask(request)

    members._colleagues[2] = Forgetful()
    began_s = time.monotonic()
    assert [one.account for one in scene.watch.step().seized] == [scene.short.account]
    took_s = time.monotonic() - began_s
    is_over.set()
    assert took_s < AT_ONCE_S


def test_a_signer_that_is_slow_and_needed_is_waited_for(scene):
    members = scene.staff.groups[1]
    colleague = members._colleagues[2]

    class Slow:
        def ask(self, request):
            if request["ask"] == "sign":
                time.sleep(2 * PATIENCE_S)
            return colleague.ask(request)

    members._colleagues[2] = Slow()
    members._colleagues[3] = type("Asleep", (), {"ask": lambda self, request: 1 / 0})()
    with pytest.raises(ZeroDivisionError):
        scene.watch.step()  # a bug is not a guardian's failure
    members._colleagues[3] = Asleep()
    assert [one.account for one in scene.watch.step().seized] == [scene.short.account]


def test_all_are_asked_at_once_who_answers_now(scene, tmp_path):
    members = scene.staff.groups[1]
    members._colleagues |= {i: hung(tmp_path / f"s{i}", never) for i in (2, 3)}
    began_s = time.monotonic()
    reached = members.reachable(5 * PATIENCE_S)
    assert time.monotonic() - began_s < AT_ONCE_S
    assert reached[1] is None and all("nothing came" in reached[i] for i in (2, 3))
    with pytest.raises(group.TooFew, match="2 of 3 guardians, and too few answer"):
        members.require(reached)


def test_guardians_of_old_keys_that_hang_are_not_waited_for_long(scene, tmp_path, monkeypatch):
    folder = dealt(1, 2, number=NEW)
    fresh = dealing.record(guardianfile.here(folder)[0])
    govern(scene, number=NEW, threshold=1, members=2, encryption_key=fresh.encryption_key,
           signing_key=fresh.signing_key)  # fmt: skip
    scene.staff = scene.hire(scene.folder, folder)
    scene.watch.means = replace(scene.means, groups=scene.staff.groups)
    scene.watch._signing_keys = scene.staff.signing_keys
    scene.publish()
    assert not scene.watch.step().waiting
    members = scene.staff.groups[OLD]
    members._colleagues |= {i: hung(tmp_path / f"s{i}", never) for i in (1, 2)}
    scene.watch = watch.Watch(scene.ledger, scene.watch.means, scene.staff.signing_keys, lambda: scene.now_ms)
    monkeypatch.setattr(opening, "OLD_KEYS_S", PATIENCE_S)
    began_s = time.monotonic()
    assert set(scene.watch.step().waiting) == {OLD}
    assert time.monotonic() - began_s < AT_ONCE_S
