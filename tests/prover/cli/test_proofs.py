"""Proofs in files: made, verified, exported, brought back; and every way in which they are refused."""

import json

import pytest

from tests import node
from tests.prover.cli.run import refused, zksettle

STATEMENTS = ("leg", "margin", "escrow", "seize", "funds")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("proofs")


@pytest.fixture(scope="module")
def proofs(home, folder):
    """{statement: a proof file of the statement's sample}."""
    made = {}
    for name in STATEMENTS:
        (folder / f"{name}.json").write_text(zksettle(home, "circuit", "sample", name).out)
        made[name] = folder / f"{name}.proof.json"
        assert zksettle(home, "prove", name, folder / f"{name}.json", "-o", made[name]).code == 0
    return made


@pytest.fixture(scope="module")
def exported(home, folder, proofs):
    """{statement: the folder with snarkjs's three files}."""
    made = {name: folder / f"{name}-snarkjs" for name in STATEMENTS}
    for name, place in made.items():
        assert zksettle(home, "export", "snarkjs", proofs[name], "-o", place).code == 0
    return made


def three(place):
    return [place / name for name in ("verification_key.json", "public.json", "proof.json")]


def changed(path, out, change):
    document = json.loads(path.read_text())
    change(document)
    out.write_text(json.dumps(document))
    return out


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_proof_is_verified_with_this_homes_key_and_says_so(home, proofs, name):
    ran = zksettle(home, "verify", proofs[name])
    assert ran.code == 0 and "is valid" in ran.out and "development key" in ran.out


def test_a_grid_is_shown_by_rows(home, proofs):
    lines = [line.strip() for line in zksettle(home, "verify", proofs["margin"]).out.splitlines()]
    rows = [line for line in lines if line.startswith("grid[")]
    assert len(rows) == 32 and rows[-1] == "grid[31] = 0, 0, 1, 0, 0, 0, 10, 0, 0, 3, 0, 9, 0, 9, 0, 9"


def test_py_ecc_gives_a_second_opinion(home, proofs):
    ran = zksettle(home, "verify", proofs["leg"], "--paranoid", "--json")
    assert ran.code == 0 and json.loads(ran.out)["paranoid"] is True


@pytest.mark.parametrize("name", STATEMENTS)
def test_snarkjs_accepts_what_is_exported(exported, name):
    code, out = node.snarkjs("groth16", "verify", *three(exported[name]))
    assert code == 0 and "OK" in out


@pytest.mark.parametrize("name", STATEMENTS)
def test_what_is_exported_verifies_and_comes_back_as_it_was(home, folder, proofs, exported, name):
    assert zksettle(home, "groth16", "verify", *three(exported[name])).code == 0
    back = folder / f"{name}.back.json"
    assert zksettle(home, "import", "snarkjs", name, *three(exported[name]), "-o", back).code == 0
    assert back.read_text() == proofs[name].read_text()


def test_the_key_in_the_file_is_not_trusted(home, proofs, exported, tmp_path):
    key = exported["margin"] / "verification_key.json"
    refused(zksettle(tmp_path / "empty", "verify", proofs["margin"]), 1, "--verification-key")
    assert not (tmp_path / "empty" / "keys").exists(), "no key is made to verify with"
    assert zksettle(tmp_path / "empty", "verify", proofs["margin"], "--verification-key", key).code == 0
    other = exported["leg"] / "verification_key.json"
    refused(zksettle(home, "verify", proofs["margin"], "--verification-key", other), 1, "made under key")


def test_a_changed_public_input_is_invalid(home, proofs, exported, tmp_path):
    lie = changed(proofs["margin"], tmp_path / "lie.json", lambda d: d["public"].update(commitment="42"))
    refused(zksettle(home, "verify", lie), 1, "does not verify")
    key, public, proof = three(exported["margin"])
    public = changed(public, tmp_path / "public.json", lambda values: values.__setitem__(0, "42"))
    refused(zksettle(home, "groth16", "verify", key, public, proof), 1, "does not verify")


