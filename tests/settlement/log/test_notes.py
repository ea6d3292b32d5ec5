"""Signed notes, checkpoints and proof files against published ones, and everything else refused.

The note of PeterNeumann is the example of Go's package golang.org/x/mod/sumdb/note; the checkpoints were signed by
Go's checksum database, sum.golang.org, whose key is in cmd/go.
"""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from settlement.log import checkpoint, note, proofs, tree
from settlement.log.checkpoint import Checkpoint
from tests.settlement.bundles import samples
from tests.settlement.log.test_tree import LEAVES, READ, ROOTS
from zk.errors import FormatError, InvalidProof

TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
NOTE = f"{TEXT}\n{SIGNED}"
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"

GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_CHECKPOINTS = {
    65209736: "go.sum database tree\n65209736\n5+uGFjx6xBZG8ip1+wi77v+grwbhhukIrxEUS8PXvRo=\n\n— sum.golang.org "
    "Az3grnbssgK7ubgFX36gVETtNv0U23qxyAhAMai2QUfeGa3nB/akvkMdlUErfcZz7l/R3cVtYspg3dxXABkGZZKdsQ8=\n",
    31700353: "go.sum database tree\n31700353\nqINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=\n\n— sum.golang.org "
    "Az3grnmrIUEDFqHzAElIQCPNoRFRAAdFo47fooyWKMHb89k11GJh5zHIfNCOBmwn/C3YI8oW9/C8DJ87F61QqspBYwM=\n",
}

OWN = Ed25519PrivateKey.from_private_bytes(samples.OPERATOR_SECRET)
LOG = checkpoint.key(samples.pool())


def signed_checkpoint(size=8, name=LOG.name, secret=OWN) -> str:
    return checkpoint.sign(Checkpoint(name, size, ROOTS[size - 1]), secret)


def test_a_published_note_is_verified_and_made_again_byte_for_byte():
    assert note.verify(NOTE, note.parse_key(KEY)) == TEXT == note.text_of(NOTE)
    secret = Ed25519PrivateKey.from_private_bytes(base64.b64decode(SECRET)[1:])
    assert note.sign(TEXT, "PeterNeumann", secret) == NOTE
    assert str(note.parse_key(KEY)) == KEY


@pytest.mark.parametrize("size", GO_CHECKPOINTS)
def test_checkpoints_of_gos_checksum_database_are_verified(size):
    found = checkpoint.parse(note.verify(GO_CHECKPOINTS[size], note.parse_key(GO_KEY)))
    assert (found.origin, found.size) == ("go.sum database tree", size)
    with pytest.raises(InvalidProof, match="is not one of this note's text"):
        note.verify(GO_CHECKPOINTS[size].replace(str(size), str(size + 1)), note.parse_key(GO_KEY))


@pytest.mark.parametrize("spoil, error, words", [
    (lambda text: text.replace("cryptography", "cryptographY"), InvalidProof, "not one of this note's text"),
    (lambda text: text.replace("x08go", "x18go"), InvalidProof, "not signed by PeterNeumann"),
    (lambda text: text.replace("PeterNeumann", "Peter"), InvalidProof, "not signed by PeterNeumann"),
    (lambda text: text[:-1], FormatError, "an empty line and signatures"),
    (lambda text: text.replace("\n\n", "\n"), FormatError, "an empty line and signatures"),
    (lambda text: text.replace("— ", "- "), FormatError, "not a dash"),
    (lambda text: text + SIGNED.replace("AM=", "AN="), FormatError, "not in base64"),
    (lambda text: text + "— Peter x08g\n", FormatError, "too short"),
    (lambda text: text + SIGNED * 100, FormatError, "more than 100 signatures"),
    (lambda text: "x" * note.MAX_NOTE_BYTES + text, FormatError, "more than 65536 bytes"),
    (lambda text: "\x1b[2J" + text, FormatError, "control character"),
])
def test_any_other_note_is_refused(spoil, error, words):
    with pytest.raises(error, match=words):
        note.verify(spoil(NOTE), note.parse_key(KEY))


def test_signatures_of_unknown_keys_are_ignored_but_every_one_of_a_known_key_counts():
    with_witness = NOTE + "— witness.example " + base64.b64encode(bytes(76)).decode() + "\n"
    assert note.verify(with_witness, note.parse_key(KEY)) == TEXT
    forged = base64.b64encode(note.parse_key(KEY).id + bytes(64)).decode()
    with pytest.raises(InvalidProof):
        note.verify(NOTE + f"— PeterNeumann {forged}\n", note.parse_key(KEY))


