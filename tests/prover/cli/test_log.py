"""Checkpoints and proofs by commands: made from the ledger, verified without it, refused when anything is changed."""


import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.machine import clock
from prover.machine.home import Home
from prover.operator import creation, operatorkey
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, fork, note, succession, tree
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from settlement.log.succession import Succession
from settlement.pool.validators import Validator
from tests.attacks.test_founding_destroys import AnyKeys
from tests.prover.cli.run import as_json, refused, zksettle


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a pool whose ledger has three events, and a checkpoint of the first two."""
    made = tmp_path_factory.mktemp("log")
    creation.create(Home(made), AnyKeys(), "a pool", clock.now_ms())
    assert zksettle(made, "oracle", "publish").code == 0
    assert zksettle(made, "ledger", "checkpoint", "-o", made / "older.note").code == 0
    assert zksettle(made, "oracle", "publish").code == 0
    return made


def test_a_checkpoint_names_the_newest_event(home):
    told, shown = as_json(home, "ledger", "checkpoint"), as_json(home, "ledger", "show")
    assert (told["size"], told["root"], told["key"]) == (shown["height"] + 1, shown["digest"], shown["log"])
    assert told["checkpoint"].startswith(f"zksettle/{shown['ledger_id'][:16]}\n3\n")
    ran = zksettle(home, "ledger", "checkpoint")
    assert ran.code == 0 and ran.out == told["checkpoint"]


def test_an_event_is_proved_and_the_proof_verified_without_the_ledger(home, tmp_path):
    proof, key = tmp_path / "event.tlog-proof", as_json(home, "ledger", "checkpoint")["key"]
    assert zksettle(home, "ledger", "prove-inclusion", 1, "-o", proof).code == 0
    told = as_json(tmp_path / "nowhere", "ledger", "verify-proof", proof, "--key", key)
    assert (told["valid"], told["height"], told["kind"], told["size"]) == (True, 1, "grids", 3)
    assert zksettle(home, "ledger", "verify-proof", proof).code == 0
    proof.write_text(proof.read_text().replace("index 1", "index 0"))
    refused(zksettle(home, "ledger", "verify-proof", proof), 1, "does not lead from the leaf to the root")


def test_an_event_is_proved_for_a_checkpoint_that_somebody_kept(home, tmp_path):
    proof, older = tmp_path / "event.tlog-proof", home / "older.note"
    assert zksettle(home, "ledger", "prove-inclusion", 0, "--checkpoint", older, "-o", proof).code == 0
    assert as_json(home, "ledger", "verify-proof", proof)["size"] == 2
    refused(zksettle(home, "ledger", "prove-inclusion", 2, "--checkpoint", older), 3, "came later")


def test_an_older_checkpoint_is_the_beginning_of_today(home, tmp_path):
    proof, older = tmp_path / "growth", home / "older.note"
    assert zksettle(home, "ledger", "prove-consistency", older, "-o", proof).code == 0
    told = as_json(home, "ledger", "verify-proof", proof, "--older", older)
    assert (told["old_size"], told["size"]) == (2, 3)


def test_the_audit_finds_the_history_that_a_checkpoint_names(home):
    told = as_json(home, "ledger", "audit", "--expect", home / "older.note")
    assert list(told["expected"].values()) == [1]


def test_a_checkpoint_of_another_history_is_refused(home, tmp_path):
    other = tmp_path / "other"
    creation.create(Home(other), AnyKeys(), "a pool", clock.now_ms())
    note = tmp_path / "other.note"
    assert zksettle(other, "ledger", "checkpoint", "-o", note).code == 0
    for command in (("audit", "--expect"), ("prove-consistency",), ("prove-inclusion", 0, "--checkpoint")):
        refused(zksettle(home, "ledger", *command, note), 1, "the note is not signed by zksettle/")


def test_a_checkpoint_that_was_changed_is_refused(home, tmp_path):
    changed = tmp_path / "changed.note"
    changed.write_text((home / "older.note").read_text().replace("\n2\n", "\n3\n"))
    refused(zksettle(home, "ledger", "audit", "--expect", changed), 1, "not one of this note's text")


@pytest.mark.parametrize("event, code, words", [
    ("99", 3, "came later"), ("ab" * 32, 3, "no bundle with the id"), ("nonsense", 2, "hexadecimal digits"),
])
def test_an_event_that_is_not_there_is_not_proved(home, event, code, words):
    refused(zksettle(home, "ledger", "prove-inclusion", event), code, words)


def test_without_the_operators_key_nothing_is_signed(home, tmp_path):
    key = home / "pool" / "operator.json"
    kept = key.rename(tmp_path / "operator.json")
    try:
        refused(zksettle(home, "ledger", "checkpoint"), 3, "no file of the operator's key")
    finally:
        kept.rename(key)


def forked(home, tmp_path, is_forked: bool = True):
    """Evidence against the home's operator, who signed the older checkpoint and another history, or not another."""
    older = (home / "older.note").read_text()
    leaves = [bytes([number]) for number in range(3)]
    with Ledger.open(Home(home).ledger, read_only=True) as ledger:
        leaves = leaves if is_forked else [event.leaf for event in ledger.reader.events()]
    nodes: tree.Nodes = {}

    def read(level, index):
        return nodes[level, index]

    for place, leaf in enumerate(leaves):
        nodes |= tree.append(read, place, tree.leaf_hash(leaf))
    secret = operatorkey.read(Home(home).pool.operator)
    name = checkpoint.parse(note.text_of(older)).origin
    newer = checkpoint.sign(Checkpoint(name, 3, tree.root(read, 3)), secret)
    path = tmp_path / "fork.txt"
    path.write_text(fork.write(older, newer, tree.root(read, 2), tree.consistency_proof(read, 2, 3)))
    return path


