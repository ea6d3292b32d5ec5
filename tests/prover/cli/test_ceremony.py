"""A ceremony by commands only, from its start to a pool that needs no --insecure-dev."""

import io
import json
import os
import shutil
from types import SimpleNamespace

import pytest

from circuits import registry
from prover.cli.frame import watching
from prover.cli.pool import transcripts
from prover.machine import longstep
from prover.operator import installing
from prover.proofs import keyfolder, keystores
from settlement.ledger import Ledger
from tests import node
from tests.prover.cli.run import refused, zksettle
from tests.settlement.ceremony import toys
from zk.ceremony import phase1, preparation
from zk.errors import InvalidProof
from zk.formats import ptau

BEACON = ("0x" + "a1" * 32, "10")


def as_json(home, *arguments, code: int = 0):
    ran = zksettle(home, *arguments, "--json")
    assert ran.code == code, ran
    return json.loads(ran.out)


@pytest.fixture(scope="module", autouse=True)
def toy_statements():
    """Toy statements, and no lines about slow or large steps, which depend on the machine."""
    with toys.statements(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "NOTICEABLE_S", 3600.0)
        patch.setattr(longstep, "ANNOUNCED_BYTES", 1 << 40)
        yield


@pytest.fixture(scope="module")
def begun(toy_statements, tmp_path_factory):
    """The folder of a ceremony without contributions."""
    place = tmp_path_factory.mktemp("ceremonies")
    (place / "powers.ptau").write_bytes(toys.prepared())
    ran = zksettle(place, "ceremony", "start", place / "begun", "--powers", place / "powers.ptau")
    assert ran.code == 0 and "there is no contribution yet" in ran.out, ran
    return place / "begun"


@pytest.fixture(scope="module")
def ended(begun, tmp_path_factory):
    """The folder of a ceremony with contributions by Alice and Bob, each with their own home, and a beacon."""
    folder = shutil.copytree(begun, begun.parent / "ended")
    for name in ("Alice", "Bob"):
        home = tmp_path_factory.mktemp(name)
        added = as_json(home, "ceremony", "contribute", folder, "--name", name, "-e", "dice \udcff")
        assert added["file"].endswith(f"-{name.lower()}.contribution")
    ran = zksettle(tmp_path_factory.mktemp("Carol"), "ceremony", "beacon", folder, *BEACON)
    assert ran.code == 0, ran
    return folder


def test_every_contributor_is_listed_with_key_and_attestation(ended, tmp_path):
    shown = zksettle(tmp_path, "ceremony", "status", ended)
    lines = [line.split() for line in shown.out.splitlines()]
    assert "2^4, by Dora, Emil" in shown.out
    assert shown.code == 0 and ["number", "name", "time", "key", "attestation"] in lines
    assert [line[:2] for line in lines if line[:1] and line[0] in "123"] == [
        ["1", "Alice"], ["2", "Bob"], ["3", "beacon"],
    ]  # fmt: skip
    document = as_json(tmp_path, "ceremony", "status", ended)
    assert document["missing"] == document["problems"] == []
    assert len({link["public_key"] for link in document["contributions"]}) == 3
    assert document["contributions"][-1]["beacon"] == {"value": BEACON[0][2:], "iterations_exp": 10}
    assert document["contributions"][-1]["attestation"] == document["transcript"]
    first, second = document["transcript"][:32], document["transcript"][32:]
    assert all(f"{half[:8]} {half[8:16]} {half[16:24]} {half[24:]}" in shown.out for half in (first, second))


def test_a_ceremony_is_verified_from_its_folder_alone(ended, tmp_path):
    ran = zksettle(tmp_path, "ceremony", "verify", ended)
    assert ran.code == 0 and "2 contributions under 2 keys, and a beacon at the end" in ran.out
    document = as_json(tmp_path, "ceremony", "verify", ended)
    assert document["sound"] is document["by_many"] is True and set(document["keys"]) == set(registry.names())
    assert not list(tmp_path.iterdir())


