"""A queue of proofs to which everything happens that may: `python -m tests.soak.farm [JOBS [SEED]]`.

Workers are processes that wait as long as a proof takes, and jobs of two versions of a statement are submitted all the
while.  Workers are killed, told to stop, and replaced by some that lie; the database is killed, full, and away for
good, so that its synchronous standby takes its place.

    no job is lost: each ends with a proof that its submitter has verified
    none is delivered twice: a submitter gets one result for each, and the queue has one row of it, which is done
    who is told to stop finishes what it has, and ends well
    every worker that lies is quarantined and ends, and no honest one is, or does
    recovery: after a kill, another worker has begun with the dead one's jobs within a second, 99 times of 100

The last is a matter of time, and so told and not checked.  A few rounds are a test.
"""

import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from prover.bench import farm as bench
from prover.farm import control, opening
from prover.farm.jobs import Job, Result, State
from prover.farm.submitter import Submitter
from prover.farm.worker import LONGEST_PAUSE_S
from tests.soak import farmcrew, farmharm
from tests.soak.farmcrew import END_S, Crew
from tests.soak.farmharm import Servers

WORKERS, WAIT_MS, TOGETHER = 4, 20, 40
LONGEST_S = 0.3
"""The longest time from the first job of a round until something happens."""
VERSIONS = "old", "new"
RECOVERED_MS = 1_000
_ENDED = "3 workers ended while they proved it"


def soak(
    workers: int, rounds: int, kinds: Mapping[str, int], dice: random.Random, say: Callable[[str], object]
) -> tuple[Counter[str], list[int]]:
    """So many things happen to so many workers; what did, how often, and how long recoveries took in ms, sorted.

    Raises AssertionError for whatever must not happen.
    """
    heard: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as text, farmharm.running() as servers:
        folder, url = Path(text), servers.url
        opening.init(url, folder / "farm.json")
        servers.prepare_disk()
        with Submitter.open(url, lambda offered: offered) as submitter:
            make = _makers(submitter, folder)

            def proved() -> list[Result]:
                return _proved(submitter, url, [one() for one in make for _ in range(TOGETHER // len(make))], heard)

            crew = Crew(url, folder, workers, WAIT_MS)
            try:
                results: list[Result] = []
                for number, kind in zip(range(rounds), _deck(kinds, dice), strict=False):
                    happening = _Happening(partial(_happen, kind, crew, servers, dice))
                    results += proved()
                    while not happening.is_over():
                        results += proved()
                    heard[kind] += 1
                    crew.check()
                    say(f"{number + 1}: {kind}, {len(results)} jobs")
                until_s = time.monotonic() + END_S
                while crew.has_free_liars():
                    assert time.monotonic() < until_s, "a worker that lies is not found out"
                    results += proved()
                crew.dismiss_liars()
                crew.check()
            finally:
                crew.end()
            _check(url, results)
            took_ms = _recoveries(url, crew, servers)
    heard["jobs"] = len(results)
    return heard, took_ms


class _Happening(threading.Thread):
    """Something that happens in a thread of its own; what it raises, `is_over` raises."""

    def __init__(self, act: Callable[[], None]):
        super().__init__(daemon=True)
        self._act = act
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._act()
        except BaseException as error:
            self._error = error

    def is_over(self) -> bool:
        if self.is_alive():
            return False
        if self._error is not None:
            raise self._error
        return True


def _happen(kind: str, crew: Crew, servers: Servers, dice: random.Random) -> None:
    time.sleep(dice.random() * LONGEST_S)
    farmharm.happen(kind, crew, servers, dice)


def _deck(kinds: Mapping[str, int], dice: random.Random) -> Iterator[str]:
    """The kinds in random order, each as often as it is there, again and again."""
    while True:
        deck = [kind for kind, often in kinds.items() for _ in range(often)]
        dice.shuffle(deck)
        yield from deck


def _makers(submitter: Submitter, folder: Path) -> list[Callable[[], Job]]:
    made = []
    for version in VERSIONS:
        (folder / version).mkdir()
        made.append(bench.waiting_job(submitter, folder / version))
    return made


def _proved(submitter: Submitter, url: str, some: list[Job], heard: Counter[str]) -> list[Result]:
    """The results of these jobs.  What three killed workers had is parked: it is queued again, as an operator would."""
    ids = farmcrew.insisting(partial(submitter.submit, some))
    results = farmcrew.insisting(partial(submitter.wait, ids, END_S))
    assert [result.id for result in results] == [job.id for job in some]
    for place, result in enumerate(results):
        if result.state == State.PARKED and result.reason == _ENDED:
            heard["jobs parked, and queued again"] += 1
            farmcrew.insisting(partial(control.retry, url, [result.id]))
            farmcrew.insisting(partial(submitter.submit, [some[place]]))
            (results[place],) = farmcrew.insisting(partial(submitter.wait, [result.id], END_S))
    states = Counter((result.state, result.reason) for result in results if result.proof is None)
    assert not states, states
    return results


def _check(url: str, results: list[Result]) -> None:
    """No job is lost, and none was delivered twice."""
    count = len(results)
    assert len({result.id for result in results}) == count
    assert farmcrew.rows(url, "SELECT count(*), count(*) FILTER (WHERE state = 'done') FROM jobs") == [(count, count)]
    assert farmcrew.rows(url, "SELECT count(*) FROM inputs") == [(0,)], "inputs are deleted on commit"


def _recoveries(url: str, crew: Crew, servers: Servers) -> list[int]:
    """How long after a worker's kill the next attempt at each of its jobs began, where the others were there.

    They are not when the database has been away: until LONGEST_PAUSE_S after it is back they may be waiting for it.
    """
    query = "SELECT a.worker, b.began_ms FROM attempts a JOIN attempts b ON b.job = a.job AND b.number = a.number + 1"
    away_ms = [(begin, end + round(1000 * LONGEST_PAUSE_S)) for begin, end in servers.away_ms]
    took_ms = []
    for worker, began_ms in farmcrew.rows(url, query):
        killed_ms = crew.kills_ms.get(bytes(worker), began_ms + 1)
        if killed_ms <= began_ms and not any(begin <= began_ms and killed_ms <= end for begin, end in away_ms):
            took_ms.append(began_ms - killed_ms)
    return sorted(took_ms)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().getrandbits(32)
    print(f"seed {seed}", flush=True)
    start_s = time.monotonic()
    rounds, dice = -(-count // TOGETHER), random.Random(seed)
    heard, took_ms = soak(WORKERS, rounds, farmharm.KINDS, dice, lambda line: print(line, flush=True))
    for text, number in sorted(heard.items()):
        print(f"{number:6} {text}")
    print(f"{time.monotonic() - start_s:.0f} seconds")
    if took_ms:
        most_ms = took_ms[(len(took_ms) * 99 - 1) // 100]
        print(f"99 of 100 of {len(took_ms)} recoveries took {most_ms} ms at most; the aim is {RECOVERED_MS} ms")
        print(f"the load was {os.getloadavg()[0]:.0f}, on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
