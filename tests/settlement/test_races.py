"""Many processes at one ledger, some of them killed: one winner for each account, no half bundle, no lost answer."""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.checks.checks import Checked
from settlement.databases import Place
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, make

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")

PROCESSES, THREADS = 2, 16
MOST_BLOCKS = 3  # that a process settles before it waits to be killed


def in_a_child(run: Callable[[int], object]) -> tuple[int, int]:
    """Runs this in another process, with a descriptor to write to; its id, and the descriptor to read from."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        try:
            run(writes)
        except BaseException as error:
            os.write(writes, repr(error).encode())
            os._exit(1)
        os._exit(0)
    os.close(writes)
    return child, reads


def read_lines(descriptor: int, count: int) -> bytes:
    """The next lines, or fewer at the end."""
    heard = b""
    while heard.count(b"\n") < count and (byte := os.read(descriptor, 1)):
        heard += byte
    return heard


def read_all(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def test_of_thirty_two_threads_in_two_processes_that_spend_one_account_exactly_one_wins(where):
    with Ledger.create(where, samples.pool(), NOW_MS) as ledger:
        made = [make(ledger, nullifier=5) for _ in range(PROCESSES * THREADS)]
        rivals = [encoding.encode_bundle(bind(ledger.ledger_id, one)) for one in made]

    def race(own: list[bytes], writes: int) -> None:
        start = Barrier(THREADS)

        def submit(data: bytes) -> str:
            with Ledger.open(where) as opened:
                start.wait()
                try:
                    return f"settled at {engine.submit(opened, data, NOW_MS, any_proof).height}"
                except Rejected as refused:
                    return refused.rejection.name

        with ThreadPoolExecutor(THREADS) as threads:
            os.write(writes, json.dumps(list(threads.map(submit, own))).encode())

    children = [in_a_child(lambda writes, n=n: race(rivals[n::PROCESSES], writes)) for n in range(PROCESSES)]
    answers = [answer for _, reads in children for answer in json.loads(read_all(reads))]
    assert [os.waitpid(child, 0)[1] for child, _ in children] == [0] * PROCESSES
    assert sorted(answers) == ["NULLIFIER_SPENT"] * (len(rivals) - 1) + ["settled at 1"]
    assert audit.audit(where, any_proof).bundles == 1


def test_a_killed_applier_leaves_no_half_bundle_and_nothing_that_it_acknowledged_is_missing(where):
    """Blocks of 1 to 4 bundles; the process is killed at a random moment, and another goes on where it was."""
    dice = random.Random(12)
    with Ledger.create(where, samples.pool(), NOW_MS) as ledger:
        made = [encoding.encode_bundle(bind(ledger.ledger_id, make(ledger), make(ledger))) for _ in range(48)]
        waiting = [engine.check(ledger, data, NOW_MS, any_proof) for data in made]
    acknowledged: dict[str, list[int]] = {}
    kills = 0
    while waiting and kills < 12:
        child, reads = in_a_child(partial(settle, where, waiting))
        assert os.read(reads, 1) == b"\n", "it has opened the ledger"
        heard = read_lines(reads, dice.randrange(3))
        time.sleep(dice.random() * 0.02)  # somewhere in the next block or two
        os.kill(child, signal.SIGKILL)
        kills += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        lines = (heard + read_all(reads)).splitlines(keepends=True)
        told = [json.loads(line) for line in lines if line.endswith(b"\n")]
        acknowledged |= {bundle_id: place for answers in told for bundle_id, place in answers}
        with Ledger.open(where) as ledger:
            places = {one.bundle_id.hex(): engine.settled(ledger, one.bundle_id) for one in waiting}
            tree, height = ledger.reader.tree(), ledger.reader.last_event().height
        settled = {bundle_id: place for bundle_id, place in places.items() if place is not None}
        assert tree.size == 2 * height, "all of a bundle, or nothing"
        assert all(settled[one].height == acknowledged[one][0] for one in settled if one in acknowledged)
        waiting = [one for one in waiting if one.bundle_id.hex() not in settled]
        assert not any(one.bundle_id.hex() in acknowledged for one in waiting), "what was acknowledged has settled"
    assert kills > 2
    report = audit.audit(where, any_proof)
    assert (report.bundles, report.legs) == (len(made) - len(waiting), 2 * (len(made) - len(waiting)))
    with Ledger.open(where) as ledger:
        receipts = engine.submit_all(ledger, made, NOW_MS, any_proof)
        assert all(acknowledged.get(one.bundle_id.hex(), [one.height])[0] == one.height for one in receipts)
        assert ledger.reader.last_event().height == len(made)


def settle(where: Place, waiting: list[Checked], writes: int) -> None:
    """Settles a few blocks, and writes the places of each when it was committed; then waits to be killed."""
    dice = random.Random(os.getpid())
    with Ledger.open(where) as ledger:
        os.write(writes, b"\n")
        for _ in range(MOST_BLOCKS):
            if not waiting:
                break
            size = dice.randint(1, 4)
            block, waiting = waiting[:size], waiting[size:]
            places = [[one.height, *one.positions] for one in ledger.apply_all(block, NOW_MS)]
            told = [[one.bundle_id.hex(), place] for one, place in zip(block, places, strict=True)]
            os.write(writes, json.dumps(told).encode() + b"\n")
        if waiting:
            signal.pause()  # whoever kills it may be late
