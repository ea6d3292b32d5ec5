"""Validators: they cosign what follows from the history, a quorum of them makes it final, and none cosigns a fork."""

import shutil
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.network.mirrors import duty, mirror, validating
from prover.network.mirrors.duty import Promise, Refusal
from prover.network.mirrors.mirror import Mirror
from prover.network.mirrors.validating import Refusing, Validator
from prover.network.service.finality import PATIENCE_S
from prover.network.wire import evidence
from settlement.ids import LedgerId
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from settlement.log.succession import Succession
from settlement.pool import poolfile
from settlement.pool.validators import Validator as Named
from settlement.pool.validators import Validators
from settlement.rejection import Rejected
from tests.prover.network import serving
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from zk.errors import FormatError, InvalidProof

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
        state = folder / "state.json"
        duty.begin(state)
        mirrored = Mirror(ledger, folder, client.get)
        return Validator(mirrored, client, f"v{number}", SECRETS[number], clock, state, verify)

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
    with serving.clients(path, clock=lambda: now[0]) as client:
        validator = hired(client(), 0, clock=lambda: now[0])
        assert validator.step() is not None and validator.step() is None
        deposit(path)
        assert validator.step() is None  # the others are asked for what it cosigned first, for a while
        now[0] += PATIENCE_S * 1000
        assert validator.step().checkpoint.size == 2 and validator.step() is None
        now[0] += validating.REPEAT_S * 1000
        assert validator.step().checkpoint.size == 2


def test_a_log_that_grows_with_each_request_is_cosigned_at_the_first_step(path, hired):
    with serving.clients(path) as client:
        service = client()
        get, amounts = service.get, iter(range(1, 100))

        def growing(path_):
            deposit(path, next(amounts))
            return get(path_)

        validator = hired(service, 0)
        service.get = growing
        validator._mirror = Mirror(validator._mirror.ledger, validator._mirror.folder, growing)
        first, second = validator.step(), validator.step()
    assert first is not None and first.checkpoint.size > 1 and second is None  # it has cosigned what it is asked for


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
        for _ in range(2):
            with pytest.raises(Refusing, match="fork-"):
                validator.step()
        (found,) = evidence.listed(validator._mirror.folder)
        honest.get, honest.post = client().get, client().post
        validator._mirror = Mirror(validator._mirror.ledger, validator._mirror.folder, honest.get)
        with pytest.raises(Refusing):  # also when the operator shows the first history again
            validator.step()
        evidence.decide(validator._mirror.folder, found.name)
        assert validator.step() is None
        with pytest.raises(Exception, match="no checkpoint is final yet"):
            lying.get("/checkpoint/final")


def test_a_history_with_a_false_proof_is_not_cosigned(path, hired):
    deposit(path)

    def false(claims):
        raise InvalidProof("false", index=0)

    with serving.clients(path) as client:
        validator = hired(client(), 0, verify=false)
        for _ in range(2):
            with pytest.raises(Refusing, match="refused-"):
                validator.step()


def test_a_stranger_cosigns_nothing_that_counts(path, hired, monkeypatch):
    monkeypatch.setitem(globals(), "SECRETS", [Ed25519PrivateKey.from_private_bytes(bytes(32))])
    with serving.clients(path) as client:
        with pytest.raises(Exception, match="not cosigned by a validator of this pool") as refused:
            hired(client(), 0).step()
    assert not isinstance(refused.value, Rejected)


def promises(path, number=0, size=3, root=b"r" * 32):
    """A state that has this promise about the samples' ledger."""
    ledger_id = poolfile.ledger_id(samples.pool(validators=NAMED))
    duty.begin(path, (Promise(ledger_id, number, size, root, bytes(32)),))
    return ledger_id


def roots(**of):
    return lambda size: of.get(f"s{size}", b"r" * 32 if size <= 9 else None)


