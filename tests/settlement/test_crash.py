"""kill -9 at every statement of settling, and inside statements, leaves all of a bundle or nothing of it."""

import os
import resource
import shutil
import signal
from pathlib import Path

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.checks.checks import Checked
from settlement.ledger import Ledger
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, make

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> tuple[Path, Checked]:
    """A ledger with some history, closed, and a checked bundle of two legs, with flows, that is to be settled."""
    path = tmp_path_factory.mktemp("crash") / "ledger.sqlite"
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger:
        engine.submit(ledger, encoding.encode_bundle(samples.deposit(ledger, 100)), NOW_MS, any_proof)
        paid = make(ledger, change(USDC=-5), [samples.flow(0, -5, b"me")])
        data = encoding.encode_bundle(bind(ledger.ledger_id, paid, make(ledger)))
        return path, engine.check(ledger, data, NOW_MS, any_proof)


def run_in_a_child(path: Path, checked: Checked, arm) -> bool:
    """Settles in a process that `arm(connection)` may have killed.  Whether it lived to the end."""
    child = os.fork()
    if child == 0:
        try:
            ledger = Ledger.open(path)
            arm(ledger._repository._connection)
            ledger.apply(checked, NOW_MS)
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL or os.waitstatus_to_exitcode(status) == 0
    return not os.WIFSIGNALED(status)


def kill_at(count: int):
    """A callback that ends the process at its `count`-th call, counted from 0."""
    calls = iter(range(count + 1))

    def call(*_: object) -> int:
        if next(calls) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    return call


def outcome(path: Path) -> str:
    """"nothing" or "all", after an audit that finds nothing half done."""
    report = audit.audit(path, any_proof)
    answer = {(1, 1, 100): "nothing", (2, 3, 95): "all"}
    return answer[report.bundles, report.legs, sum(report.reserves.values())]


def crash(prepared: tuple[Path, Checked], tmp_path: Path, arm, *, go_on: bool) -> tuple[bool, str]:
    """Whether the process lived, and what it left.  With `go_on` the next one settles what it did not."""
    original, checked = prepared
    path = Path(shutil.copy(original, tmp_path / "ledger.sqlite"))
    lived = run_in_a_child(path, checked, arm)
    found = outcome(path)
    if go_on and found == "nothing":
        with Ledger.open(path) as ledger:
            ledger.apply(checked, NOW_MS)
        assert outcome(path) == "all"
    for leftover in tmp_path.iterdir():
        leftover.unlink()
    return lived, found


def test_a_process_killed_before_any_statement_leaves_nothing_and_after_the_last_all(prepared, tmp_path):
    outcomes, statement = [], 0
    while not outcomes or not outcomes[-1][0]:
        outcomes.append(crash(prepared, tmp_path, lambda c, n=statement: c.set_trace_callback(kill_at(n)),
                              go_on=statement % 10 == 0))
        statement += 1
    assert len(outcomes) > 40
    found = [left for _, left in outcomes]
    assert found == sorted(found, reverse=True) and set(found) == {"nothing", "all"}
    assert found.count("all") < 8, "the statements after the commit are few"


@pytest.mark.parametrize("step", [1, 50, 200, 400, 700, 1000, 1300, 1600, 2000])
def test_a_process_killed_inside_a_statement_leaves_nothing(prepared, tmp_path, step):
    lived, found = crash(prepared, tmp_path, lambda c: c.set_progress_handler(kill_at(step), 1), go_on=True)
    assert found == ("all" if lived else "nothing")


def test_a_process_killed_after_it_answered_leaves_all(prepared, tmp_path):
    original, checked = prepared
    path = Path(shutil.copy(original, tmp_path / "ledger.sqlite"))
    child = os.fork()
    if child == 0:
        Ledger.open(path).apply(checked, NOW_MS)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert outcome(path) == "all"


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("more_pages", [0, 1, 3])
def test_a_ledger_whose_log_was_copied_in_part_opens_with_all_of_it(prepared, tmp_path, more_pages, read_only):
    """The first page, which says how many there are, is copied first, and the file is made longer last."""
    path = Path(shutil.copy(prepared[0], tmp_path / "ledger.sqlite"))
    with Ledger.open(path) as ledger:
        data = encoding.encode_bundle(bind(ledger.ledger_id, *(make(ledger) for _ in range(20))))
        checked = engine.check(ledger, data, NOW_MS, any_proof)
    limit = path.stat().st_size + more_pages * 4096

    def no_room(_) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    assert run_in_a_child(path, checked, no_room)
    assert path.stat().st_size <= limit and path.with_name("ledger.sqlite-wal").stat().st_size > 0
    for _ in range(2):
        with Ledger.open(path, read_only=read_only) as ledger:
            assert ledger.reader.last_event().height == 2
        assert audit.audit(path, any_proof).legs == 21
