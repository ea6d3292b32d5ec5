"""Everything that a settlement does fails, one step after the other: `python -m tests.soak.failing`.

On SQLite, each system call on the ledger's files with EIO and with ENOSPC, once or from then on, and the service goes
on or dies; on PostgreSQL, the session is cut before and after each message of either side.  See
tests/prover/network/faulty.py for what the client may be told.  Prints how often it was told what.
"""

import sys
import tempfile
from collections import Counter
from errno import EIO, ENOSPC
from pathlib import Path

from prover.network.service import logs
from tests import clusters, databases, faults
from tests.prover.network import cutting, faulty
from tests.wire import Cut


def on_sqlite() -> Counter[str]:
    """What the client was told, and how often."""
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir=databases.fast_folder()) as folder:
        scene = faulty.Scene(Path(folder))
        calls = scene.calls()
        for number, call in enumerate(calls):
            ways = {
                "EIO": faulty.once(number, EIO), "ENOSPC": faulty.once(number, ENOSPC),
                "ENOSPC from then on": faulty.from_then_on(number, ENOSPC),
            }  # fmt: skip
            for way, fails in ways.items():
                for dies in (False, True):
                    try:
                        told[f"SQLite, {way}: {scene.told(fails, dies=dies)}"] += 1
                    except AssertionError:
                        print(f"call {number}, {call}, {way}, {'dies' if dies else 'goes on'}")
                        raise
    told["SQLite: system calls"] = len(calls)
    return told


def on_postgresql() -> Counter[str]:
    """What the client was told, and whether the bundle had settled."""
    told: Counter[str] = Counter()
    with clusters.running() as cluster, cutting.scene(cluster) as scene:
        messages = scene.messages()
        for number, message in enumerate(messages):
            for way in (Cut.BEFORE, Cut.AFTER):
                try:
                    answer, has_settled = scene.told(cutting.at(number, way))
                except AssertionError:
                    print(f"{way.value} message {number}, {message}")
                    raise
                told[f"PostgreSQL, cut: {answer}{', and had settled' * (answer == 'unknown' and has_settled)}"] += 1
        for is_answer in (False, True):
            for way in (Cut.BEFORE, Cut.AFTER):
                answer, has_settled = scene.told(cutting.at_commit(way, is_answer=is_answer))
                told[f"PostgreSQL, cut at COMMIT: {answer}{', and had settled' * has_settled}"] += 1
    told["PostgreSQL: messages"] = len(messages)
    return told


def main() -> int:
    if faults.why_not() is not None:
        print(faults.why_not())
        return 1
    logs.configure()  # on standard error
    for text, count in sorted((on_sqlite() + on_postgresql()).items()):
        print(f"{count:6} {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
