"""`zksettle groth16 setup` and `zksettle zkey`: a key from its creation to what verifiers need."""

import io
import json

import pytest

from tests.prover.cli.run import refused, zksettle
from tests.zk.ceremony import test_phase2, toy_ceremony
from tests.zk.formats import test_zkeyfile
from zk.contracts import solidity, vyper
from zk.fields.prime import R
from zk.formats import snarkjs, zkeycontributions, zkeyfile, zkeyheader

FORGEABLE = "anybody can forge proofs under this key"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "circuit.r1cs").write_bytes(toy_ceremony.r1cs())
    (tmp_path / "powers.ptau").write_bytes(toy_ceremony.ptau())
    for number, key in enumerate(test_phase2.keys()):
        (tmp_path / f"{number}.zkey").write_bytes(test_zkeyfile.written(key))
    return tmp_path


def run(place, *words: str):
    """Runs a command; words with a dot are files in the folder, existing or not."""
    named = (place / word if "." in word else word for word in words)
    return zksettle(place / "home", *named)


def written(place) -> set[str]:
    return {path.name for path in place.iterdir() if path.is_file()}


def test_a_key_is_created_contributed_to_and_verified(place):
    ran = run(place, "groth16", "setup", "circuit.r1cs", "powers.ptau", "a.zkey")
    assert ran.code == 0 and "a new key, without contributions" in ran.out and "about" in ran.err
    assert (place / "a.zkey").read_bytes() == (place / "0.zkey").read_bytes()
    ran = run(place, "zkey", "contribute", "a.zkey", "b.zkey", "-n", "Ada\n\x1b[2J", "-e", "some text")
    assert ran.code == 0 and "Publish its hash" in ran.out
    ran = run(place, "zkey", "beacon", "b.zkey", "c.zkey", "0x010203", "10", "--name", "a beacon")
    assert ran.code == 0
    ran = run(place, "zkey", "verify", "circuit.r1cs", "powers.ptau", "c.zkey")
    assert ran.code == 0 and "it is the result of 2 contributions" in ran.out and FORGEABLE not in ran.out
    assert "Ada" in ran.out and "\x1b" not in ran.out and "hashed 2^10 times" in ran.out
    for words in (("r1cs", "circuit.r1cs"), ("init", "a.zkey"), ("init", "b.zkey")):
        assert run(place, "zkey", "verify", *words, "powers.ptau", "c.zkey").code == 0


def test_zkey_new_is_groth16_setup(place):
    assert run(place, "zkey", "new", "circuit.r1cs", "powers.ptau", "a.zkey").code == 0
    assert (place / "a.zkey").read_bytes() == (place / "0.zkey").read_bytes()


def test_files_that_are_not_given_have_snarkjs_names(place, monkeypatch):
    monkeypatch.chdir(place)
    (place / "powers.ptau").rename("powersoftau.ptau")
    (place / "3.zkey").rename("circuit_final.zkey")
    assert run(place, "groth16", "setup").code == 0 and (place / "circuit_0000.zkey").exists()
    for words in ((), ("r1cs",), ("init",)):
        assert run(place, "zkey", "verify", *words).code == 0
    assert run(place, "zkey", "info").code == 0
    for what, name in (("verificationkey", "verification_key.json"), ("solidityverifier", "verifier.sol"),
                       ("vyper", "verifier.vy")):  # fmt: skip
        assert run(place, "zkey", "export", what).code == 0 and (place / name).exists()


def test_json_lists_the_contributors_and_their_hashes(place):
    document = json.loads(run(place, "zkey", "verify", "circuit.r1cs", "powers.ptau", "3.zkey", "--json").out)
    assert document["valid"] is True and document["forgeable"] is False and document["public"] == 2
    assert [one["name"] for one in document["contributions"]] == ["Ada", None, "the beacon"]
    assert document["contributions"][2]["beacon"] == {"value": "010203", "iterations_exponent": 10}
    contributions = test_phase2.keys()[3].ceremony.contributions
    assert [one["hash"] for one in document["contributions"]] == [one.hash().hex() for one in contributions]
    added = json.loads(run(place, "zkey", "contribute", "3.zkey", "4.zkey", "--json").out)
    after = zkeyfile.decode((place / "4.zkey").read_bytes())
    assert added["hash"] == after.ceremony.contributions[-1].hash().hex()
    assert added["circuit_hash"] == document["circuit_hash"] == after.ceremony.circuit_hash.hex()


