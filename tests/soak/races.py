"""Two services over one ledger, and sixteen clients of each that spend the same account at once.

`python -m tests.soak.races [RACES]`, on SQLite and on PostgreSQL.  Exactly one bundle of a race settles; all others are
refused because the account is spent, and nobody waits for longer than LONGEST_S.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from prover.network.wire.client import Client
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.databases import Place
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from tests import ports
from tests.settlement.bundles import samples
from tests.soak import nursery, victims
from tests.soak.nursery import Nursery

SERVICES, THREADS = 2, 16
LONGEST_S = 10


def races(place: Place, count: int, births: Nursery) -> list[float]:
    """Runs races for accounts of a new ledger; how long the longest answer of each took, in seconds."""
    with Ledger.create(place, samples.pool(), samples.NOW_MS) as ledger:
        own = [ports.free() for _ in range(SERVICES)]
        groups = [births.serve(place, port) for port in own]
        clients = [Client(f"http://127.0.0.1:{port}") for port in own for _ in range(THREADS)]
        longest = []
        try:
            with ThreadPoolExecutor(len(clients)) as threads:
                for number in range(count):
                    made = [samples.make(ledger, nullifier=number + 1) for _ in clients]
                    rivals = [encoding.encode_bundle(samples.bind(ledger.ledger_id, one)) for one in made]
                    longest.append(_race(clients, rivals, threads))
        finally:
            for group in groups:
                nursery.kill(group)
            for client in clients:
                client.close()
    assert audit.audit(place, samples.any_proof).bundles == count
    return longest


def _race(clients: Sequence[Client], rivals: Sequence[bytes], threads: ThreadPoolExecutor) -> float:
    start = Barrier(len(clients))

    def submit(client: Client, data: bytes) -> tuple[str, float]:
        start.wait()
        start_s = time.monotonic()
        try:
            client.post("/bundles", data)
            answer = "settled"
        except Rejected as refused:
            answer = refused.rejection.name
        return answer, time.monotonic() - start_s

    answers = list(threads.map(submit, clients, rivals))
    assert Counter(answer for answer, _ in answers) == {"settled": 1, "NULLIFIER_SPENT": len(rivals) - 1}, answers
    return max(seconds for _, seconds in answers)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with victims.stages(random.Random()) as places, tempfile.TemporaryDirectory() as logs:
        with Nursery(Path(logs) / "log") as births:
            for stage in places[:2]:
                longest = races(stage.place, count, births)
                assert max(longest) < LONGEST_S, f"somebody waited for {max(longest):.1f} s"
                mean_ms = 1000 * sum(longest) / count
                kind = "SQLite" if isinstance(stage.place, Path) else "PostgreSQL"
                print(f"{kind}: {count} races, one winner each; the last answer came after {mean_ms:.0f} ms on average,"
                      f" {1000 * max(longest):.0f} ms at most", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
