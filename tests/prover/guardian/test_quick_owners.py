"""Owners who are quicker than their seizure, with top-ups that cost nothing."""

from dataclasses import dataclass, field, replace

import pytest

from settlement.checks import topups
from settlement.rejection import Rejected, Rejection
from tests.prover.guardian.scene import Holding, Scene, at_work


@pytest.fixture
def scene(tmp_path):
    with at_work(tmp_path / "ledger.sqlite", insurance=1_000_000) as made:
        yield made


@dataclass
class Dodger:
    """Tops up his newest account by nothing whenever its seizure is proved; with what success, and what was beaten."""

    scene: Scene
    accounts: list[Holding]
    refused: list[Rejection] = field(default_factory=list)
    heartbeats: list[int] = field(default_factory=list)

    def begin(self) -> None:
        """From now on."""
        honest, watch = self.scene.notary.prove, self.scene.watch

        def prove(name, public, private):
            if name == "seize" and private.old == self.accounts[-1].account:
                self.dodge()
            return honest(name, public, private)

        watch.means = replace(watch.means, prove=prove)

    def dodge(self) -> None:
        account, scene = self.accounts[-1], self.scene
        self.heartbeats.append(scene.ledger.reader.heartbeat())
        try:
            self.accounts += scene.submit(scene.leg(account, account.account.balances, (), adds=1))
        except Rejected as error:
            self.refused.append(error.rejection)


def test_an_owner_who_tops_up_again_and_again_holds_up_nobody_elses_seizure_and_no_heartbeat(scene):
    """Each of his states is spent, by a top-up of nothing, before its seizure settles."""
    quick = Dodger(scene, [scene.trade(margin=500)[0]])
    others = [scene.trade(margin=500)[0] for _ in range(2)]
    scene.watch.step()
    epoch = scene.publish(perp=1_400).epoch
    quick.begin()
    step = scene.watch.step()
    assert sorted(one.position for one in step.seized[:2]) == sorted(one.position for one in others)
    assert quick.heartbeats == [epoch - 1] + [epoch] * topups.PER_EPOCH


def test_an_owner_in_breach_is_seized_at_the_latest_when_he_has_topped_up_four_times(scene):
    """Without a count he was never seized."""
    quick = Dodger(scene, [scene.trade(margin=500)[0]])
    scene.watch.step()
    scene.publish(perp=1_400)
    quick.begin()
    step = scene.watch.step()
    assert [one.account for one in step.seized] == [quick.accounts[-1].account]
    assert len(quick.accounts) - 1 == topups.PER_EPOCH and quick.refused == [Rejection.TOP_UP_REPEATED]