def test_status_says_what_is_missing(begun, ended, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "ceremony")
    shutil.copy(ended / "0001-alice.contribution", folder)
    missing = as_json(tmp_path, "ceremony", "status", folder)["missing"]
    assert "a single key signed every contribution" in missing[0] and "no beacon" in missing[1]


def test_powers_with_a_single_contributor_come_with_a_warning(tmp_path):
    begun, made, prepared = io.BytesIO(), io.BytesIO(), io.BytesIO()
    phase1.new(toys.POWER, begun)
    phase1.contribute(ptau.decode(begun.getvalue()), made, "\x1b[2J")
    preparation.prepare(ptau.decode(made.getvalue()), prepared)
    (tmp_path / "powers.ptau").write_bytes(prepared.getvalue())
    folder = tmp_path / "ceremony"
    begun = as_json(tmp_path, "ceremony", "start", folder, "--powers", tmp_path / "powers.ptau")
    assert "the powers of tau have a single contributor" in begun["missing"][0]
    assert begun["start"]["powers"]["contributors"] == [{"name": None, "is_beacon": False}]
    for home in ("Alice", "Bob"):
        assert zksettle(tmp_path / home, "ceremony", "contribute", folder, "--name", home).code == 0
    refused(zksettle(tmp_path, "ceremony", "install", folder), 1, "the powers of tau have a single contributor")


def test_keys_with_contributions_under_a_single_key_cannot_be_installed(begun, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "ceremony")
    for name in ("Mallory", "Somebody Else"):
        assert zksettle(tmp_path, "ceremony", "contribute", folder, "--name", name).code == 0
    document = as_json(tmp_path, "ceremony", "verify", folder)
    assert document["by_many"] is False and "a single key signed every contribution" in document["missing"][0]
    assert "A single party may have made all of it" in zksettle(tmp_path, "ceremony", "verify", folder).out
    ran = zksettle(tmp_path, "ceremony", "install", folder)
    refused(ran, 1, "a single key signed every contribution", "pass the folder")
    refused(zksettle(tmp_path, "pool", "new"), 2, "no ceremony's keys are installed here")


@pytest.mark.parametrize("alone, words", [("leg", "a single key signed"), ("powers", "the powers of tau have")])
def test_install_checks_the_number_of_parties_itself(alone, words):
    powers = SimpleNamespace(contributions=1 if alone == "powers" else 2)
    signers = {"one"} if alone == "leg" else {"one", "two"}
    found = SimpleNamespace(contributions=2, signers=signers, is_by_many=False, start=SimpleNamespace(powers=powers))
    with pytest.raises(InvalidProof, match=words):
        installing.install(SimpleNamespace(transcript=found), None, 0, None)


@pytest.mark.parametrize("arguments", [
    ("contribute", "{}", "--name", "Dora", "-e", "x" * 70_000), ("contribute", "{}", "--name", "\udcff"),
    ("beacon", "{}", "a1", "27"), ("beacon", "{}", "0xa", "10"), ("beacon", "{}", "a1", "10", "--key", "nosuch.pem"),
    ("contribute", "{}", "--name", "Dora", "--key", "nosuch.pem"),
])  # fmt: skip
def test_arguments_are_checked_before_anything_is_verified(begun, tmp_path, monkeypatch, arguments):
    monkeypatch.setattr(transcripts, "verified", lambda *_: pytest.fail("it was verified first"))
    ran = zksettle(tmp_path, "ceremony", *(argument.replace("{}", str(begun)) for argument in arguments))
    assert ran.code in (2, 3) and "internal error" not in ran.err


def test_a_broken_chain_is_reported_with_exit_code_1(ended, tmp_path):
    folder = shutil.copytree(ended, tmp_path / "ceremony")
    (folder / "0002-bob.contribution").unlink()
    shown = zksettle(tmp_path, "ceremony", "status", folder)
    assert shown.code == 1 and "0003-beacon.contribution follows a file that is missing" in shown.out
    for command in ("verify", "install"):
        refused(zksettle(tmp_path, "ceremony", command, folder), 1, "follows a file that is missing")


