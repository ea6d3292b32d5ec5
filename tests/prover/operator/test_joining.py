"""Joining a pool: a verified copy of its ledger and the pool's own keys, or nothing at all."""

from dataclasses import replace

import pytest

from prover.machine.home import Home
from prover.network import opening
from prover.operator import joining
from prover.proofs import keystores
from settlement import checks, poolfile
from settlement.errors import Discrepancy, Unavailable
from settlement.ledger import Ledger
from settlement.pool import NUM_PUBLIC
from tests.prover.cli.run import refused, zksettle
from tests.prover.network import serving
from tests.settlement import guarded, samples
from tests.settlement.samples import NOW_MS, any_proof
from zk.errors import FormatError, InvalidProof


@pytest.fixture(scope="module")
def pool(keystore):
    """A pool under real keys."""
    return replace(samples.pool(), **{name: keystore.statement_key(name) for name in NUM_PUBLIC})


@pytest.fixture
def path(pool, tmp_path):
    (tmp_path / "service").mkdir()
    path = tmp_path / "service" / "ledger.sqlite"
    with Ledger.create(path, pool, NOW_MS) as ledger:
        guarded.settle(ledger, samples.make(ledger, samples.change(USDC=5), [samples.flow(0, 5)]))
    return path


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def join(home, path, keystore, *arguments, verify=any_proof, **folders):
    with serving.clients(path, key_folders={name: keystore.folder(name) for name in NUM_PUBLIC} | folders) as client:
        return joining.join(home, client(), NOW_MS, *arguments, verify_proofs=verify)


def test_who_joins_has_the_ledger_and_its_keys(home, path, pool, keystore):
    assert join(home, path, keystore, poolfile.ledger_id(pool).hex()[:16]) == pool
    assert opening.url(home.pool) == "http://ledger"
    with Ledger.open(home.ledger, read_only=True) as copy, Ledger.open(path, read_only=True) as original:
        assert copy.reader.last_event() == original.reader.last_event()
    keystores.of_pool(home.keys, NOW_MS, pool).check_pool(pool)


@pytest.mark.parametrize("fingerprint, words", [("0" * 16, "has another pool"), ("0" * 15, "16 to 64 hex digits"),
                                                ("z" * 16, "16 to 64 hex digits")])  # fmt: skip
def test_another_pool_is_not_joined(home, path, keystore, fingerprint, words):
    with pytest.raises(FormatError, match=words):
        join(home, path, keystore, fingerprint)
    assert not home.pool.exists() and not home.keys.exists()


def test_a_key_that_is_not_the_pools_is_not_installed(home, path, keystore):
    with pytest.raises((InvalidProof, FormatError)):
        join(home, path, keystore, leg=keystore.folder("margin"))
    assert not home.pool.exists() and not keystore_of(home, "leg").exists()


def keystore_of(home, name):
    return keystores.Keystore(home.keys, NOW_MS).folder(name)


def test_a_ledger_with_a_false_proof_is_not_joined(home, path, keystore):
    with pytest.raises(Discrepancy, match="does not verify"):
        join(home, path, keystore, verify=checks.verify_proofs)
    assert not home.pool.exists()


def test_a_home_with_a_pool_joins_no_other(home, path, keystore):
    home.pool.path.mkdir(parents=True)
    with pytest.raises(FormatError, match="there is a pool in"):
        join(home, path, keystore)


def test_who_only_reads_has_the_copy_while_the_service_is_away(home, path, keystore):
    join(home, path, keystore)
    opening.write(home.pool, "http://127.0.0.1:9")
    with opening.open_ledger(home, lambda: NOW_MS, read_only=True) as copy:
        assert copy.reader.last_event().height == 1 and "cannot be reached" in copy.stale
    with pytest.raises(Unavailable):
        opening.open_ledger(home, lambda: NOW_MS)
    shown = zksettle(home.path, "ledger", "show")
    assert shown.code == 0 and "which ends at height 1" in shown.out + shown.err


def test_a_validator_needs_a_key_of_its_own(home):
    refused(zksettle(home.path, "validator", "run"), 3, "validator key --name NAME")