def test_a_key_without_a_secret_contribution_is_reported_as_forgeable(place):
    assert run(place, "zkey", "beacon", "0.zkey", "b.zkey", "0102", "10").code == 0
    for name in ("0.zkey", "b.zkey"):
        for words in (("info", name), ("verify", "circuit.r1cs", "powers.ptau", name)):
            ran = run(place, "zkey", *words)
            assert ran.code == 0 and FORGEABLE in ran.out
            assert json.loads(run(place, "zkey", *words, "--json").out)["forgeable"] is True


def test_a_single_secret_contribution_comes_with_a_warning(place):
    assert run(place, "zkey", "contribute", "0.zkey", "a.zkey").code == 0
    for name, secrets in (("a.zkey", 1), ("3.zkey", 2)):
        for words in (("info", name), ("verify", "circuit.r1cs", "powers.ptau", name)):
            assert ("its author alone could forge" in run(place, "zkey", *words).out) is (secrets == 1)
            assert json.loads(run(place, "zkey", *words, "--json").out)["secrets"] == secrets


def test_a_key_whose_secrets_cancel_out_is_refused_and_reported_as_forgeable(place):
    (place / "a.zkey").write_bytes(test_zkeyfile.written(test_phase2.by_secret(5, pow(5, -1, R))))
    ran = run(place, "zkey", "verify", "circuit.r1cs", "powers.ptau", "a.zkey")
    assert ran.code == 1 and "cancel out, delta = ±gamma" in ran.err and ran.out == ""
    assert FORGEABLE in run(place, "zkey", "info", "a.zkey").out
    assert json.loads(run(place, "zkey", "info", "a.zkey", "--json").out)["forgeable"] is True


def test_info_accepts_an_invalid_key(place):
    key = test_phase2.LIES["transcript"][0]()
    (place / "a.zkey").write_bytes(test_zkeyfile.written(key))
    ran = run(place, "zkey", "info", "a.zkey")
    assert ran.code == 0 and "circuit hash" in ran.out


def test_an_invalid_key_is_refused_with_one_sentence(place):
    (place / "a.zkey").write_bytes(test_zkeyfile.written(test_phase2.LIES["h"][0]()))
    ran = run(place, "zkey", "verify", "circuit.r1cs", "powers.ptau", "a.zkey", "--json")
    assert ran.code == 1 and "the points h of the key" in json.loads(ran.out)["error"]
    ran = run(place, "zkey", "verify", "init", "1.zkey", "powers.ptau", "0.zkey", "--json")
    assert ran.code == 1 and "are not the first" in json.loads(ran.out)["error"]


