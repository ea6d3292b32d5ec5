"""A swarm of tiny accounts, which split what would be one account to wear out the guardians, ends in one crash."""

import pytest

from circuits.records import HELD
from settlement.bundles.bundle import MAX_SEIZURES
from tests.prover.guardian.scene import LOAN, PERP, Scene


@pytest.mark.parametrize("threshold, members, count", [(2, 3, 17), (1, 1, 50)])
def test_a_swarm_ends_in_one_crash(tmp_path, threshold, members, count):
    """Fifty tiny accounts take four bundles, in one step of the watch; one guardian does all there is."""
    scene = Scene(tmp_path / "ledger.sqlite", threshold, members)
    scene.publish()
    scene.endow(1_000_000)
    scene.watch.step()
    shorts = scene.swarm(count, margin=5, perps=10)
    scene.publish(perp=1_400)
    before = scene.ledger.reader.last_event().height
    step = scene.watch.step()
    assert {one.account for one in step.seized} == {one.account for one in shorts} and len(step.seized) == count
    assert all(scene.ledger.reader.is_spent(one.nullifier) for one in shorts)
    assert scene.ledger.reader.last_event().height - before == -(-count // MAX_SEIZURES) + step.has_beaten
    insurance = scene.watch.view.insurance(scene.ledger).account
    assert insurance.balances[PERP] == -10 * count and insurance.balances[LOAN] == 0
    assert min(insurance.balances[:HELD]) >= 0 and not scene.watch.step().seized
    scene.staff.close()
    scene.ledger.close()
