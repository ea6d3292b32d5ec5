"""The primary of two PostgreSQL servers is killed, and the other promoted: `python -m tests.soak.standby [TIMES]`.

Commits wait for the synchronous standby, so whatever was acknowledged is there: no bundle that had its receipt is
missing, and it has the same receipt.  Then the promoted server gets a standby of its own, which is promoted next.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from prover.network.wire.client import Client
from settlement.audit import audit
from settlement.ledger import Ledger
from tests import clusters, ports
from tests.clusters import Cluster
from tests.settlement.bundles import samples
from tests.soak import killing, nursery
from tests.soak.killing import Answers
from tests.soak.nursery import Nursery

CLIENTS = 8


def soak(times: int, dice: random.Random) -> Counter[str]:
    """Promotes so often; what happened, and how often.  Raises AssertionError for whatever must not happen."""
    heard: Counter[str] = Counter()
    bundles, port = killing.made(), ports.free()
    with clusters.folders(2) as folders, tempfile.TemporaryDirectory() as logs, Nursery(Path(logs) / "log") as births:
        primary, standby = (Cluster(folder) for folder in folders)
        try:
            primary.initialize()
            primary.start()
            for _ in range(times):
                standby.follow(primary)
                standby.start()
                primary.require(standby)
                primary.ask("DROP SCHEMA IF EXISTS zksettle CASCADE")
                _promoted(primary, standby, births, port, bundles, dice, heard)
                primary, standby = standby, primary
        finally:
            primary.stop()
            standby.stop()
    return heard


def _promoted(
    primary: Cluster, standby: Cluster, births: Nursery, port: int, bundles: dict[str, bytes], dice: random.Random,
    heard: Counter[str],
) -> None:  # fmt: skip
    """One life of a primary."""
    Ledger.create(primary.url(), samples.pool(), samples.NOW_MS).close()
    answers, waiting, stop = Answers(), dict(bundles), threading.Event()
    group = births.serve(primary.url(), port)
    threads = [threading.Thread(target=_send, args=(port, answers, waiting, stop)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    while not answers.settled:
        time.sleep(0.01)
    time.sleep(dice.random() * killing.LONGEST_S)
    primary.kill()
    stop.set()
    standby.promote()
    nursery.kill(group)
    for thread in threads:
        thread.join()
    heard["acknowledged"] += len(answers.settled)
    heard["unknown"] += len(answers.unknown)
    group = births.serve(standby.url(), port)
    with Ledger.open(standby.url(), read_only=True) as ledger:
        heard["unknown, and had settled"] += sum(
            ledger.reader.settled(bytes.fromhex(one)) is not None for one in answers.unknown
        )
    audit.audit(standby.url(), samples.any_proof)
    with Client(f"http://127.0.0.1:{port}") as client:
        for bundle_id, receipt in list(answers.settled.items()):
            assert client.get(f"/bundles/{bundle_id}") == receipt, "no acknowledged bundle is missing"
        for bundle_id in [*answers.unknown, *answers.nothing]:
            assert answers.post(client, bundle_id, bundles[bundle_id])
    assert not answers.unknown
    audit.audit(standby.url(), samples.any_proof)
    nursery.kill(group)
    heard["promoted"] += 1


def _send(port: int, answers: Answers, waiting: dict[str, bytes], stop: threading.Event) -> None:
    with Client(f"http://127.0.0.1:{port}", pause=lambda seconds: time.sleep(0.02)) as client:
        while not stop.is_set() and waiting:
            answers.post(client, *waiting.popitem())


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}", flush=True)
    for text, count in sorted(soak(times, random.Random(seed)).items()):
        print(f"{count:6} {text}")


if __name__ == "__main__":
    main()
