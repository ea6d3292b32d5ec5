"""`zksettle groth16 prove` and `verify`, from and into snarkjs's files."""

import json

import pytest

from prover.circom import keycache, proofs
from prover.cli.frame import paths
from prover.upkeep import warmup
from tests.prover.cli.run import refused, zksettle
from tests.reference import qap
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.formats import snarkjs
from zk.groth16 import generator

WITNESS = qap.cubic_witness(11, 13)


@pytest.fixture(scope="module")
def key():
    return generator.generate(cubic.system())


@pytest.fixture
def place(key, tmp_path, monkeypatch):
    (tmp_path / "circuit.zkey").write_bytes(iden3.zkey(key))
    (tmp_path / "witness.wtns").write_bytes(iden3.wtns(WITNESS))
    (tmp_path / "vkey.json").write_text(snarkjs.encode_verifying_key(key.verifying))
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path / "cache")
    proofs.forget()
    return tmp_path


def prove(place, *more):
    names = ("circuit.zkey", "witness.wtns", "proof.json", "public.json")
    return zksettle(place / "home", "groth16", "prove", *(place / name for name in names), *more)


def test_a_proof_is_written_that_verifies_and_replaces_what_was_there(place):
    (place / "proof.json").write_text("old")
    ran = prove(place)
    assert ran.code == 0 and "Proved in" in ran.out
    assert json.loads((place / "public.json").read_text()) == list(map(str, WITNESS[1:3]))
    names = ("vkey.json", "public.json", "proof.json")
    assert zksettle(place / "home", "groth16", "verify", *(place / name for name in names)).code == 0


def test_json_names_the_files_and_the_inputs(place):
    ran = prove(place, "--json")
    document = json.loads(ran.out)
    assert ran.code == 0 and document["inputs"] == list(map(str, WITNESS[1:3]))
    assert document["proof"] == str(place / "proof.json") and document["public"] == str(place / "public.json")
    assert document["seconds"] > 0


def test_malformed_and_false_files_end_in_one_sentence_and_write_nothing(place):
    (place / "witness.wtns").write_bytes(iden3.wtns([*WITNESS[:-1], WITNESS[-1] + 1]))
    refused(prove(place), 1, "witness.wtns does not satisfy the circuit")
    (place / "witness.wtns").write_bytes(iden3.wtns(WITNESS)[:-1])
    refused(prove(place), 3, "witness.wtns ends before the values do")
    (place / "witness.wtns").unlink()
    refused(prove(place), 3, "witness.wtns cannot be read")
    (place / "witness.wtns").write_bytes(iden3.wtns(WITNESS))
    (place / "circuit.zkey").write_bytes(b"zkey")
    refused(prove(place), 3, "circuit.zkey is not a .zkey file")
    assert not (place / "proof.json").exists() and not (place / "public.json").exists()


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("other", [2, 3])
def test_one_file_under_two_names_is_wrong_usage(place, at, other):
    names = ["circuit.zkey", "witness.wtns", "proof.json", "public.json"]
    before = (place / names[at]).read_bytes()
    (place / "link").symlink_to(place / names[at])
    for name in (names[at], "link"):
        given = [place / (name if i == other else names[i]) for i in range(4)]
        refused(zksettle(place / "home", "groth16", "prove", *given), 2, "give different files")
    assert (place / names[at]).read_bytes() == before


def test_proof_and_public_inputs_in_one_file_are_wrong_usage(place):
    given = [place / name for name in ("circuit.zkey", "witness.wtns", "one.json", "one.json")]
    refused(zksettle(place / "home", "groth16", "prove", *given), 2, "PROOF.json and PUBLIC.json are one file")
    assert not (place / "one.json").exists()


def test_a_missing_file_is_named_before_kernels_are_compiled(place, monkeypatch):
    monkeypatch.setattr(warmup, "compile_kernels", lambda: pytest.fail("kernels are compiled"))
    given = [place / name for name in ("circuit.zkey", "witness.wtns", "proof.json", "none/public.json")]
    refused(zksettle(place / "home", "groth16", "prove", *given), 3, f"{given[3]} cannot be written")
    (place / "circuit.zkey").rename(place / "other.zkey")
    refused(prove(place), 3, "circuit.zkey cannot be read")
    (place / "other.zkey").rename(place / "circuit.zkey")
    (place / "witness.wtns").unlink()
    refused(prove(place), 3, "witness.wtns cannot be read")


def test_an_error_names_the_path_as_it_was_given(tmp_path):
    path = tmp_path / "none" / "proof.json"
    with pytest.raises(FileNotFoundError) as caught:
        paths.write_text(path, "proof")
    assert caught.value.filename == str(path)
