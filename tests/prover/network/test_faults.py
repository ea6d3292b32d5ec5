"""A disk that fails while a bundle settles: the client is told nothing that is not true (faulty)."""

import errno
from collections import Counter

import pytest

from tests import faults
from tests.prover.network import faulty

pytestmark = pytest.mark.skipif(faults.why_not() is not None, reason=str(faults.why_not()))


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return faulty.Scene(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def calls(scene):
    return scene.calls()


def test_a_settlement_reads_writes_and_syncs_files_that_can_be_made_to_fail(calls):
    kinds = Counter((call.name, call.file.removeprefix("ledger.sqlite")) for call in calls)
    assert {("pread64", ""), ("pwrite64", "-wal"), ("fdatasync", "-wal"), ("pwrite64", "")} <= set(kinds)
    assert {("write", "-checkpoints"), ("fdatasync", "-checkpoints"), ("ftruncate", "-wal")} <= set(kinds)


@pytest.mark.parametrize("error, dies", [(errno.EIO, False), (errno.ENOSPC, True)], ids=["EIO", "ENOSPC and dies"])
def test_whatever_call_fails_the_client_is_told_what_is_true_and_the_bundle_settles_later(scene, calls, error, dies):
    told = Counter(scene.told(faulty.once(number, error), dies=dies) for number in faulty.different(calls))
    assert set(told) == set(faulty.TOLD.values())


@pytest.mark.parametrize("dies", [False, True])
def test_a_disk_that_is_full_from_some_call_on_is_no_lie_either(scene, calls, dies):
    fails = (faulty.from_then_on(number, errno.ENOSPC) for number in faulty.different(calls))
    assert {scene.told(one, dies=dies) for one in fails} >= {"settled", "nothing"}