def test_a_promise_binds_whoever_has_the_key_and_is_written_before_anything_is_signed(tmp_path):
    path = tmp_path / "state.json"
    ledger_id = promises(path)
    log = checkpoint.origin(ledger_id)
    refused = [  # named, number, since, roots, why
        (Checkpoint(log, 2, b"r" * 32), 0, 0, roots(), "are fewer"),
        (Checkpoint(log, 3, b"x" * 32), 0, 0, roots(), "not of the history that was checked"),
        (Checkpoint(log, 5, b"r" * 32), 0, 0, roots(s3=b"x" * 32), "is not the one of which"),
        (Checkpoint(log, 5, b"r" * 32), 1, 4, roots(s3=b"x" * 32), "is not the one of which"),
    ]
    for named, number, since, root_at, why in refused:
        before = path.read_bytes()
        with pytest.raises(Refusal, match=why):
            duty.cosign(path, ledger_id, named, number, since, root_at)
        assert path.read_bytes() == before
    duty.cosign(path, ledger_id, Checkpoint(log, 5, b"r" * 32), 0, 0, roots())
    assert (duty.newest(path, ledger_id).size, duty.newest(path, ledger_id).number) == (5, 0)
    # What it cosigned of an operator who was replaced is void beyond the successor's beginning.
    duty.cosign(path, ledger_id, Checkpoint(log, 3, b"r" * 32), 1, 2, roots(s5=b"x" * 32))
    assert (duty.newest(path, ledger_id).size, duty.newest(path, ledger_id).number) == (3, 1)
    with pytest.raises(Refusal, match="signed succession 1"):
        duty.cosign(path, ledger_id, Checkpoint(log, 9, b"r" * 32), 0, 0, roots())
    assert duty.newest(path, LedgerId(b"o" * 32)).size == 0


def test_a_succession_is_signed_once_for_each_number_and_makes_void_nothing_that_was_cosigned(tmp_path):
    path = tmp_path / "state.json"
    ledger_id = promises(path)
    log = checkpoint.origin(ledger_id)
    made = Succession(1, 4, b"r" * 32, Key(log, b"k" * 32))
    for other, number, root_at, why in [
        (replace(made, size=2), 0, roots(), "would make void"),
        (replace(made, size=10), 0, roots(), "does not have 10 events"),
        (made, 0, roots(s4=b"x" * 32), "of another history"),
        (made, 0, roots(s3=b"x" * 32), "is not the one of which"),
        (made, 1, roots(), "propose 2"),
    ]:
        with pytest.raises(Refusal, match=why):
            duty.succeed(path, ledger_id, other, number, root_at)
    for _ in range(2):  # the same again is no other promise
        duty.succeed(path, ledger_id, made, 0, roots())
    with pytest.raises(Refusal, match="number 1 is taken"):
        duty.succeed(path, ledger_id, replace(made, key=Key(log, b"l" * 32)), 0, roots())
    with pytest.raises(Refusal, match="signed succession 1"):
        duty.cosign(path, ledger_id, Checkpoint(log, 9, b"r" * 32), 0, 0, roots())
    duty.cosign(path, ledger_id, Checkpoint(log, 9, b"r" * 32), 1, 4, roots())


def test_a_state_that_is_missing_or_older_than_what_was_signed_is_noticed(path, hired, tmp_path):
    deposit(path)
    with serving.clients(path) as client:
        validator = hired(client(), 0)
        assert validator.step().checkpoint.size == 2
        state, ledger_id = validator._state, validator._mirror.ledger.ledger_id
        before = duty.newest(state, ledger_id)
        duty.begin(state)  # as a backup has it
        validator.check_own()
        assert duty.newest(state, ledger_id) == before
        state.unlink()
        deposit(path)
        validator._clock = lambda: NOW_MS + validating.REPEAT_S * 1000
        with pytest.raises(FormatError, match="validator recover"):
            validator.step()
        duty.recover(state, before)
        assert validator.step().checkpoint.size == 2


def test_two_processes_of_one_validator_sign_one_history(path, hired, tmp_path):
    shutil.copytree(path.parent, tmp_path / "other")
    deposit(path)
    deposit(tmp_path / "other" / path.name, 6)
    with serving.clients(path) as client, serving.clients(tmp_path / "other" / path.name) as other:
        first = hired(client(), 0)
        second = hired(other(), 1)  # a copy of the home of the first, to which the operator shows something else
        second._name, second._secret, second._state = first._name, first._secret, first._state
        assert first.step().checkpoint.size == 2
        with pytest.raises(Refusal, match="is not the one of which"):
            second.step()
