"""Cosignatures against published ones, the quorum of a pool's validators, and evidence of forks.

The cosigned checkpoint is one of a Certificate Transparency log that several witnesses cosigned; the two keys are
public (the log's own, and the witness remora.n621.de).
"""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from settlement.log import checkpoint, cosignature, fork, note, tree
from settlement.log.checkpoint import Checkpoint
from settlement.pool.validators import NOBODY, Validator, Validators
from tests.settlement.log.test_notes import LOG, OWN, signed_checkpoint
from tests.settlement.log.test_tree import LEAVES, READ, ROOTS
from zk.errors import FormatError, InvalidProof

CT_NOTE = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev \
zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev \
ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden \
2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 \
pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de \
2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu \
Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""
CT_KEY = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
WITNESS_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
TIME_S = 0x6A122120  # in the cosignatures above

SECRETS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(1, 5)]
MEMBERS = tuple(Validator(f"v{place}", secret.public_key().public_bytes_raw()) for place, secret in enumerate(SECRETS))
VALIDATORS = Validators(MEMBERS, 3)


def cosigned(signed: str, places, time_s: int = 1_700_000_000) -> str:
    for place in places:
        signed = cosignature.cosign(signed, f"v{place}", SECRETS[place], time_s)
    return signed


def test_a_published_cosignature_is_verified():
    witness = note.parse_key(WITNESS_KEY, note.COSIGNATURE)
    assert str(witness) == WITNESS_KEY
    assert cosignature.time(CT_NOTE, witness) == TIME_S
    assert checkpoint.parse(note.verify(CT_NOTE, note.parse_key(CT_KEY))).size == 1432088532
    with pytest.raises(InvalidProof, match="remora.n621.de is not one of this note's text"):
        cosignature.time(CT_NOTE.replace("1432088532", "1432088533"), witness)


def test_the_time_is_signed_too():
    line = next(line for line in CT_NOTE.splitlines() if line.startswith("— remora"))
    name, _, encoded = line.removeprefix("— ").partition(" ")
    data = bytearray(base64.b64decode(encoded))
    data[11] += 1
    later = CT_NOTE.replace(encoded, base64.b64encode(data).decode())
    with pytest.raises(InvalidProof):
        cosignature.time(later, note.parse_key(WITNESS_KEY, note.COSIGNATURE))


def test_a_signature_of_the_note_is_no_cosignature_and_the_other_way_round():
    with pytest.raises(FormatError, match="not one for cosignatures"):
        note.parse_key(CT_KEY, note.COSIGNATURE)
    with pytest.raises(FormatError, match="not one of Ed25519"):
        note.parse_key(WITNESS_KEY)
    signed = note.sign(note.text_of(signed_checkpoint()), "v0", SECRETS[0])
    with pytest.raises(InvalidProof, match="not signed by v0 with this key"):
        cosignature.time(signed, cosignature.key(MEMBERS[0]))


def test_the_newest_time_counts_and_every_cosignature_of_a_key_must_be_good():
    key = cosignature.key(MEMBERS[0])
    twice = cosigned(cosigned(signed_checkpoint(), [0], 20), [0], 10)
    assert cosignature.time(twice, key) == 20
    forged = twice + note.line(key, bytes(72))
    with pytest.raises(InvalidProof):
        cosignature.time(forged, key)
    assert cosignature.times(forged, VALIDATORS) == {}
    for size, words in [(71, "does not have 72 bytes"), (64, "does not have 72 bytes")]:
        with pytest.raises(FormatError, match=words):
            cosignature.time(signed_checkpoint() + note.line(key, bytes(size)), key)
    with pytest.raises(FormatError, match="out of range"):
        cosignature.time(signed_checkpoint() + note.line(key, b"\xff" * 72), key)


@pytest.mark.parametrize("places, is_final", [
    ([], False), ([0], False), ([0, 1], False), ([0, 1, 3], True), ([3, 2, 1, 0], True), ([0, 0, 0], False),
    ([1, 1, 2], False),
])
def test_a_checkpoint_is_final_by_a_quorum_of_different_validators(places, is_final):
    signed = cosigned(signed_checkpoint(), places)
    assert cosignature.is_final(signed, VALIDATORS) is is_final
    assert set(cosignature.times(signed, VALIDATORS)) == {f"v{place}" for place in places}
    assert checkpoint.verify(signed, LOG).size == 8, "cosignatures do not spoil the operator's signature"


