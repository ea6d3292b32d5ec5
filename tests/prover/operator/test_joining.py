"""Joining a pool: a verified copy of its ledger and the pool's own keys, or nothing at all."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.machine.home import Home
from prover.network.mirrors import opening
from prover.network.mirrors.light import LightMirror
from prover.operator import joining
from prover.proofs import keystores
from settlement.audit import audit
from settlement.checks import checks
from settlement.errors import Discrepancy, Unavailable
from settlement.ledger import Ledger
from settlement.log import cosignature
from settlement.pool import poolfile
from settlement.pool.pool import NUM_PUBLIC
from settlement.pool.validators import Validator, Validators
from tests.prover.cli.run import refused, zksettle
from tests.prover.network import serving
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
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


@pytest.fixture
def watched(keystore, tmp_path):
    """A ledger of a pool with one validator, and the validator's secret key."""
    secret = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
    validators = Validators((Validator("a", secret.public_key().public_bytes_raw()),), quorum=1)
    (tmp_path / "service").mkdir()
    path = tmp_path / "service" / "ledger.sqlite"
    keys = {name: keystore.statement_key(name) for name in NUM_PUBLIC}
    with Ledger.create(path, replace(samples.pool(validators=validators), **keys), NOW_MS) as ledger:
        guarded.settle(ledger, samples.make(ledger, samples.change(USDC=5), [samples.flow(0, 5)]))
    return path, secret


def join_light(home, watched, keystore):
    path, secret = watched
    with serving.clients(path, key_folders={name: keystore.folder(name) for name in NUM_PUBLIC}) as client:
        signed = client().get("/checkpoint").decode()
        client().post("/cosignatures", cosignature.cosign(signed, "a", secret, NOW_MS // 1000).encode())
        return joining.join(home, client(), NOW_MS, verify_proofs=checks.verify_proofs, is_light=True)


def test_a_light_copy_takes_on_trust_what_a_full_one_checks(home, watched, keystore):
    """The bundle's proofs are false, and the validator cosigned it."""
    join_light(home, watched, keystore)
    assert opening.joined(home.pool) == opening.Joined("http://ledger", is_light=True)
    with opening.open_ledger(home, lambda: NOW_MS, read_only=True) as copy:
        assert copy.reader.last_event().height == 1
    with pytest.raises(Discrepancy, match="a proof of the bundle at height 1 does not verify"):
        joining.complete(home, lambda: NOW_MS)
    assert opening.joined(home.pool).is_light
    assert joining.complete(home, lambda: NOW_MS, verify_proofs=any_proof) == 2
    assert opening.joined(home.pool) == opening.Joined("http://ledger", is_light=False)
    with pytest.raises(FormatError, match="is not a light copy"):
        joining.complete(home, lambda: NOW_MS, verify_proofs=any_proof)


def test_what_another_command_takes_while_a_light_copy_is_checked_does_not_pass_as_checked(
    home, watched, keystore, monkeypatch
):
    join_light(home, watched, keystore)
    audited = audit.audit

    def beside(place, *arguments):
        report = audited(place, *arguments)
        with Ledger.open(home.ledger) as copy:
            guarded.settle(copy, samples.make(copy, samples.change(USDC=6), [samples.flow(0, 6)]))
        return report

    with monkeypatch.context() as patch, pytest.raises(FormatError, match="another command took more"):
        patch.setattr(audit, "audit", beside)
        joining.complete(home, lambda: NOW_MS, verify_proofs=any_proof)
    assert opening.joined(home.pool).is_light
    with serving.clients(watched[0]) as client, Ledger.open(home.ledger) as copy:
        light = LightMirror(copy, home.pool.path, client().get, is_light=lambda: opening.joined(home.pool).is_light)
        light.update()
        assert joining.complete(home, lambda: NOW_MS, verify_proofs=any_proof) == 3
        with pytest.raises(FormatError, match="has become a full one"):
            light.update()


def test_commands_tell_a_light_copy_from_a_full_one(home, watched, keystore):
    refused(zksettle(home.path, "pool", "join"), 2, "say the URL")
    refused(zksettle(home.path, "pool", "join", "http://x", "--full"), 2, "stands alone")
    refused(zksettle(home.path, "pool", "join", "--full"), 3, "there is no home")
    join_light(home, watched, keystore)
    shown = zksettle(home.path, "pool", "show")
    assert shown.code == 0 and "The copy here is a light one" in shown.out
    home.wallets.mkdir()
    assert zksettle(home.path, "validator", "key", "--name", "a").code == 0
    refused(zksettle(home.path, "validator", "run"), 3, "is a light one, which trusts the validators")
    refused(zksettle(home.path, "pool", "join", "--full"), 1, "does not verify")


def test_a_copy_that_an_earlier_version_joined_is_a_full_one(home):
    home.pool.path.mkdir(parents=True)
    home.pool.joined.write_text('{"format": "zksettle-joined", "version": 1, "url": "http://ledger"}')
    assert opening.joined(home.pool) == opening.Joined("http://ledger", is_light=False)