def test_a_beacon_comes_last_and_never_first(begun, ended, tmp_path):
    for command in (("contribute", ended, "--name", "Late"), ("beacon", ended, *BEACON)):
        refused(zksettle(tmp_path, "ceremony", *command), 1, "has ended with a beacon, 0003-beacon.contribution")
    refused(zksettle(tmp_path, "ceremony", "beacon", begun, *BEACON), 1, "there is no contribution yet")
    assert len(list(ended.iterdir())) == 5


@pytest.mark.parametrize("arguments, code, words", [
    (("contribute", "{}", "--name", ""), 3, "printable characters"),
    (("contribute", "{}", "--name", "a\nb"), 3, "printable characters"),
    (("contribute", "{}", "--name", "Dora", "--key", "nosuch.pem"), 3, "nosuch.pem cannot be read"),
    (("contribute", "{}", "--name", "Dora", "-e", "x" * 70_000), 3, "the entropy text has 70000 bytes"),
    (("beacon", "{}", "xyz", "10"), 3, "the beacon: value is not 1 to 255 bytes in hex digits"),
    (("beacon", "{}", "", "10"), 3, "the beacon: value is not 1 to 255 bytes in hex digits"),
    (("beacon", "{}", "a1", "9"), 2, "not in the range"),
    (("beacon", "{}", "a1", "27"), 2, "not in the range"),
    (("export", "{}", "leg", "{}/powers.ptau"), 2, "the ceremony's own file are one file"),
    (("export", "{}", "leg", "{}/../ceremony/0000-start.json"), 2, "the ceremony's own file are one file"),
    (("install", "{}"), 1, "there is no contribution yet"),
    (("start", "{}", "--powers", "{}/powers.ptau"), 1, "begins in a new folder"),
    (("start", "{}/new", "--powers", "nosuch.ptau"), 3, "nosuch.ptau cannot be read"),
    (("start", "{}/new", "--powers", "{}/pipe"), 3, "pipe is not a file"),
    (("start", "{}/new", "--powers", "{}/0000-start.json"), 3, "0000-start.json is not a .ptau file"),
    (("verify", "nosuch"), 3, "nosuch is not the folder of a ceremony"),
    (("status", "nosuch"), 3, "nosuch is not the folder of a ceremony"),
])  # fmt: skip
def test_a_refused_command_names_the_reason_and_changes_nothing(begun, tmp_path, arguments, code, words):
    folder = shutil.copytree(begun, tmp_path / "ceremony")
    os.mkfifo(folder / "pipe")
    given = [argument.replace("{}", str(folder)) for argument in arguments]
    refused(zksettle(tmp_path / "home", "ceremony", *given), code, words)
    assert {path.name for path in folder.iterdir()} == {"powers.ptau", "0000-start.json", "pipe"}


def test_a_ceremony_may_have_one_statement_and_says_what_a_pool_lacks(begun, tmp_path):
    folder = tmp_path / "ceremony"
    ran = zksettle(tmp_path, "ceremony", "start", folder, "--powers", begun / "powers.ptau", "--statement", "leg")
    assert ran.code == 0 and "margin, which a pool also needs, is not part of this ceremony" in ran.out
    ran = zksettle(tmp_path, "ceremony", "export", folder, "margin", tmp_path / "x.zkey")
    refused(ran, 2, "the ceremony has no key of margin")
    for home in ("Alice", "Bob"):
        assert zksettle(tmp_path / home, "ceremony", "contribute", folder, "--name", home).code == 0
    assert as_json(tmp_path, "ceremony", "install", folder)["installed"] == ["leg"]
    refused(zksettle(tmp_path, "pool", "new"), 2, "no ceremony's keys are installed here")


@pytest.fixture(scope="module")
def home(ended, tmp_path_factory):
    """A home with the ceremony's keys and a pool that uses them."""
    made = tmp_path_factory.mktemp("home")
    assert as_json(made, "ceremony", "install", ended)["installed"] == list(registry.names())
    assert as_json(made, "ceremony", "install", ended)["installed"] == []
    assert zksettle(made, "pool", "new").code == 0
    return made


