"""`zksettle groth16 prove` and `verify`, from and into snarkjs's files."""

import json

import pytest

from prover.proofs import circom, keycache
from tests.prover.cli.run import refused, zksettle
from tests.reference import qap
from tests.zk import cubic, iden3
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
    circom._open_state.cache_clear()
    return tmp_path


def prove(place, *more):
    names = ("circuit.zkey", "witness.wtns", "proof.json", "public.json")
    return zksettle(place / "home", "groth16", "prove", *(place / name for name in names), *more)


def test_a_proof_is_written_that_verifies_and_replaces_what_was_there(place):
    (place / "proof.json").write_text("old")
    ran = prove(place)
    assert ran.code == 0 and "Proved in" in ran.out and ran.err == ""
    assert json.loads((place / "public.json").read_text()) == list(map(str, WITNESS[1:3]))
    names = ("vkey.json", "public.json", "proof.json")
    assert zksettle(place / "home", "groth16", "verify", *(place / name for name in names)).code == 0


def test_json_says_where_and_what(place):
    ran = prove(place, "--json")
    document = json.loads(ran.out)
    assert ran.code == 0 and document["inputs"] == list(map(str, WITNESS[1:3]))
    assert document["proof"] == str(place / "proof.json") and document["public"] == str(place / "public.json")
    assert document["seconds"] > 0


def test_what_is_malformed_or_false_is_one_sentence_and_writes_nothing(place):
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