@pytest.mark.parametrize("text", [
    KEY.replace("c74f20a3", "c74f20a4"), KEY.replace("+AR", "+AB"), KEY.replace("Peter", "P "), "x+y", "",
    "+c74f20a3+AR",
])  # fmt: skip
def test_a_malformed_key_is_refused(text):
    with pytest.raises(FormatError):
        note.parse_key(text)


def test_a_checkpoint_comes_back_from_its_note():
    assert checkpoint.verify(signed_checkpoint(), LOG) == Checkpoint(LOG.name, 8, ROOTS[7])
    assert LOG.name.startswith("zksettle/") and len(LOG.name) == len("zksettle/") + 16


def test_a_checkpoint_of_another_log_is_refused():
    other = note.Key("zksettle/0000000000000000", LOG.public)
    with pytest.raises(InvalidProof, match="not signed by zksettle/0000"):
        checkpoint.verify(signed_checkpoint(), other)
    text = note.sign("other\n8\n" + base64.b64encode(ROOTS[7]).decode() + "\n", LOG.name, OWN)
    with pytest.raises(FormatError, match="of the log 'other'"):
        checkpoint.verify(text, LOG)


@pytest.mark.parametrize("text, words", [
    ("zksettle/1\n8\n", "an origin, a size and a root"),
    ("\n8\nAAAA\n", "an origin, a size and a root"),
    ("zksettle/1\n08\nAAAA\n", "not a number"),
    (f"zksettle/1\n{2**63}\nAAAA\n", "not a number"),
    ("zksettle/1\n8\nAAAA\n", "32 bytes"),
    ("zksettle/1\n8\nAAA\n", "base64"),
])
def test_a_malformed_checkpoint_is_refused(text, words):
    with pytest.raises(FormatError, match=words):
        checkpoint.parse(text)


def test_lines_after_the_root_are_extensions():
    root = base64.b64encode(ROOTS[0]).decode()
    assert checkpoint.parse(f"zksettle/1\n1\n{root}\nmore\n") == Checkpoint("zksettle/1", 1, ROOTS[0])


def inclusion(index=5, leaf=LEAVES[5], size=8) -> str:
    return proofs.write_inclusion(leaf, index, tree.inclusion_proof(READ, index, size), signed_checkpoint(size))


def test_a_file_shows_that_an_event_is_in_the_log():
    found = proofs.verify_inclusion(inclusion(), LOG)
    assert (found.leaf, found.index, found.checkpoint.size) == (LEAVES[5], 5, 8)
    lines = inclusion().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra QEFCQw==", "index 5"]


@pytest.mark.parametrize("spoil, error, words", [
    (lambda text: text.replace("index 5", "index 4"), InvalidProof, "from the leaf to the root"),
    (lambda text: text.replace("QEFCQw==", "QEFCRA=="), InvalidProof, "from the leaf to the root"),
    (lambda text: text.replace("index 5", "index 8"), InvalidProof, "no leaf 8"),
    (lambda text: text.replace("index 5", "index 05"), FormatError, "no number"),
    (lambda text: text.replace("@v1", "@v2"), FormatError, "does not begin with"),
    (lambda text: text.replace("extra ", "extra"), FormatError, "does not begin with"),
    (lambda text: text.replace("index 5\n", "index 5\nAAAA\n"), FormatError, "32 bytes"),
    (lambda text: text.replace("\n\n", "\n"), FormatError, "no checkpoint"),
    (lambda text: text.replace("\n8\n", "\n9\n"), InvalidProof, "not one of this note's text"),
    (lambda text: text + "x" * proofs.MAX_FILE_BYTES, FormatError, "more than"),
    (lambda text: text.replace("index 5\n", "index 5\n" + "A" * 43 + "=\n" * 1 + ("A" * 43 + "=\n") * 64), FormatError,
     "more than 64 hashes"),
])
def test_any_other_file_is_refused(spoil, error, words):
    with pytest.raises(error, match=words):
        proofs.verify_inclusion(spoil(inclusion()), LOG)


def test_a_file_shows_that_one_history_is_the_beginning_of_another():
    older = checkpoint.verify(signed_checkpoint(6), LOG)
    text = proofs.write_consistency(6, tree.consistency_proof(READ, 6, 8), signed_checkpoint())
    assert proofs.verify_consistency(text, older, LOG).size == 8 and text.startswith("old 6\n")
    for lie, error in (
        (replace(older, root=ROOTS[4]), InvalidProof), (replace(older, size=5), FormatError),
    ):  # fmt: skip
        with pytest.raises(error):
            proofs.verify_consistency(text, lie, LOG)
    with pytest.raises(FormatError, match="does not begin with the size"):
        proofs.verify_consistency(text.replace("old ", "age "), older, LOG)