def test_a_pool_with_a_ceremonys_keys_needs_no_flag_and_names_the_transcript(home, ended):
    digest = as_json(home, "ceremony", "status", ended)["transcript"]
    for shown in ("pool show", "ledger show", "ledger audit"):
        document = as_json(home, *shown.split())
        assert (document["insecure_dev"], document["transcript"]) == (False, digest)
        out = zksettle(home, *shown.split()).out
        assert document["transcript_verified"] is True and "nobody verified" not in out
        assert digest[:16] in out and "development" not in out
    findings = {finding["what"]: finding for finding in as_json(home, "doctor")["findings"]}
    assert findings["pool"]["state"] == findings["proving keys"]["state"] == "good"
    assert keystores.installed(home / "keys") == [digest]


def test_the_flag_makes_a_development_pool_even_where_a_ceremonys_keys_are(ended, tmp_path):
    assert zksettle(tmp_path, "ceremony", "install", ended).code == 0
    document = as_json(tmp_path, "pool", "new", "--insecure-dev")
    assert (document["insecure_dev"], document["transcript"]) == (True, None)


def test_an_audit_compares_the_keys_with_those_of_the_ceremony(home, ended):
    assert "not compared with that ceremony" in zksettle(home, "ledger", "audit").out
    audited = zksettle(home, "ledger", "audit", "--ceremony", ended)
    assert audited.code == 0 and f"verified: the ceremony in {ended} made them" in audited.out
    assert as_json(home, "ledger", "audit", "--ceremony", ended)["ceremony"] == str(ended)


def test_an_audit_against_another_ceremony_is_refused(home, ended, tmp_path):
    folder = shutil.copytree(ended, tmp_path / "ceremony")
    (folder / "0003-beacon.contribution").unlink()
    refused(zksettle(home, "ledger", "audit", "--ceremony", folder), 1, "leg key is not from ceremony")


def test_missing_keys_of_a_ceremony_are_not_generated(home, ended, tmp_path):
    moved = shutil.copytree(home, tmp_path / "home")
    for folder in (moved / "keys").glob("ceremony-*"):
        shutil.rmtree(folder)
    refused(zksettle(moved, "pool", "new"), 2, "no ceremony's keys are installed here")
    findings = {finding["what"]: finding for finding in as_json(moved, "doctor")["findings"]}
    assert findings["pool"]["state"] == findings["proving keys"]["state"] == "note"
    assert "not verified on this machine" in findings["pool"]["text"]
    assert as_json(moved, "pool", "show")["transcript_verified"] is False
    assert "says the pool; nobody verified that here" in zksettle(moved, "pool", "show").out


def test_a_pools_ceremony_is_confirmed_only_by_identical_installed_keys(home, tmp_path):
    moved = shutil.copytree(home, tmp_path / "home")
    with Ledger.open(moved / "pool" / "ledger.sqlite") as ledger:
        pool = ledger.pool
    assert keystores.confirms(moved / "keys", pool)
    folder = keystores.of_pool(moved / "keys", 0, pool).folder("margin")
    for name, old, new in (
        (keyfolder.VERIFICATION_KEY, b"groth16", b"groth17"),
        (keyfolder.MANIFEST, pool.leg.transcript[16:].encode(), b"0" * 48),
        (keyfolder.MANIFEST, b"zksettle-keys", b"something"),
    ):
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(before.replace(old, new))
        assert old in before and not keystores.confirms(moved / "keys", pool)
        (folder / name).write_bytes(before)
    assert keystores.confirms(moved / "keys", pool)


def test_snarkjs_accepts_the_key_of_a_ceremony_and_lists_its_contributors(ended, tmp_path):
    key, circuit = tmp_path / "leg.zkey", tmp_path / "leg.r1cs"
    assert zksettle(tmp_path, "ceremony", "export", ended, "leg", key).code == 0
    assert zksettle(tmp_path, "circuit", "export", "leg", circuit).code == 0
    code, told = node.snarkjs("zkey", "verify", str(circuit), str(ended / "powers.ptau"), str(key))
    assert code == 0 and "ZKey Ok!" in told, told
    assert all(f"contribution #{i} {name}:" in told for i, name in ((1, "Alice"), (2, "Bob"), (3, "beacon")))
