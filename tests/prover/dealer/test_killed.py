"""A dealer that is killed at any of its steps, and begins again: no order is there twice, and none is forgotten.

Whoever watches the board keeps a copy of every leg that was ever posted.  After each kill and restart, those of them
that could still settle are on the accounts of the quotes that the dealer knows to stand, one for each.
"""

import pytest

from prover.dealer import journal as journals
from prover.rfq.post import Post
from prover.trader import beside, walletfile
from settlement import engine
from settlement.bundles import encoding
from settlement.orders import board
from tests.prover.dealer import scene as scenes
from tests.prover.rfq.desks import ETH, USDC, line

MOST = 80
"""A round has fewer steps than this."""
SHARE = 6
"""Of the steps every so many-th is tried here, and all of them by `python -m tests.soak.dealer`."""


class Crash(BaseException):
    """The process is gone."""


class Steps:
    """Ends the process at its `left`-th step: before or after anything that outlives it."""

    def __init__(self, patch):
        self.left, self.seen, self.posted = -1, 0, []
        for owner, name in (
            (walletfile.WalletFile, "save"), (beside, "write"), (beside, "append"), (board, "place"),
            (engine, "submit"), (journals.Journal, "write"), (Post, "send"),
        ):  # fmt: skip
            self.surround(patch, owner, name)

    def surround(self, patch, owner, name):
        act = getattr(owner, name)

        def acts(*arguments, **how):
            self.step()
            if name == "place":
                self.posted.append(arguments[1].leg_bytes)
            done = act(*arguments, **how)
            self.step()
            return done

        patch.setattr(owner, name, acts)

    def step(self):
        self.seen += 1
        self.left -= 1
        if self.left == 0:
            raise Crash


@pytest.fixture
def scene(tmp_path):
    with scenes.scene(tmp_path, [(USDC, ETH), (USDC, ETH)]) as made:
        yield made


@pytest.fixture
def steps(scene, monkeypatch):
    return Steps(monkeypatch)


def killed(scene, steps, number: int) -> bool:
    """A round that is killed at this step, and a new process; whether the round had so many steps."""
    steps.left = number
    try:
        scene.step(12_000)
        return False
    except Crash:
        scene.restart()
        return True
    finally:
        steps.left = -1


def check(scene, steps) -> None:
    """Nothing is there twice, and nothing is forgotten."""
    ledger, known = scene.world.ledger, scene.dealer.standing
    legs = [encoding.decode_leg(data) for data in steps.posted]
    settleable = {leg.nullifier for leg in legs if not ledger.reader.is_spent(leg.nullifier)}
    live = {each.nullifier: each.position for each in scene.maker.session.wallet.live}
    assert {live[each] for each in settleable} == {at for stood in known.values() for at in stood.positions}
    assert len(settleable) == len(known) == len(scene.strategy.quotes)
    wanted = sorted(each.changes for each in scene.strategy.quotes)
    assert sorted(scene.listed().values()) == wanted


def settle(scene, steps) -> None:
    """Lets the new process do what is left."""
    for _ in range(2):
        scene.step(12_000)
    check(scene, steps)


def quotes(scene, price: int) -> list:
    return [scene.wants("bid", USDC=-price, ETH=3), scene.wants("offer", USDC=price + 100, ETH=-3)]


def test_killed_at_each_step_of_placing_and_requoting_nothing_is_there_twice_or_forgotten(scene, steps):
    for number in range(1, MOST, SHARE):
        scene.strategy.quotes = quotes(scene, 1_000 + number)
        is_killed = killed(scene, steps, number)
        settle(scene, steps)
        if not is_killed:
            break
    assert 30 < number < MOST - SHARE


def test_killed_at_each_step_of_what_follows_a_trade_it_is_placed_again_once(scene, steps):
    scene.strategy.quotes = quotes(scene, 1_000)
    scene.step()
    for number in range(1, MOST, SHARE):
        scene.take(next(iter(scene.listed())))
        is_killed = killed(scene, steps, number)
        settle(scene, steps)
        if not is_killed:
            break
    assert 10 < number < MOST - SHARE


def test_killed_at_each_step_of_an_answer_a_request_is_answered_once_at_most(scene, steps):
    sent = []
    send = scene.maker.carrier.send
    scene.maker.carrier.send = lambda letter: sent.append(letter) or send(letter)
    for number in range(1, MOST):
        inquiry = scene.taker.ask([line(ETH=number)], scene.maker)
        sent.clear()
        is_killed = killed(scene, steps, number)
        scene.world.hub.deliver()  # the carrier brings all requests again
        scene.step(1)
        scene.world.hub.deliver()
        letters = set(sent)  # one that may have been sent is sent again: carriers deliver it once
        assert len(letters) <= 1 and len(scene.taker.quotes(inquiry)[0]) == len(letters)
        if not is_killed:
            assert len(sent) == 1
            break
    assert 3 < number < MOST - 1