@pytest.mark.parametrize("change, words", [
    (lambda d: d.update(format="other"), "not a proof file"),
    (lambda d: d.update(version=2), "version 2"),
    (lambda d: d.update(more=1), "unknown field 'more'"),
    (lambda d: d.pop("key"), "key is missing"),
    (lambda d: d.update(version=True), "version True"),
    (lambda d: d["key"].update(more="1"), "key has an unknown field 'more'"),
    (lambda d: d.update(statement="nosuch"), "the statements are leg, margin, escrow, seize, funds"),
    (lambda d: d.update(statement=["leg"]), "statement is not a string"),
    (lambda d: d.update(fingerprint="0" * 64), "another version"),
    (lambda d: d["public"].pop("commitment"), "commitment is missing"),
    (lambda d: d["public"].update(commitment=41), "commitment is not a decimal number"),
    (lambda d: d["public"]["grid"][3].__setitem__(0, str(1 << 64)), "grid[3][0] is out of range"),
    (lambda d: d["public"].update(more="1"), "unknown field 'more'"),
    (lambda d: d["proof"]["pi_a"].__setitem__(0, "1"), "pi_a"),
    (lambda d: d["key"].update(digest="0" * 64), "not its key's digest"),
    (lambda d: d["key"]["verification_key"].update(nPublic=3), "IC"),
])  # fmt: skip
def test_a_malformed_proof_file_is_named_for_what_is_wrong(home, proofs, tmp_path, change, words):
    refused(zksettle(home, "verify", changed(proofs["margin"], tmp_path / "bad.json", change)), 3, words)


@pytest.mark.parametrize("text, words", [
    ("", "not JSON"), ("[]", "not a proof file"), ("{", "not JSON"), ("\x00", "not JSON"), ("[" * 100_000, "deep"),
    ('{"format": 1, "format": 2}', "twice"),
])  # fmt: skip
def test_nonsense_is_malformed(home, tmp_path, text, words):
    (tmp_path / "bad.json").write_text(text)
    refused(zksettle(home, "verify", tmp_path / "bad.json"), 3, words)


def test_a_false_statement_is_not_proved_and_the_constraint_is_named_without_secrets(home, folder, proofs, tmp_path):
    def owe_more(document):
        document["private"]["account"]["balances"][0] = str(-(2**62))

    bad = changed(folder / "margin.json", tmp_path / "bad.json", owe_more)
    refused(
        zksettle(home, "prove", "margin", bad, "-o", tmp_path / "proof.json"),
        1,
        "margin statement is false: commitment",
    )
    assert not (tmp_path / "proof.json").exists()
    ran = zksettle(home, "circuit", "check", "margin", bad)
    assert (
        ran.code == 1
        and "circuits/statements/margin.py:" in ran.out
        and "the commitment opens to the account" in ran.out
    )
    shown = json.loads(zksettle(home, "circuit", "check", "margin", bad, "--show-secrets", "--json").out)
    assert shown["violation"]["path"] == "commitment" and int(shown["violation"]["left"])
    hidden = zksettle(home, "circuit", "check", "margin", bad, "--json").out
    for secret in (shown["violation"]["left"], str(2**62)):
        assert secret not in ran.out and secret not in hidden


@pytest.mark.parametrize("change, words", [
    (lambda d: d["private"].pop("account"), "private.account is missing"),
    (lambda d: d["private"].update(more="1"), "unknown field 'more'"),
    (lambda d: d["public"]["grid"].pop(), "not an array of 32"),
    (lambda d: d["private"]["account"]["balances"].__setitem__(3, str(2**63)), "balances[3] is out of range"),
    (lambda d: d["public"].update(commitment="01"), "commitment is not a decimal number"),
    (lambda d: d.pop("public"), "the input has no public"),
])  # fmt: skip
@pytest.mark.parametrize("command", ["prove", "check"])
def test_an_input_that_does_not_fit_the_schema_is_named(home, folder, proofs, tmp_path, command, change, words):
    bad = changed(folder / "margin.json", tmp_path / "bad.json", change)
    commands = {
        "prove": ("prove", "margin", bad, "-o", tmp_path / "p.json"),
        "check": ("circuit", "check", "margin", bad),
    }
    refused(zksettle(home, *commands[command]), 3, words)


def test_a_true_input_satisfies_every_constraint(home, folder, proofs):
    ran = zksettle(home, "circuit", "check", "leg", folder / "leg.json")
    assert ran.code == 0 and "satisfies all" in ran.out


def test_an_export_does_not_replace_the_file_it_is_made_from(home, proofs, tmp_path):
    (tmp_path / "proof.json").write_text(proofs["leg"].read_text())
    refused(zksettle(home, "export", "snarkjs", tmp_path / "proof.json", "-o", tmp_path), 2, "would replace")
