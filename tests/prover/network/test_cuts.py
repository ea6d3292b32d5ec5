"""A session with PostgreSQL is cut while a bundle settles: the client is told nothing that is not true (cutting)."""

import pytest

from tests import clusters
from tests.prover.network import cutting
from tests.wire import Cut


@pytest.fixture(scope="module")
def scene():
    with clusters.running() as cluster, cutting.scene(cluster) as made:
        yield made


def test_a_commit_whose_answer_is_lost_is_an_unknown_outcome_and_so_is_one_that_did_not_arrive(scene):
    lost = cutting.at_commit(Cut.BEFORE, is_answer=True)
    assert scene.told(lost) == ("unknown", True)
    assert scene.told(cutting.at_commit(Cut.BEFORE, is_answer=False)) == ("unknown", False)
    assert scene.told(lost) == ("unknown", True)


@pytest.mark.parametrize("way", [Cut.BEFORE, Cut.AFTER])
def test_wherever_a_session_is_cut_the_client_is_told_what_is_true_and_the_bundle_settles_later(scene, way):
    told = [scene.told(cutting.at(number, way)) for number in range(0, len(scene.messages()), 13)]
    assert ("nothing", False) in told and ("settled", True) in told
