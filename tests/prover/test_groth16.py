"""The front door: a key, a witness, a proof, its verification and snarkjs's files, in five lines of Python."""

import json

import numpy as np
import pytest

from prover import circom, groth16
from prover.circom import keycache, proofs
from tests import node
from tests.circoms import CASES
from tests.prover.circom.programs import program
from tests.reference import qap
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.errors import FormatError, InvalidProof, Unsatisfied
from zk.formats import snarkjs
from zk.groth16 import generator
from zk.runtime import parallel

VALUES = qap.cubic_witness(3, 5)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path / "cache")
    proofs.forget()


@pytest.fixture(scope="module")
def zkey() -> bytes:
    return iden3.zkey(generator.generate(cubic.system()))


@pytest.fixture
def proof(zkey) -> groth16.Proof:
    return groth16.prove(groth16.load_key(zkey), circom.load_witness(iden3.wtns(VALUES)))


@pytest.mark.parametrize("name", ["an unused wire", "many public"])
def test_five_lines_prove_what_snarkjs_verifies(circom_folders, name, tmp_path):
    folder = circom_folders[name]
    key = groth16.load_key(folder / "circuit.zkey")
    witness = circom.witness(folder / "circuit_js" / "circuit.wasm", folder / "input.json")
    proof = groth16.prove(key, witness)
    groth16.verify(key.verifying, proof)
    assert witness.name == str(folder / "input.json")
    document, public = proof.to_snarkjs()
    assert list(proof.public) == CASES[name].public == list(map(int, public))
    proof.save(tmp_path / "proof.json", tmp_path / "public.json")
    assert json.loads((tmp_path / "proof.json").read_text()) == document
    paths = [str(path) for path in (folder / "key.json", tmp_path / "public.json", tmp_path / "proof.json")]
    code, output = node.snarkjs("groth16", "verify", *paths)
    assert code == 0 and "OK" in output


def test_a_proof_is_not_saved_over_its_public_inputs(circom_folders, tmp_path):
    folder = circom_folders["an unused wire"]
    proof = groth16.Proof.from_snarkjs(folder / "proof.json", folder / "public.json")
    (tmp_path / "link").symlink_to(tmp_path / "a.json")
    for path in (tmp_path / "a.json", str(tmp_path / "." / "a.json"), tmp_path / "link"):
        with pytest.raises(ValueError, match="need different files: both are"):
            proof.save(tmp_path / "a.json", path)
    assert not (tmp_path / "a.json").exists()


def test_snarkjss_proofs_verify_from_paths_contents_and_documents(circom_folders):
    folder = circom_folders["an unused wire"]
    key = groth16.load_verifying_key(folder / "key.json")
    assert key == groth16.load_verifying_key(str(folder / "circuit.zkey"))
    assert key == groth16.load_verifying_key((folder / "circuit.zkey").read_bytes())
    files = folder / "proof.json", folder / "public.json"
    contents = [path.read_bytes() for path in files]
    for source in (files, map(str, files), contents, map(json.loads, contents)):
        groth16.verify(key, groth16.Proof.from_snarkjs(*source))


def test_paths_and_contents_give_the_same_key_and_witness(zkey, tmp_path):
    (tmp_path / "c.zkey").write_bytes(zkey)
    (tmp_path / "w.wtns").write_bytes(iden3.wtns(VALUES))
    from_file, from_bytes = groth16.load_key(str(tmp_path / "c.zkey")), groth16.load_key(zkey)
    assert from_file.verifying == from_bytes.verifying
    witnesses = circom.load_witness(tmp_path / "w.wtns"), circom.load_witness(iden3.wtns(VALUES))
    assert np.array_equal(witnesses[0].values, witnesses[1].values) and witnesses[0].to_wtns() == iden3.wtns(VALUES)


def test_inputs_may_be_a_dictionary_of_any_integers(circom_folders):
    folder = circom_folders["words"]
    loaded = circom.load_program(folder / "circuit_js" / "circuit.wasm")
    expected = circom.witness(loaded, folder / "input.json")
    given = {"a": np.array([[1, 2], [3, 20]]), "k": 4 + 3 * cubic.R, "left": "0"}
    assert np.array_equal(circom.witness(loaded, given).values, expected.values)
    for bad in (True, None, 1.0, "0x4"):
        with pytest.raises(FormatError, match="the inputs: k is not a whole number"):
            circom.witness(loaded, given | {"k": bad})
    with pytest.raises(Unsatisfied, match="circuit.wasm stops: Assert Failed"):
        circom.witness(loaded, given | {"k": 9})


def test_a_proof_for_other_inputs_is_invalid(zkey, proof):
    key = groth16.load_key(zkey)
    groth16.verify(key, proof)
    with pytest.raises(InvalidProof):
        groth16.verify(key.verifying, groth16.Proof(proof.points, (*proof.public[:-1], proof.public[-1] + 1)))
    with pytest.raises(InvalidProof, match="for 2 public inputs, and there are 1"):
        groth16.verify(key.verifying, groth16.Proof(proof.points, proof.public[:-1]))


def test_a_witness_that_does_not_satisfy_or_fit_is_refused(zkey):
    key = groth16.load_key(zkey)
    with pytest.raises(Unsatisfied, match="the witness does not satisfy the circuit"):
        groth16.prove(key, circom.load_witness(iden3.wtns([*VALUES[:-1], VALUES[-1] + 1])))
    with pytest.raises(FormatError, match="the witness has 6 wires, and the key is for 7"):
        groth16.prove(key, circom.load_witness(iden3.wtns(VALUES[:-1])))


def test_threads_hold_while_a_proof_is_made(zkey, monkeypatch):
    monkeypatch.setenv("ZKSETTLE_THREADS", "2")
    counts = []
    monkeypatch.setattr(proofs, "_proof", lambda *arguments: counts.append(parallel.threads()) or "a proof")
    key, witness = groth16.load_key(zkey), circom.load_witness(iden3.wtns(VALUES))
    for threads in (1, 3, None):
        groth16.prove(key, witness, threads=threads)
    assert counts == [1, 3, 2] and parallel.threads() == 2
    with pytest.raises(ValueError, match="1 to 1024"):
        groth16.prove(key, witness, threads=0)


def test_nothing_secret_is_printed_and_everything_prints_usefully(zkey, proof):
    witness = circom.load_witness(iden3.wtns(VALUES))
    assert repr(witness) == "Witness(7 wires)"
    assert repr(groth16.load_key(zkey)) == "Key(the key: 7 wires, 2 public inputs, 4 constraints)"
    assert repr(proof) == f"Proof(2 public inputs: {VALUES[1]}, {VALUES[2]})"
    assert repr(circom.load_program(program())) == "Program(the program)"
    assert repr(groth16.load_key(zkey).verifying).startswith("VerifyingKey(2 public inputs, digest ")


def test_files_that_are_malformed_or_missing_are_named(tmp_path):
    (tmp_path / "bad").write_bytes(b"{}")
    for load in (groth16.load_key, groth16.load_verifying_key, circom.load_witness, circom.load_program):
        with pytest.raises(FormatError, match="missing cannot be read"):
            load(tmp_path / "missing")
        with pytest.raises(FormatError):
            load(tmp_path / "bad")
    with pytest.raises(FormatError, match="delta = ±gamma|is not a .zkey file"):
        groth16.load_key(snarkjs.encode_public([1]).encode())


def test_all_that_is_promised_is_there():
    for module in (circom, groth16):
        assert all(getattr(module, name).__doc__ for name in module.__all__)
