"""Whatever breaks, and wherever: what a command was asked for settles once, and is told as it is."""

import errno
import os
import signal

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from prover.trader import addresses, moves, sessions
from prover.trader.sessions import Unreported
from settlement import engine
from settlement.rejection import Rejected, Rejection
from tests.prover.trader import payer
from tests.prover.trader.payer import FUNDS, STEPS, USDC, Crash, World, full
from tests.simulation.notary import Notary
from zk.errors import Unsatisfied


@pytest.fixture(scope="module", autouse=True)
def patched():
    with payer.stepping() as worlds:
        yield worlds


@pytest.fixture(scope="module")
def founded(tmp_path_factory, patched):
    """A world to copy."""
    return World(tmp_path_factory.mktemp("founded"))


@pytest.fixture
def world(tmp_path, patched, founded):
    made = founded.copy(tmp_path / "world")
    patched[:] = [made]
    return made


def test_two_honest_withdrawals_of_the_same_amount_are_two(world):
    assert world.run(5) and world.run(5)
    assert world.settled() == {5: 2} and [settled.is_repeated for settled in world.told] == [False, False]
    assert world.entries() == ()


@pytest.mark.parametrize("fault", [Crash, full], ids=["crash", "full disk"])
@pytest.mark.parametrize("key", [None, "rent"])
def test_repeated_after_a_fault_at_any_step_it_settles_once_and_reports_that(tmp_path, patched, founded, fault, key):
    reached = 0
    for at in range(1, STEPS + 1):
        patched[:] = [world := founded.copy(tmp_path / str(at))]
        ended = world.run(5, key, fault=fault(), at=at)
        before = world.settled()[5]
        reached += not ended
        assert ended or world.run(5, key)
        assert world.settled() == {5: 1}, at
        assert world.told[-1].is_repeated == (before == 1 and not ended), at
        assert len({settled.receipt.bundle_id for settled in world.told}) == 1
        assert world.told[0].receipt.positions == world.told[-1].receipt.positions
        assert world.told[0].receipt.root == world.told[-1].receipt.root
    assert 8 < reached < STEPS, "every step was reached, and there is none after the last"


def test_a_key_that_is_added_to_a_command_which_settled_untold_does_not_pay_twice(tmp_path, patched, founded):
    reached = 0
    for at in range(1, STEPS + 1):
        patched[:] = [world := founded.copy(tmp_path / str(at))]
        if world.run(5, fault=Crash(), at=at) or not world.settled()[5]:
            continue
        reached += 1
        with pytest.raises(Unsatisfied, match="without --once settled at height 2 .*repeat it without --once to see"):
            world.run(5, "rent")
        assert world.run(5) and world.told[-1].is_repeated and world.settled() == {5: 1}
        assert world.run(5, "rent") and not world.told[-1].is_repeated and world.settled() == {5: 2}
    assert reached > 2


STEP = st.tuples(
    st.sampled_from([(1, None), (2, None), (3, "a"), (4, "b")]),
    st.sampled_from(["crash", "full"]),
    st.integers(0, STEPS),
    st.sampled_from([0, 0, 1_000, 3_600_000]),
)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, min_size=1, max_size=10))
def test_an_amount_leaves_once_for_each_told_outcome(tmp_path_factory, patched, founded, steps):
    """Commands fail at random steps and are repeated or abandoned, and bundles expire meanwhile.

    What is on the ledger was told, but for one settlement per command, which the next run of it will tell.
    """
    world = founded.copy(tmp_path_factory.mktemp("world") / "world")
    patched[:] = [world]
    ended: dict[tuple, list[bytes]] = {}
    for command, fault, at, waited_ms in steps:
        world.now_ms += waited_ms
        amount, key = command
        if world.run(amount, key, fault=Crash() if fault == "crash" else full(), at=at):
            ended.setdefault(command, []).append(world.told[-1].receipt.bundle_id)
            event("repeated" if world.told[-1].is_repeated else "settled")
        settled = world.settled()
        for (paid, name), bundles in ended.items():
            if name is None:
                assert len(set(bundles)) == len(bundles), "two runs that ended with 0 told of one settlement"
                assert len(bundles) <= settled[paid] <= len(bundles) + 1
            else:
                assert len(set(bundles)) == 1 and settled[paid] == 1, "one key, one settlement"
        assert all(settled[paid] <= 1 for paid in {1, 2, 3, 4} - {paid for paid, _ in ended})
    for command in ((1, None), (2, None), (3, "a"), (4, "b")):
        count = world.settled()[command[0]]
        assert world.run(*command)
        again = world.told[-1]
        assert world.settled()[command[0]] - count == (not again.is_repeated)
        assert command not in ended or command[1] or again.receipt.bundle_id not in ended[command]
    with world.session() as session:
        sessions.sync(session)
        paid = sum(amount * count for amount, count in world.settled().items())
        assert session.wallet.balances[USDC] == FUNDS - paid


