"""Owners who are quicker than their seizure, with top-ups that cost nothing."""

import pytest

from tests.prover.guardian.scene import Scene


@pytest.fixture
def scene(tmp_path):
    made = Scene(tmp_path / "ledger.sqlite")
    made.publish()
    made.endow(1_000_000)
    made.watch.step()
    yield made
    made.staff.close()
    made.ledger.close()


def test_an_owner_who_tops_up_again_and_again_holds_up_nobody_elses_seizure_and_no_heartbeat(scene):
    """Each of his states is spent, by a top-up of nothing, before its seizure settles."""
    quick, _ = scene.trade(margin=500)
    others = [scene.trade(margin=500)[0] for _ in range(2)]
    scene.watch.step()
    newest = [quick]
    honest, epoch = scene.notary.prove, scene.publish(perp=1_400).epoch

    def dodging(name, public, private):
        if name == "seize" and private.old == newest[-1].account:
            newest.extend(scene.submit(scene.leg(newest[-1], quick.account.balances, (), adds=1)))
        return honest(name, public, private)

    scene.watch.means = type(scene.means)(dodging, scene.staff.groups, scene.notary.verify)
    step = scene.watch.step()
    assert sorted(one.position for one in step.seized) == sorted(one.position for one in others)
    assert scene.ledger.reader.heartbeat() == epoch and len(newest) > 2
    scene.watch.means = scene.means
    assert [one.account for one in scene.watch.step().seized] == [newest[-1].account], "when he stops, he is next"
