"""The silence of the insurance is told before the pool restricts itself, and while it does."""

import pytest

from prover.trader import silence
from tests.prover.guardian.scene import Scene


def test_it_is_told_from_the_second_epoch_on_and_ends_with_the_next_sign_of_life(tmp_path):
    scene = Scene(tmp_path / "ledger.sqlite", grace_epochs=3)
    told = [silence.sentence(scene.ledger, scene.now_ms)]
    for _ in range(4):
        scene.publish()
        told.append(silence.sentence(scene.ledger, scene.now_ms))
    assert told[:2] == [None, None]
    assert told[2].startswith("For 2 epochs the insurance has not shown that it is solvent: in 2 epochs the pool")
    assert "in 1 epoch the pool" in told[3] and told[4].startswith("RESTRICTED: for 4 epochs")
    assert all("`zksettle guardian watch`" in one for one in told[2:])
    assert silence.document(scene.ledger, scene.now_ms) == {
        "silent_epochs": 4, "grace_epochs": 3, "is_restricted": True,
    }  # fmt: skip
    assert scene.watch.step().has_beaten
    assert silence.sentence(scene.ledger, scene.now_ms) is None
    assert silence.document(scene.ledger, scene.now_ms)["is_restricted"] is False


@pytest.mark.parametrize("grace, is_restricted", [(1, True), (2, False)])
def test_with_little_grace_the_second_epoch_is_restricted_already(tmp_path, grace, is_restricted):
    scene = Scene(tmp_path / "ledger.sqlite", grace_epochs=grace)
    scene.publish()
    assert silence.sentence(scene.ledger, scene.now_ms) is None
    scene.publish()
    assert silence.sentence(scene.ledger, scene.now_ms).startswith("RESTRICTED") is is_restricted