def test_bytes_that_expired_are_made_again_and_bytes_that_did_not_are_sent_again(world):
    assert not world.run(5, fault=Crash(), at=3), "saved, not submitted"
    (first,) = world.entries()
    assert world.run(5) and world.told[-1].receipt.bundle_id == first.made
    assert not world.run(6, fault=Crash(), at=3)
    (second,) = world.entries()
    world.now_ms += 24 * 3_600_000
    assert world.run(6) and world.told[-1].receipt.bundle_id != second.made
    assert world.settled() == {5: 1, 6: 1} and world.entries() == ()


@pytest.mark.parametrize("at", [5, 6, 7, 8, 9])
def test_a_repetition_also_tells_which_own_orders_were_voided(world, at):
    assert world.place()
    order = world.told[-1].order_id
    assert not world.run(5, fault=Crash(), at=at) and world.settled() == {5: 1}
    assert world.run(5)
    assert [(closed.order_id, closed.taken_height) for closed in world.told[-1].closed] == [(order, None)]


def test_bytes_whose_account_has_moved_are_made_again(world):
    assert not world.run(5, "mine", fault=Crash(), at=3)
    assert world.run(7)
    assert world.run(5, "mine")
    assert world.settled() == {5: 1, 7: 1}


def test_a_key_stands_for_one_thing_whatever_became_of_it(world):
    assert world.run(5, "mine") and world.run(5, "mine")
    assert [settled.is_repeated for settled in world.told] == [False, True]
    for other in (
        lambda session: moves.withdraw(session, USDC, 6, "bank", world.now_ms, once="mine"),
        lambda session: moves.withdraw(session, USDC, 5, "others", world.now_ms, once="mine"),
        lambda session: moves.withdraw(session, USDC, 5, "bank", world.now_ms, 0, once="mine"),
        lambda session: moves.deposit(session, USDC, 5, "bank", world.now_ms, once="mine"),
        lambda session: moves.pay(session, addresses.of(session.wallet.seed, 0), USDC, 5, world.now_ms, once="mine"),
    ):
        with world.session() as session, pytest.raises(Unsatisfied, match="the key 'mine' was used for something else"):
            other(session)
    assert world.settled() == {5: 1}


def test_what_the_ledger_refuses_is_forgotten_so_that_its_key_is_free(world, monkeypatch):
    def refuse(*_):
        raise Rejected(Rejection.CUSTODY, "not today")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "submit", refuse)
        with pytest.raises(Rejected):
            world.run(5, "mine")
    assert world.entries() == () and world.settled() == {}
    assert world.run(6, "mine") and world.settled() == {6: 1}


def test_in_python_returning_tells_and_a_fault_after_the_commit_says_that_it_settled(world):
    world.fault, world.left = full(), 5
    with world.session() as session:
        with pytest.raises(Unreported, match=r"settled at height 2 \(bundle [0-9a-f]{64}\)") as failed:
            moves.withdraw(session, USDC, 5, "bank", world.now_ms)
        assert isinstance(failed.value.__cause__, OSError)
        again = moves.withdraw(session, USDC, 5, "bank", world.now_ms + 10_000)
        assert again.is_repeated and again.receipt.bundle_id == failed.value.outcome.receipt.bundle_id
        assert not moves.withdraw(session, USDC, 5, "bank", world.now_ms + 20_000).is_repeated
    assert world.settled() == {5: 2}


def test_a_commit_that_fails_after_it_is_done_is_told_as_settled(world, monkeypatch):
    stepping = engine.submit

    def failing(*arguments):
        stepping(*arguments)
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "submit", failing)
        with world.session() as session, pytest.raises(Unreported):
            moves.withdraw(session, USDC, 5, "bank", world.now_ms)
    assert world.run(5) and world.told[-1].is_repeated and world.settled() == {5: 1}


def test_a_ledger_that_lost_what_a_key_settled_is_not_asked_to_settle_it_again(world, monkeypatch):
    assert world.run(5, "mine")
    monkeypatch.setattr("settlement.storage.reader.Reader.bundle_height", lambda *_: None)
    with world.session() as session, pytest.raises(Unsatisfied, match="this settled at height 2"):
        moves.withdraw(session, USDC, 5, "bank", world.now_ms, once="mine")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")
def test_killed_at_any_step_and_repeated_it_settles_once(tmp_path, patched, founded, monkeypatch):
    """In a process of its own, by SIGKILL; the notary cannot be asked, for only that process had told it the claims."""
    monkeypatch.setattr(Notary, "verify", lambda *_: None)
    killed = 0
    for at in range(1, STEPS + 1):
        patched[:] = [world := founded.copy(tmp_path / str(at))]
        child = os.fork()
        if child == 0:
            world.step = lambda world=world: _kill(world)
            os._exit(0 if world.run(5, "rent", at=at) else 1)
        status = os.waitpid(child, 0)[1]
        was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert was_killed or os.waitstatus_to_exitcode(status) == 0
        killed += was_killed
        assert world.run(5, "rent") and world.settled() == {5: 1}, at
    assert 8 < killed < STEPS


def _kill(world: World) -> None:
    world.left -= 1
    if world.left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
