"""After a rotation: what is sealed to old keys waits for its guardians, and holds up nothing under the new ones."""

from dataclasses import replace

import pytest

from prover.guardian import dealing, guardianfile
from prover.guardian.acting import Means
from prover.guardian.group import TooFew
from prover.guardian.watch import Watch
from tests.prover.guardian.scene import Scene, change, dealt
from tests.prover.guardian.test_life import govern
from tests.prover.guardian.test_watch import Asleep
from tests.settlement.bundles import samples

OLD, NEW = 1, 2


@pytest.fixture
def scene(tmp_path):
    """Two shorts under the old keys; the insurance and another short under the new ones, who are 1 of 2."""
    made = Scene(tmp_path / "ledger.sqlite")
    made.publish()
    made.endow(1_000_000)
    made.watch.step()
    made.olds = [made.trade(margin=500)[0], made.trade(margin=5_000)[0]]
    folder = dealt(1, 2, number=NEW)
    fresh = dealing.record(guardianfile.here(folder)[0])
    govern(made, number=NEW, threshold=1, members=2, encryption_key=fresh.encryption_key,
           signing_key=fresh.signing_key)  # fmt: skip
    made.staff.close()
    made.staff = made.hire(made.folder, folder)
    made.means = Means(made.notary.prove, made.staff.groups, made.notary.verify)
    made.watch = watch(made)
    made.publish()
    made.watch.step()
    made.new, _ = made.trade(margin=500)
    yield made
    made.staff.close()
    made.ledger.close()


def watch(scene):
    return Watch(scene.ledger, scene.means, scene.staff.signing_keys, lambda: scene.now_ms)


def silence(scene, number, members):
    scene.staff.groups[number]._colleagues |= {index: Asleep() for index in members}


def wake(scene, number):
    group = scene.staff.groups[number]
    fresh = scene.hire(scene.folder, dealt(1, 2, number=NEW))
    group._colleagues |= fresh.groups[number]._colleagues


def test_a_home_whose_old_group_has_too_few_members_watches_what_is_under_the_new_key(scene):
    silence(scene, OLD, (1, 2))
    scene.watch = watch(scene)
    scene.publish(perp=1_400)
    step = scene.watch.step()
    assert [one.account for one in step.seized] == [scene.new.account] and step.has_beaten
    assert set(step.waiting) == {OLD} and step.waiting[OLD].count >= 2
    assert "2 of 3 guardians" in step.waiting[OLD].reason and "guardian 2: it sleeps" in step.waiting[OLD].reason
    assert not scene.ledger.reader.is_spent(scene.olds[0].nullifier)
    wake(scene, OLD)
    step = scene.watch.step()
    assert [one.account for one in step.seized] == [scene.olds[0].account] and not step.waiting
    assert scene.olds[1].account in [one.account for one in scene.watch.view.accounts.values()]


def test_an_account_that_ended_while_it_waited_is_not_watched(scene):
    silence(scene, OLD, (1, 2))
    scene.watch = watch(scene)
    scene.watch.step()
    (after,) = scene.submit(scene.leg(scene.olds[0], change(usdc=1_600, perp=-1_000), (samples.flow(0, 100),), adds=1))
    assert after.account.guard == NEW
    wake(scene, OLD)
    assert not scene.watch.step().waiting
    seen = [one.account for one in scene.watch.view.accounts.values()]
    assert after.account in seen and scene.olds[0].account not in seen and scene.olds[1].account in seen


def test_too_few_guardians_of_the_new_key_still_stop_all_and_are_named(scene):
    silence(scene, NEW, (1, 2))
    with pytest.raises(TooFew, match="1 of 2 guardians, and too few answer"):
        watch(scene).step()


def test_an_insurance_that_is_still_under_the_old_key_is_opened_before_it_moves(tmp_path):
    scene = Scene(tmp_path / "ledger.sqlite")
    scene.publish()
    scene.endow(1_000)
    scene.watch.step()
    folder = dealt(1, 2, number=NEW)
    fresh = dealing.record(guardianfile.here(folder)[0])
    govern(scene, number=NEW, threshold=1, members=2, encryption_key=fresh.encryption_key,
           signing_key=fresh.signing_key)  # fmt: skip
    scene.staff = scene.hire(scene.folder, folder)
    scene.means = replace(scene.means, groups=scene.staff.groups)
    scene.publish()
    silence(scene, OLD, (1, 2))
    step = watch(scene).step()
    assert set(step.waiting) == {OLD} and not step.has_beaten and not step.founded and step.is_hidden
    wake(scene, OLD)
    scene.watch = watch(scene)
    step = scene.watch.step()
    assert step.has_beaten and not step.is_hidden
    assert scene.watch.view.insurance(scene.ledger).account.guard == NEW
