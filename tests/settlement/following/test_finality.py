"""What is final: kept through restarts, by the validators of its time, the same for everybody who opens the ledger."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from settlement.following import finality
from settlement.following.finality import OtherHistory
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, note
from settlement.pool.validators import Validator, Validators
from settlement.storage import witnessed
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS
from zk.errors import FormatError, InvalidProof

SECRETS = {name: Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number, name in enumerate("abc", 1)}
VALIDATORS = Validators(
    tuple(Validator(name, secret.public_key().public_bytes_raw()) for name, secret in SECRETS.items()), quorum=2
)
OPERATOR = Ed25519PrivateKey.from_private_bytes(samples.OPERATOR_SECRET)


@pytest.fixture
def ledger(where):
    with Ledger.create(where, samples.pool(validators=VALIDATORS), NOW_MS) as made:
        yield made


def deposit(ledger, amount=5):
    guarded.settle(ledger, samples.make(ledger, samples.change(USDC=amount), [samples.flow(0, amount)]))


def cosigned(ledger, size, names, operator=OPERATOR, time_s=NOW_MS // 1000):
    text = checkpoint.sign(finality.named(ledger, size), operator)
    for name in names:
        text = cosignature.cosign(text, name, SECRETS[name], time_s)
    return text


def take(ledger, text, now_ms=NOW_MS):
    found = finality.read(ledger, text, now_ms)
    finality.keep(ledger, found)
    return found


def test_the_quorums_signatures_are_kept_through_a_restart_and_whoever_opens_the_ledger_sees_them(ledger, where):
    deposit(ledger)
    assert finality.newest(ledger) is None and finality.size(ledger) == 0
    assert [take(ledger, cosigned(ledger, 2, name)).count for name in "aab"] == [1, 1, 2]
    with Ledger.open(where, read_only=True) as other:
        found = finality.newest(other)
        assert (found.checkpoint.size, found.names, finality.size(other)) == (2, ("a", "b"), 2)
        assert checkpoint.verify(found.signed, checkpoint.key(other.pool)) == found.checkpoint
        assert cosignature.is_final(found.signed, VALIDATORS)


def test_a_smaller_checkpoint_takes_nothing_from_a_larger_one_that_is_final(ledger):
    deposit(ledger)
    deposit(ledger, 6)
    take(ledger, cosigned(ledger, 2, "c"))
    take(ledger, cosigned(ledger, 3, "ab"))
    assert {line.height for line in ledger.witnessed.lines()} == {2}  # those of the smaller one are not needed any more
    take(ledger, cosigned(ledger, 2, "ab"))
    assert finality.size(ledger) == 3
    take(ledger, cosigned(ledger, 3, "c"))
    assert finality.newest(ledger).names == ("a", "b", "c")


def test_only_true_signatures_of_the_pools_validators_and_operators_count(ledger):
    deposit(ledger)
    stranger = Ed25519PrivateKey.from_private_bytes(bytes([9] * 32))
    forged = cosignature.cosign(cosigned(ledger, 2, "a"), "b", stranger, 1)
    assert take(ledger, forged).count == 1
    for text in (cosigned(ledger, 2, ""), cosignature.cosign(cosigned(ledger, 2, ""), "b", stranger, 1)):
        with pytest.raises(InvalidProof, match="not cosigned by a validator"):
            finality.read(ledger, text, NOW_MS)
    take(ledger, cosigned(ledger, 2, "b", operator=stranger))
    found = finality.newest(ledger)
    assert stranger.public_key().public_bytes_raw() not in {line.key for line in ledger.witnessed.lines()}
    assert checkpoint.verify(found.signed, checkpoint.key(ledger.pool)).size == 2  # from the forged note's true line


def test_another_history_or_another_text_is_refused(ledger):
    deposit(ledger)
    named = finality.named(ledger, 2)
    for other in (replace(named, root=bytes(32)), replace(named, size=9)):
        with pytest.raises(OtherHistory):
            text = checkpoint.sign(other, OPERATOR)
            finality.read(ledger, cosignature.cosign(text, "a", SECRETS["a"], 1), NOW_MS)
    extended = note.sign(f"{named}more\n", named.origin, OPERATOR)
    foreign = checkpoint.sign(replace(named, origin="another/log"), OPERATOR)
    for text in (extended, foreign):
        with pytest.raises(FormatError):
            finality.read(ledger, cosignature.cosign(text, "a", SECRETS["a"], 1), NOW_MS)
    assert ledger.witnessed.lines() == []


def test_validators_are_asked_for_the_checkpoint_that_was_cosigned_first(ledger):
    for amount in (5, 6, 7):
        deposit(ledger, amount)
    now_s = NOW_MS // 1000
    assert finality.pending(ledger, now_s, 2) is None
    take(ledger, cosigned(ledger, 3, "a", time_s=now_s))
    take(ledger, cosigned(ledger, 2, "b", time_s=now_s + 1))
    take(ledger, cosigned(ledger, 4, "c", time_s=now_s + 1))
    assert finality.pending(ledger, now_s + 1, 2) == 3
    # Nobody waits for a checkpoint for ever, nor for one that all but one have left behind.
    assert finality.pending(ledger, now_s + 2, 2) == 4
    assert finality.pending(ledger, now_s - 3, 2) is None  # nor for one that somebody's clock has put into the future
    take(ledger, cosigned(ledger, 3, "b", time_s=now_s + 2))
    assert finality.size(ledger) == 3
    assert finality.pending(ledger, now_s + 2, 2) == 4


def test_validators_who_signed_apart_meet_at_once_where_a_quorum_still_can(ledger):
    for amount in (5, 6, 7):
        deposit(ledger, amount)
    for size, name in ((2, "a"), (3, "b"), (4, "c")):
        take(ledger, cosigned(ledger, size, name, time_s=NOW_MS // 1000))
    assert finality.pending(ledger, NOW_MS // 1000, 2) == 3


def test_no_validator_fills_the_database(ledger, monkeypatch):
    monkeypatch.setattr(witnessed, "KEPT_SIZES", 2)
    for amount in (5, 6, 7, 8):
        deposit(ledger, amount)
        take(ledger, cosigned(ledger, finality.named(ledger, amount - 3).size, "a"))
    assert {line.height for line in ledger.witnessed.lines()} == {3, 4}


def test_the_operators_signature_is_kept_for_those_who_cannot_sign(ledger):
    deposit(ledger)
    assert finality.operator_signed(ledger) is None
    finality.keep_operators(ledger, cosigned(ledger, 2, "a"))
    named, signed = finality.operator_signed(ledger)
    assert named.size == 2 and signed == cosigned(ledger, 2, "a")
    stranger = Ed25519PrivateKey.from_private_bytes(bytes([9] * 32))
    with pytest.raises(InvalidProof, match="not signed by"):
        finality.keep_operators(ledger, cosigned(ledger, 2, "a", operator=stranger))
    other = checkpoint.sign(replace(named, root=bytes(32)), OPERATOR)
    with pytest.raises(OtherHistory):
        finality.keep_operators(ledger, other)


def test_a_damaged_row_is_told(ledger, where, tmp_path):
    ledger.witnessed.succeed(1, "a note")
    ledger.witnessed.succeed(1, "another of the same number")
    assert ledger.witnessed.successions() == {1: "a note"}
    ledger.witnessed._connection.execute("UPDATE successions SET note = ?", (b"\xff",))
    with pytest.raises(FormatError, match="successions"):
        ledger.witnessed.successions()