def test_without_validators_nothing_is_final():
    assert not cosignature.is_final(cosigned(signed_checkpoint(), range(4)), NOBODY)


def test_who_cosigned_something_else_does_not_count():
    other = cosigned(signed_checkpoint(7), [0, 1, 2]).split("\n\n")[1].split("\n", 1)[1]
    assert not cosignature.is_final(signed_checkpoint(8) + other, VALIDATORS)


@pytest.mark.parametrize("members, quorum, words", [
    (MEMBERS, 2, "from 3 to 4"), (MEMBERS, 5, "from 3 to 4"), ((), 1, "from 0 to 0"), (MEMBERS[:1], 0, "from 1 to 1"),
    ((*MEMBERS, Validator("v0", bytes(32))), 3, "same name"),
    ((*MEMBERS, Validator("v9", MEMBERS[0].public)), 3, "same key"),
    (tuple(Validator(f"v{place}", bytes([place] * 32)) for place in range(33)), 20, "more than 32"),
])
def test_validators_that_do_not_belong_together_are_refused(members, quorum, words):
    with pytest.raises(FormatError, match=words):
        Validators(members, quorum)


@pytest.mark.parametrize("name, public", [("", bytes(32)), ("a b", bytes(32)), ("a+b", bytes(32)), ("a", bytes(31))])
def test_a_malformed_validator_is_refused(name, public):
    with pytest.raises(FormatError):
        Validator(name, public)


def rewritten(size: int) -> tuple[str, bytes, tuple[bytes, ...]]:
    """A checkpoint of another history with as many events, the root that it had at five, and the proof from there."""
    nodes: tree.Nodes = {}

    def read(level: int, index: int) -> bytes:
        return nodes[level, index]

    for place in range(size):
        nodes |= tree.append(read, place, tree.leaf_hash(b"another" if place == 2 else LEAVES[place]))

    signed = checkpoint.sign(Checkpoint(LOG.name, size, tree.root(read, size)), OWN)
    return signed, tree.root(read, 5), tree.consistency_proof(read, 5, size)


@pytest.mark.parametrize("size", [5, 6, 8])
def test_a_fork_is_shown_with_everybody_who_signed_both_histories(size):
    signed, root, proof = rewritten(size)
    evidence = fork.write(cosigned(signed_checkpoint(5), [0, 1]), cosigned(signed, [1, 2]), root, proof)
    found = fork.verify(evidence, LOG, VALIDATORS)
    assert (found.smaller.size, found.larger.size) == (5, size)
    assert found.signers == (LOG.name, "v1")


def test_who_signed_one_history_cannot_be_accused():
    proof = tree.consistency_proof(READ, 5, 8)
    honest = fork.write(signed_checkpoint(5), signed_checkpoint(8), ROOTS[4], proof)
    with pytest.raises(InvalidProof, match="there is no fork"):
        fork.verify(honest, LOG, VALIDATORS)
    lie = fork.write(signed_checkpoint(5), signed_checkpoint(8), bytes(32), proof)
    with pytest.raises(InvalidProof, match="does not lead"):
        fork.verify(lie, LOG, VALIDATORS)


def test_evidence_needs_both_signatures():
    signed, root, proof = rewritten(8)
    stranger = checkpoint.sign(checkpoint.parse(note.text_of(signed)), SECRETS[3])
    with pytest.raises(InvalidProof, match="neither the operator nor a validator"):
        fork.verify(fork.write(signed_checkpoint(5), stranger, root, proof), LOG, VALIDATORS)
    with_validator = fork.write(cosigned(signed_checkpoint(5), [2]), cosigned(stranger, [2]), root, proof)
    assert fork.verify(with_validator, LOG, VALIDATORS).signers == ("v2",)


def test_malformed_evidence_is_refused():
    signed, root, proof = rewritten(8)
    evidence = fork.write(signed_checkpoint(5), signed, root, proof)
    for spoilt, words in [
        (evidence.replace(fork.HEADER, "zksettle-fork@v2"), "the file is not"),
        (evidence.replace("root ", "base "), "the file is not"),
        (evidence + "\n\n", "the file is not"),
        (fork.write(signed, signed_checkpoint(5), root, proof), "nor larger than the second"),
        (fork.write(signed_checkpoint(5, "other"), signed, root, proof), "not one of the log"),
        (fork.write(signed_checkpoint(5), signed, root[1:], proof), "does not have 32 bytes"),
    ]:
        with pytest.raises(FormatError, match=words):
            fork.verify(spoilt, LOG, VALIDATORS)
