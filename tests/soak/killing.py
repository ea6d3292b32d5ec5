"""kill -9 at random moments, under load, of whatever keeps a ledger: `python -m tests.soak.killing [KILLS]`.

Clients send bundles to a service over SQLite and over PostgreSQL, in one process and in two, and these are killed: the
whole service, its first process or another one, the server's first process, or one that serves a session.  After each
kill everything starts again, and then

    an audit finds no half bundle,
    whoever was told that a bundle has settled finds it settled, at the same place,
    whoever was told that it was refused, or that nothing has happened, finds that it has not,
    whoever was told neither sends it again and gets a receipt, and who had one gets the same one, byte by byte.

Some bundles spend the same account: one of them settles.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from prover.network.wire.client import Client
from settlement.audit import audit
from settlement.bundles import digests, encoding
from settlement.errors import OutcomeUnknown, Unavailable
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests import ports
from tests.settlement.bundles import samples
from tests.soak import nursery, victims
from tests.soak.nursery import Nursery
from tests.soak.victims import Stage

BUNDLES, RIVALS, CLIENTS = 80, 3, 8
LONGEST_S = 0.3
"""The longest time from the first request to the kill."""
ASKED_AGAIN = 5


@dataclass
class Answers:
    """What the clients were told of each bundle, by its id."""

    settled: dict[str, bytes] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    nothing: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def post(self, client: Client, bundle_id: str, data: bytes) -> bool:
        """Sends a bundle and notes the answer.  Whether there was one."""
        try:
            answer = client.post("/bundles", data)
        except Rejected as refused:
            assert refused.rejection is Rejection.NULLIFIER_SPENT, refused
            self.refused.add(bundle_id)
        except OutcomeUnknown as error:
            assert "status 500" not in str(error), error
            self.unknown.add(bundle_id)
            return False
        except Unavailable:
            self.nothing.add(bundle_id)
            return False
        else:
            assert self.settled.setdefault(bundle_id, answer) == answer, "a bundle has one receipt"
        self.unknown.discard(bundle_id)
        self.nothing.discard(bundle_id)
        return True


class Episode:
    """One ledger, from its first bundle to its last."""

    def __init__(self, stage: Stage, births: Nursery, port: int, made: dict[str, bytes], dice: random.Random):
        self._stage, self._births, self._port, self._made, self._dice = stage, births, port, made, dice
        url = f"http://127.0.0.1:{port}"
        self._clients = [Client(url, pause=lambda seconds: time.sleep(0.02)) for _ in range(CLIENTS)]
        self.answers, self.waiting = Answers(), dice.sample(sorted(made), len(made))
        stage.empty()
        Ledger.create(stage.place, samples.pool(), samples.NOW_MS).close()
        self.group = births.serve(stage.place, port, stage.processes)

    def round(self, how: str | None, heard: Counter[str]) -> None:
        """Sends what waits, kills, starts again and checks; without `how`, sends everything."""
        told, stop = len(self.answers.settled), threading.Event()
        threads = [threading.Thread(target=self._send, args=(client, stop)) for client in self._clients]
        for thread in threads:
            thread.start()
        if how is not None:
            time.sleep(self._dice.random() * LONGEST_S)
            heal = self._stage.kills[how](self.group)
            stop.set()
            if heal is not None:
                heal()
            else:
                self.group = self._births.serve(self._stage.place, self._port, self._stage.processes)
        for thread in threads:
            thread.join()
        self._check(set(list(self.answers.settled)[told:]), heard)

    def end(self) -> None:
        """Checks the whole ledger, and ends the service."""
        assert not self.waiting and not self.answers.unknown and not self.answers.nothing
        for bundle_id, receipt in self.answers.settled.items():
            assert self._clients[0].get(f"/bundles/{bundle_id}") == receipt
        assert len(self.answers.settled) == len(self._made) - len(self.answers.refused)
        nursery.kill(self.group)
        for client in self._clients:
            client.close()

    def _send(self, client: Client, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                bundle_id = self.waiting.pop()
            except IndexError:
                return
            if not self.answers.post(client, bundle_id, self._made[bundle_id]):
                self.waiting.append(bundle_id)
                stop.wait(0.01)

    def _check(self, fresh: set[str], heard: Counter[str]) -> None:
        answers = self.answers
        report = audit.audit(self._stage.place, samples.any_proof)
        assert report.legs == 2 * report.bundles
        with Ledger.open(self._stage.place, read_only=True) as ledger:
            there = {one for one in self._made if ledger.reader.settled(bytes.fromhex(one)) is not None}
        assert set(answers.settled) <= there, "no acknowledged bundle is missing"
        assert not (answers.refused | (answers.nothing - answers.unknown)) & there, "what was refused has not settled"
        heard["unknown"] += len(answers.unknown)
        heard["unknown, and had settled"] += len(answers.unknown & there)
        heard["settled"] += len(fresh)
        again = {*answers.unknown, *self._dice.sample(sorted(fresh), min(len(fresh), ASKED_AGAIN))}
        for bundle_id in again:
            assert answers.post(self._clients[0], bundle_id, self._made[bundle_id])
            if bundle_id in answers.settled:
                assert self._clients[0].get(f"/bundles/{bundle_id}") == answers.settled[bundle_id]
        self.waiting = [one for one in self.waiting if one not in again]


def made() -> dict[str, bytes]:
    """Bundles that any new ledger of the samples' pool takes, by their ids; some spend the same account."""
    with tempfile.TemporaryDirectory() as folder:
        with Ledger.create(Path(folder) / "ledger.sqlite", samples.pool(), samples.NOW_MS) as ledger:
            bundles = [
                samples.bind(ledger.ledger_id, samples.make(ledger, **rival), samples.make(ledger))
                for number in range(BUNDLES)
                for rival in [{"nullifier": 1 + number // RIVALS} if number < 5 * RIVALS else {}]
            ]
    return {digests.bundle_id(one).hex(): encoding.encode_bundle(one) for one in bundles}


def soak(kills: int, at_most: int, dice: random.Random, say: Callable[[str], object]) -> Counter[str]:
    """Kills so often, each ledger so many times at most; how often what happened.

    Raises AssertionError for whatever must not happen.
    """
    heard: Counter[str] = Counter()
    port = ports.free()
    with victims.stages(dice) as places, tempfile.TemporaryDirectory() as logs, Nursery(Path(logs) / "log") as births:
        bundles = made()
        for stage in cycle(places):
            if heard["kills"] == kills:
                return heard
            episode = Episode(stage, births, port, bundles, dice)
            for _ in range(min(at_most, kills - heard["kills"])):
                if not episode.waiting:
                    break
                how = dice.choice(sorted(stage.kills))
                episode.round(how, heard)
                heard["kills"] += 1
                heard[f"{stage.name}: {how} killed"] += 1
            episode.round(None, heard)
            episode.end()
            say(f"{heard['kills']} kills")
    raise AssertionError("the stages are tried for ever")


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}", flush=True)
    start_s = time.monotonic()
    heard = soak(kills, 16, random.Random(seed), lambda line: print(line, flush=True))
    for text, count in sorted(heard.items()):
        print(f"{count:6} {text}")
    print(f"{time.monotonic() - start_s:.0f} seconds")


if __name__ == "__main__":
    main()