def test_two_histories_accuse_whoever_signed_both(home, tmp_path):
    evidence, key = forked(home, tmp_path), as_json(home, "ledger", "checkpoint")["key"]
    told = as_json(home, "ledger", "accuse", evidence)
    assert (told["valid"], told["signers"], told["size"], told["other_size"]) == (True, [told["log"]], 2, 3)
    assert as_json(tmp_path / "nowhere", "ledger", "accuse", evidence, "--key", key) == told
    assert "two histories" in zksettle(home, "ledger", "accuse", evidence).out


def test_one_history_accuses_nobody(home, tmp_path):
    refused(zksettle(home, "ledger", "accuse", forked(home, tmp_path, is_forked=False)), 1, "there is no fork")
    refused(zksettle(home, "ledger", "accuse", home / "older.note"), 3, "the file is not zksettle-fork@v1")
    refused(zksettle(home, "ledger", "accuse", home / "older.note", "--validator", "v"), 2, "goes with --key")


def test_two_successors_of_one_operator_accuse_the_validators_who_named_both(tmp_path):
    """Anywhere: with the log's key and those of the validators, and no ledger."""
    log, (first, other) = "zksettle/0123456789abcdef", [Ed25519PrivateKey.generate() for _ in range(2)]
    secrets = {name: Ed25519PrivateKey.generate() for name in "ab"}
    keys = [Key(log, secret.public_key().public_bytes_raw()) for secret in (first, other)]
    texts = [str(Succession(1, 10, bytes(32), key)) for key in keys]
    notes = [succession.sign(texts[0], "a", secrets["a"], 1)]
    notes.append(succession.merge([succession.sign(texts[1], name, secrets[name], 2) for name in "ab"]))
    (tmp_path / "double.txt").write_text(succession.pair(*notes))
    members = [str(cosignature.key(Validator(name, s.public_key().public_bytes_raw()))) for name, s in secrets.items()]
    named = [word for member in members for word in ("--validator", member)]
    accuse = "ledger", "accuse", tmp_path / "double.txt", "--key", str(keys[0])
    assert as_json(tmp_path, *accuse, *named) == {"valid": True, "log": log, "signers": ["a"]}
    refused(zksettle(tmp_path, *accuse, *named[2:]), 1, "none of the pool's validators signed both")
