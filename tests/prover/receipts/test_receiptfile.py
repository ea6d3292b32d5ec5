"""A receipt's file convinces a stranger who knows the pool's fingerprint, and no lie in it does."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.receipts import receiptfile
from settlement import engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import MAX_EXPIRY_MS
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, note, succession
from settlement.pool import fingerprint, governance, poolfile
from settlement.pool.validators import Validator, Validators
from tests.prover.network import serving
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS
from zk.errors import FormatError, InvalidProof

SECRETS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(1, 6)]
NAMED = [Validator(f"v{place}", secret.public_key().public_bytes_raw()) for place, secret in enumerate(SECRETS)]
FIRST, SECOND = Validators(tuple(NAMED[:3]), 2), Validators(tuple(NAMED[3:]), 2)
FINGERPRINT = fingerprint.of(samples.pool(validators=FIRST))


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(serving.ledger_at(tmp_path, validators=FIRST)) as opened:
        yield opened


def settled(ledger, amount=5, now_ms=NOW_MS):
    made = samples.make(
        ledger, samples.change(USDC=amount), [samples.flow(0, amount)], expiry_ms=now_ms + 1_000
    )  # fmt: skip
    return guarded.settle(ledger, made, now_ms=now_ms).bundle_id


def signed(ledger, *validators, secret=serving.SECRET):
    last = ledger.reader.last_event()
    text = checkpoint.sign(
        checkpoint.Checkpoint(checkpoint.origin(ledger.ledger_id), last.height + 1, last.digest), secret
    )
    for place in validators:
        text = cosignature.cosign(text, f"v{place}", SECRETS[place], NOW_MS // 1000)
    return text


def changed(ledger, validators, now_ms=NOW_MS):
    parameters = replace(ledger.parameters(now_ms), version=2, validators=validators)
    unsigned = governance.Change(parameters, now_ms + ledger.pool.governance.delay_ms, ())
    return governance.sign(ledger.pool, unsigned, samples.GOVERNOR_SECRETS)


def test_a_stranger_verifies_the_place_of_a_bundle_and_who_made_it_final(ledger):
    bundle_id = settled(ledger)
    settled(ledger, 7)
    found = receiptfile.verify(receiptfile.make(ledger, bundle_id, signed(ledger, 0, 2)), FINGERPRINT)
    assert (found.bundle_id, found.event.height, found.positions) == (bundle_id, 1, (0,))
    assert found.checkpoint.size == 3 and found.is_final and set(found.signers.cosigned) == {"v0", "v2"}
    assert not receiptfile.verify(receiptfile.make(ledger, bundle_id, signed(ledger, 0)), FINGERPRINT).is_final


def test_there_is_no_receipt_for_what_had_not_settled_by_the_checkpoint(ledger):
    early = signed(ledger)
    assert receiptfile.make(ledger, settled(ledger), early) is None


def test_a_checkpoint_of_another_history_makes_no_receipt(ledger):
    bundle_id = settled(ledger)
    other = checkpoint.Checkpoint(checkpoint.origin(ledger.ledger_id), 2, bytes(32))
    with pytest.raises(InvalidProof, match="not of the history"):
        receiptfile.make(ledger, bundle_id, checkpoint.sign(other, serving.SECRET))


def test_the_validators_are_those_in_force_at_the_newest_event(ledger):
    change = changed(ledger, SECOND)
    engine.govern(ledger, governance.encode(change), NOW_MS)
    bundle_id = settled(ledger)

    def found(*validators):
        return receiptfile.verify(receiptfile.make(ledger, bundle_id, signed(ledger, *validators)), FINGERPRINT)

    assert found(0, 1).is_final and not found(3, 4).is_final and not found(2, 3).is_final
    settled(ledger, 7, now_ms=change.effective_ms)
    assert found(3, 4).is_final and not found(0, 1).is_final


def succeeded(ledger, *validators):
    """The validators name the fifth secret's key as the operator, from the log's end on."""
    last = ledger.reader.last_event()
    key = note.Key(checkpoint.origin(ledger.ledger_id), NAMED[4].public)
    made = succession.Succession(1, last.height + 1, last.digest, key)
    signed = [succession.sign(str(made), f"v{place}", SECRETS[place], NOW_MS // 1000) for place in validators]
    return succession.merge(signed)


def test_another_operator_signs_when_the_validators_have_named_him(ledger):
    first = settled(ledger)
    text = succeeded(ledger, 0, 1)
    ledger.witnessed.succeed(1, text)
    second = settled(ledger, 7)
    of_new, of_old = signed(ledger, 0, 1, secret=SECRETS[4]), signed(ledger, 0, 1)
    for bundle_id, height in ((first, 1), (second, 2)):
        found = receiptfile.verify(receiptfile.make(ledger, bundle_id, of_new), FINGERPRINT)
        assert found.is_final and found.event.height == height
    with pytest.raises(InvalidProof, match="replaced after 2 events"):
        receiptfile.make(ledger, second, of_old)
    document = json.loads(receiptfile.make(ledger, second, of_new))
    document["successions"][0]["note"] = succeeded(ledger, 0)
    with pytest.raises(InvalidProof):
        lied(document)
    document["successions"] = []
    with pytest.raises(InvalidProof):
        lied(document)


def test_a_succession_that_too_few_signed_is_none(ledger):
    settled(ledger)
    document = json.loads(receiptfile.make(ledger, settled(ledger, 7), signed(ledger, 0, 1)))
    document["successions"] = [{"note": succeeded(ledger, 2), "newest": document["newest"]}]
    with pytest.raises(InvalidProof, match="signed by 1 of the pool's validators"):
        lied(document)


def documents(ledger):
    bundle_id = settled(ledger)
    settled(ledger, 7)
    return json.loads(receiptfile.make(ledger, bundle_id, signed(ledger, 0, 1)))


def lied(document):
    return receiptfile.verify(json.dumps(document).encode(), FINGERPRINT)


@pytest.mark.parametrize("lie, words", [
    (lambda d: d["receipt"].update(height=2), "another height"),
    (lambda d: d["receipt"].update(positions=[1]), "other positions"),
    (lambda d: d["receipt"].update(bundle="00" * 32), "something else"),
    (lambda d: d.update(pool=poolfile.encode(samples.pool()).decode()), "another pool"),
    (lambda d: d["receipt"].update(proof=d["receipt"]["proof"].replace("index 1", "index 2")), "does not lead"),
    (lambda d: d["newest"].update(leaf=d["newest"]["leaf"][:-2] + "00"), "does not lead"),
    (lambda d: d["newest"]["proof"].pop(), "lead|hashes|long|short"),
])  # fmt: skip
def test_a_lie_in_the_file_is_found(ledger, lie, words):
    document = documents(ledger)
    assert lied(document).is_final
    lie(document)
    with pytest.raises(InvalidProof, match=words):
        lied(document)


def test_the_proofs_and_signatures_in_the_file_are_those_that_settled(ledger):
    document = documents(ledger)
    bundle = encoding.decode_bundle(bytes.fromhex(document["data"]))
    leg = bundle.legs[0]
    other = replace(bundle, legs=(replace(leg, signature=bundle.binding), *bundle.legs[1:]))
    assert digests.bundle_id(other) == digests.bundle_id(bundle)
    document["data"] = encoding.encode_bundle(other).hex()
    with pytest.raises(InvalidProof, match="other proofs or signatures"):
        lied(document)


def test_a_checkpoint_that_somebody_else_signed_is_worth_nothing(ledger):
    bundle_id = settled(ledger)
    last = ledger.reader.last_event()
    named = checkpoint.Checkpoint(checkpoint.origin(ledger.ledger_id), last.height + 1, last.digest)
    forged = receiptfile.make(ledger, bundle_id, signed(ledger, 0, 1)).decode()
    mine = json.loads(forged)
    head = mine["receipt"]["proof"].partition("\n\n")[0]
    mine["receipt"]["proof"] = head + "\n\n" + checkpoint.sign(named, SECRETS[0])
    with pytest.raises(InvalidProof):
        lied(mine)


def test_a_change_counts_only_with_the_governors_signatures(ledger):
    document = documents(ledger)
    change = changed(ledger, SECOND)
    few = replace(change, signatures=change.signatures[:1])
    (governor, _), (_, other) = change.signatures[:2]
    false = replace(change, signatures=((governor, other), change.signatures[1]))
    late = replace(changed(ledger, SECOND), effective_ms=MAX_EXPIRY_MS)
    for each, words in ((few, "1 of the 2"), (false, "did not sign"), (late, "did not sign")):
        document["changes"] = [governance.encode(each).hex()]
        with pytest.raises(InvalidProof, match=words):
            lied(document)
    document["changes"] = [governance.encode(change).hex()] * 2
    with pytest.raises(FormatError, match="order of their versions"):
        lied(document)


@pytest.mark.parametrize("damage", [
    lambda d: d.update(version=3), lambda d: d.pop("pool"), lambda d: d.update(data="00"), lambda d: d.update(data="0"),
    lambda d: d.update(pool="\ud800"), lambda d: d["receipt"].update(proof="\ud800"),
    lambda d: d.update(changes=["00"]), lambda d: d["receipt"].update(proof="x"),
    lambda d: d.update(changes=["00"] * 257), lambda d: d["newest"].update(proof=["00"]),
    lambda d: d.update(successions=[{"note": "\ud800", "newest": d["newest"]}]), lambda d: d.pop("successions"),
    lambda d: d.update(successions=[{"note": "x\n\n", "newest": d["newest"]}]),
])  # fmt: skip
def test_a_malformed_file_is_refused_as_such(ledger, damage):
    document = documents(ledger)
    damage(document)
    with pytest.raises(FormatError):
        lied(document)


@pytest.mark.parametrize("text", ["0" * 15, "0" * 65, "x" * 16, "", "٠" * 16])
def test_what_is_no_fingerprint_verifies_nothing(ledger, text):
    with pytest.raises(FormatError, match="16 to 64 hex digits"):
        receiptfile.verify(b"{}", text)
