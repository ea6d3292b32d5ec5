"""A database from which an operator served before it was replaced follows when it serves from there again."""

import pytest

from prover.network.mirrors import cutting, moving
from prover.operator import promoting
from settlement import databases
from settlement.audit import audit
from settlement.errors import Discrepancy
from settlement.ledger import Ledger
from tests.prover.network.test_finality import VALIDATORS
from tests.prover.network.test_taking_over import Scene, deposit
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


@pytest.mark.parametrize(("further", "holds"), [((), 2), ((9,), 1)])  # the second void one is under the first's root
def test_a_database_that_was_served_before_a_succession_follows_when_its_operator_serves_again(
    scene, where, further, holds, tmp_path
):
    """He settled two bundles that are void, was named again, and has settled others at home since, or none yet."""
    bundles = scene.go_on(scene.old, 7, 8)
    databases.copy(scene.old, where)
    with Ledger.open(scene.new) as own:
        for amount in further:
            guarded.settle(own, deposit(own, amount))
        void = cutting.cut_void(own, where, tmp_path)
        assert (void.size, cutting.cut_void(own, where, tmp_path)) == (3, None)
        moving.move(own, where, any_proof)
        home = own.reader.last_event()
    with Ledger.open(where) as ledger, Ledger.open(void.path, read_only=True) as kept:
        assert ledger.reader.last_event() == home and ledger.witnessed.successions() == {1: scene.note}
        assert kept.reader.last_event().height == 4
        assert promoting.settle_again(ledger, void, NOW_MS, any_proof) == cutting.Resent(holds, 2 - holds)
        assert [ledger.reader.settled(each.bundle_id) is not None for each in bundles] == [True, holds == 2]
    assert audit.audit(where, any_proof).events == 3 + len(further) + holds


def test_nothing_is_cut_from_a_database_that_no_succession_contradicts(scene, tmp_path):
    scene.go_on(scene.old, 7)
    with Ledger.open(scene.new) as own:
        scene.go_on(scene.new, 8)
        behind, other, none = tmp_path / "behind.sqlite", tmp_path / "other.sqlite", tmp_path / "none.sqlite"
        databases.copy(scene.new, behind)
        scene.go_on(scene.new, 9)
        Ledger.create(other, samples.pool(validators=VALIDATORS), NOW_MS + 1).close()
        assert [cutting.cut_void(own, place, tmp_path) for place in (behind, other, none)] == [None] * 3
    with Ledger.open(scene.old) as own:  # no succession is known here
        assert cutting.cut_void(own, scene.new, tmp_path) is None
        with pytest.raises(Discrepancy, match="another history"):
            moving.move(own, scene.new, any_proof)
