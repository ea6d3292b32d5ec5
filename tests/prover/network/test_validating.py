"""Validators: they cosign what follows from the history, a quorum of them makes it final, and none cosigns a fork."""

import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.network import mirror, validating
from prover.network.mirror import Forked, Mirror
from prover.network.validating import Validator
from settlement.errors import Discrepancy
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature
from settlement.rejection import Rejected
from settlement.validators import Validator as Named
from settlement.validators import Validators
from tests.prover.network import serving
from tests.settlement import guarded, samples
from tests.settlement.samples import NOW_MS, any_proof
from zk.errors import InvalidProof

SECRETS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(1, 4)]
NAMED = Validators(tuple(Named(f"v{place}", secret.public_key().public_bytes_raw())
                         for place, secret in enumerate(SECRETS)), 2)  # fmt: skip


@pytest.fixture
def path(tmp_path):
    (tmp_path / "service").mkdir()
    return serving.ledger_at(tmp_path / "service", validators=NAMED)


def deposit(path, amount=5):
    with Ledger.open(path) as ledger:
        guarded.settle(ledger, samples.make(ledger, samples.change(USDC=amount), [samples.flow(0, amount)]))


@pytest.fixture
def hired(tmp_path):
    """Makes validators with copies of their own."""
    opened = []

    def hire(client, number, verify=any_proof, clock=lambda: NOW_MS):
        folder = tmp_path / f"validator{number}"
        folder.mkdir()
        ledger = mirror.begin(folder / "ledger.sqlite", mirror.fetch_pool(client.get), client.get)
        opened.append(ledger)
        return Validator(Mirror(ledger, folder, client.get), client, f"v{number}", SECRETS[number], clock, verify)

    yield hire
    for ledger in opened:
        ledger.close()


def test_two_of_three_make_a_checkpoint_final(path, hired):
    deposit(path)
    with serving.clients(path) as client:
        with pytest.raises(Exception, match="no checkpoint is final yet"):
            client().get("/checkpoint/final")
        counts = [hired(client(), number).step() for number in (2, 0)]
        assert [(each.checkpoint.size, each.count, each.quorum) for each in counts] == [(2, 1, 2), (2, 2, 2)]
        final = client().get("/checkpoint/final").decode()
    assert cosignature.is_final(final, NAMED) and set(cosignature.times(final, NAMED)) == {"v0", "v2"}
    assert checkpoint.verify(final, checkpoint.key(samples.pool(validators=NAMED))).size == 2


def test_a_checkpoint_is_cosigned_once_and_again_after_a_while(path, hired):
    now = [NOW_MS]
    with serving.clients(path) as client:
        validator = hired(client(), 0, clock=lambda: now[0])
        assert validator.step() is not None and validator.step() is None
        deposit(path)
        assert validator.step().checkpoint.size == 2 and validator.step() is None
        now[0] += validating.REPEAT_S * 1000
        assert validator.step().checkpoint.size == 2


def test_a_fork_is_never_cosigned_and_the_evidence_stays(path, hired, tmp_path):
    shutil.copytree(path.parent, tmp_path / "other")
    deposit(path)
    deposit(tmp_path / "other" / path.name, 6)
    with serving.clients(path) as client, serving.clients(tmp_path / "other" / path.name) as other:
        honest = client()
        validator = hired(honest, 0)
        validator.step()
        lying = other()
        honest.get, honest.post = lying.get, lying.post
        validator._mirror = Mirror(validator._mirror.ledger, validator._mirror.folder, lying.get)
        with pytest.raises(Forked) as forked:
            validator.step()
        assert forked.value.evidence.exists()
        with pytest.raises(Exception, match="no checkpoint is final yet"):
            lying.get("/checkpoint/final")


def test_a_history_with_a_false_proof_is_not_cosigned(path, hired):
    deposit(path)

    def false(claims):
        raise InvalidProof("false", index=0)

    with serving.clients(path) as client:
        validator = hired(client(), 0, verify=false)
        with pytest.raises(Discrepancy):
            validator.step()


def test_a_stranger_cosigns_nothing_that_counts(path, hired, monkeypatch):
    monkeypatch.setitem(globals(), "SECRETS", [Ed25519PrivateKey.from_private_bytes(bytes(32))])
    with serving.clients(path) as client:
        with pytest.raises(Exception, match="not cosigned by a validator of this pool") as refused:
            hired(client(), 0).step()
    assert not isinstance(refused.value, Rejected)