MALFORMED = {
    "setup": (("groth16", "setup", "bad.file", "powers.ptau", "new.zkey"), "is not a .r1cs file"),
    "setup powers": (("groth16", "setup", "circuit.r1cs", "bad.file", "new.zkey"), "is not a .ptau file"),
    "contribute": (("zkey", "contribute", "bad.file", "new.zkey"), "is not a .zkey file"),
    "beacon": (("zkey", "beacon", "bad.file", "new.zkey", "01", "10"), "is not a .zkey file"),
    "verify": (("zkey", "verify", "circuit.r1cs", "powers.ptau", "bad.file"), "is not a .zkey file"),
    "verify circuit": (("zkey", "verify", "bad.file", "powers.ptau", "1.zkey"), "is not a .r1cs file"),
    "verify powers": (("zkey", "verify", "circuit.r1cs", "bad.file", "1.zkey"), "is not a .ptau file"),
    "verify init": (("zkey", "verify", "init", "bad.file", "powers.ptau", "1.zkey"), "is not a .zkey file"),
    "info": (("zkey", "info", "bad.file"), "is not a .zkey file"),
    "missing": (("zkey", "contribute", "none.zkey", "new.zkey"), "cannot be read"),
    "no folder": (("zkey", "contribute", "1.zkey", "none./new.zkey"), "its folder is not there"),
    "exponent": (("zkey", "beacon", "1.zkey", "new.zkey", "01", "9"), "2^9 iterations"),
    "name": (("zkey", "contribute", "1.zkey", "new.zkey", "-n", "x" * 65), "at most 64 letters"),
    "few powers": (("groth16", "setup", "large.r1cs", "powers.ptau", "new.zkey"), "but these are for 2^4"),
    "export key": (("zkey", "export", "verificationkey", "0.zkey", "new.json"), "delta = ±gamma"),
    "export solidity": (("zkey", "export", "solidityverifier", "0.zkey", "new.sol"), "delta = ±gamma"),
    "export vyper": (("zkey", "export", "vyper", "0.zkey", "new.vy"), "delta = ±gamma"),
    "contract": (("zkey", "export", "solidityverifier", "1.zkey", "new.sol", "--name", "1x"), "contract's name"),
    "calldata": (("zkey", "export", "soliditycalldata", "bad.file", "bad.file"), "is not JSON"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_input_ends_with_three_and_writes_nothing(place, name):
    words, why = MALFORMED[name]
    (place / "bad.file").write_bytes(b"something else")
    (place / "large.r1cs").write_bytes(toy_ceremony.r1cs(toy_ceremony.CONSTRAINTS * 5))
    before = written(place)
    ran = run(place, *words)
    assert ran.code == 3 and why in ran.err.splitlines()[-1] and ran.out == ""
    assert written(place) == before


WRONG = {
    "four files": (("zkey", "verify", "circuit.r1cs", "powers.ptau", "1.zkey", "2.zkey"), "three files are needed"),
    "onto itself": (("zkey", "contribute", "1.zkey", "1.zkey"), "are one file"),
    "export onto itself": (("zkey", "export", "vyper", "1.zkey", "1.zkey"), "are one file"),
    "setup onto the circuit": (("groth16", "setup", "circuit.r1cs", "powers.ptau", "circuit.r1cs"), "are one file"),
    "hex": (("zkey", "beacon", "1.zkey", "new.zkey", "0xabc", "10"), "hexadecimal digits"),
    "no number": (("zkey", "beacon", "1.zkey", "new.zkey", "01", "ten"), "not a valid integer"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage_ends_with_two(place, name):
    words, why = WRONG[name]
    before = written(place)
    refused(run(place, *words), 2, why)
    assert written(place) == before


def test_exports_are_those_of_the_library(place):
    verifying, _, _ = zkeyheader.read_fixed(io.BytesIO((place / "2.zkey").read_bytes()))
    for what, name in (("verificationkey", "key.json"), ("solidityverifier", "key.sol"), ("vyper", "key.vy")):
        assert run(place, "zkey", "export", what, "2.zkey", name).code == 0
    assert snarkjs.decode_verifying_key((place / "key.json").read_bytes()) == verifying
    assert "vk_alphabeta_12" in (place / "key.json").read_text() and not (place / "key.json").read_text().endswith("\n")
    assert (place / "key.sol").read_text() == solidity.contract(verifying)
    assert (place / "key.vy").read_text() == vyper.contract(verifying)


def test_a_contribution_to_a_full_key_is_refused_at_once(place, monkeypatch):
    monkeypatch.setattr(zkeycontributions, "MAX_CONTRIBUTIONS", 3)
    monkeypatch.setattr(zkeyfile, "decode", lambda *arguments: pytest.fail("the key was decoded"))
    for words in (("contribute", "3.zkey", "new.zkey"), ("beacon", "3.zkey", "new.zkey", "01", "10")):
        refused(run(place, "zkey", *words), 3, "the contributions: there are 3 already, the limit")
    assert not (place / "new.zkey").exists()


def test_info_reads_only_the_header_and_the_contributions(place, monkeypatch):
    """A key of a large circuit has gigabytes of points."""
    monkeypatch.setattr(zkeyfile, "decode", lambda *arguments: pytest.fail("the whole key was decoded"))
    assert run(place, "zkey", "info", "3.zkey").code == 0
