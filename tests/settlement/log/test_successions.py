"""Successions: a quorum names the next operator, the old one's key counts no further, and two are told apart."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from settlement.log import checkpoint, cosignature, note, succession
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from settlement.log.succession import Succession, Superseded
from settlement.pool.validators import Validator, Validators
from zk.errors import FormatError, InvalidProof

LOG = "zksettle/0123456789abcdef"
SECRETS = {name: Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number, name in enumerate("abcd", 1)}
VALIDATORS = Validators(
    tuple(Validator(name, secret.public_key().public_bytes_raw()) for name, secret in SECRETS.items()), 3
)
OPERATORS = [Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in (11, 12, 13)]
KEYS = [Key(LOG, secret.public_key().public_bytes_raw()) for secret in OPERATORS]
FIRST = Succession(1, 10, bytes(range(32)), KEYS[1], "https://standby.example:7464")


def signed(made, names):
    notes = [succession.sign(str(made), name, SECRETS[name], 1_700_000_000) for name in names]
    return succession.merge(notes)


def of(size, operator):
    return checkpoint.sign(Checkpoint(LOG, size, bytes(32)), OPERATORS[operator])


@pytest.mark.parametrize("url", [None, "https://standby.example:7464"])
def test_what_a_quorum_signed_is_a_succession_and_what_fewer_signed_is_none(url):
    made = replace(FIRST, url=url)
    assert succession.verify(signed(made, "abd"), LOG, VALIDATORS) == made
    with pytest.raises(InvalidProof, match="signed by 2 of the pool's validators, and takes 3"):
        succession.verify(signed(made, "bd"), LOG, VALIDATORS)
    with pytest.raises(InvalidProof, match="takes some"):
        succession.verify(signed(made, "abd"), LOG, Validators((), 0))


def test_a_cosignature_is_verified_by_cryptography_over_the_text_as_it_stands():
    text = str(FIRST)
    (line,) = signed(FIRST, "a").removeprefix(f"{text}\n").splitlines()
    data = note.decode_base64(line.split(" ")[-1], "the signature")
    time_s = int.from_bytes(data[4:12], "big")
    SECRETS["a"].public_key().verify(data[12:], f"cosignature/v1\ntime {time_s}\n{text}".encode())
    assert text.startswith("zksettle-succession@v1\nzksettle/0123456789abcdef\nnumber 1\nsize 10\nroot AAEC")


@pytest.mark.parametrize(
    "before, after, why",
    [
        ("number 1\n", "number 01\n", "number or size is none"),
        ("number 1\n", "number 0\n", "number or size is none"),
        ("number 1\n", "number 3000000000\n", "out of range"),
        ("size 10\n", "", "size is missing"),
        ("size 10\n", "site 10\n", "size is missing"),
        ("root AAEC", "root AAE*", "not in base64"),
        ("@v1\nzksettle/0", "@v1\nzksettle/1", "is of the log"),
        ("key zksettle/0", "key zksettle/1", "id that is not its own"),
        ("url https", "url ftp", "URL is not one"),
        ("7464\n", "7464\nmore\n", "is not a zksettle-succession"),
        ("@v1", "@v2", "is not a zksettle-succession"),
    ],
)
def test_a_malformed_succession_is_refused(before, after, why):
    text = str(FIRST)
    assert succession.read(text, LOG) == FIRST and before in text
    with pytest.raises(FormatError, match=why):
        succession.read(text.replace(before, after), LOG)


def test_a_checkpoint_is_no_succession_and_a_succession_no_checkpoint():
    with pytest.raises(FormatError):
        succession.parse(cosignature.cosign(of(10, 0), "a", SECRETS["a"], 1), LOG)
    with pytest.raises(FormatError):
        checkpoint.parse(note.text_of(signed(FIRST, "abc")))


def test_each_operator_signs_up_to_its_succession_and_the_newest_signs_everything():
    second = replace(FIRST, number=3, size=20, key=KEYS[2])
    operators = succession.operators(KEYS[0], [signed(second, "abc"), signed(FIRST, "abc")])
    assert (operators.newest, operators.number) == (KEYS[2], 3)
    for size, operator in [(9, 0), (10, 0), (11, 1), (20, 1), (5, 1), (21, 2), (3, 2)]:
        assert operators.verify(of(size, operator)).size == size
    for size, operator in [(11, 0), (21, 1)]:
        with pytest.raises(Superseded, match="replaced after"):
            operators.verify(of(size, operator))
    with pytest.raises(InvalidProof, match="not signed by"):
        operators.verify(checkpoint.sign(Checkpoint(LOG, 5, bytes(32)), SECRETS["a"]))
    alone = succession.operators(KEYS[0], [])
    assert (alone.newest, alone.number, alone.verify(of(99, 0)).size) == (KEYS[0], 0, 99)


def test_successions_that_go_back_or_repeat_a_number_are_no_sequence():
    for other in (replace(FIRST, size=11), replace(FIRST, number=2, size=9)):
        with pytest.raises(FormatError, match="contradict"):
            succession.operators(KEYS[0], [signed(FIRST, "abc"), signed(other, "abc")])


def test_two_successions_of_one_number_name_who_signed_both():
    other = replace(FIRST, key=KEYS[2])
    both = succession.pair(signed(FIRST, "abc"), signed(other, "bcd"))
    assert succession.double(both, LOG, VALIDATORS) == ["b", "c"]
    for harmless in (FIRST, replace(other, number=2)):
        with pytest.raises(InvalidProof, match="not two of one number"):
            succession.double(succession.pair(signed(FIRST, "abc"), signed(harmless, "bcd")), LOG, VALIDATORS)
    with pytest.raises(InvalidProof, match="none of the pool's validators signed both"):
        succession.double(succession.pair(signed(FIRST, "ab"), signed(other, "cd")), LOG, VALIDATORS)
    with pytest.raises(FormatError, match="not two successions"):
        succession.double(signed(FIRST, "abc"), LOG, VALIDATORS)


def test_notes_of_different_successions_are_not_merged():
    with pytest.raises(FormatError, match="different successions"):
        succession.merge([signed(FIRST, "a"), signed(replace(FIRST, number=2), "b")])
