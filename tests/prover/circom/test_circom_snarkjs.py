"""circom's and snarkjs's own files are read as they read them, and snarkjs accepts the proofs made from them."""

import json
from pathlib import Path

import pytest

from prover.circom import keycache, proofs
from tests import node
from tests.circoms import CASES
from zk.errors import FormatError, InvalidProof, Unsatisfied
from zk.fields import array
from zk.fields.prime import R
from zk.formats import r1csfile, snarkjs, wtns
from zk.groth16 import verifier

VERIFY = """
const { groth16 } = require("snarkjs"), fs = require("fs"), read = name => JSON.parse(fs.readFileSync(name));
const [key, proof, ...publics] = process.argv.slice(-%d).map(read);
Promise.all(publics.map(one => groth16.verify(key, one, proof)))
  .then(found => { console.log(JSON.stringify(found)); process.exit(0); });
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path)


def accepted(key: Path, place: Path, *publics: list[int]) -> list[bool]:
    """Whether snarkjs accepts the proof in a folder under a key, for each of several public inputs."""
    for number, public in enumerate(publics):
        (place / f"public{number}.json").write_text(snarkjs.encode_public(public))
    files = [str(place / "proof.json"), *(str(place / f"public{number}.json") for number in range(len(publics)))]
    return json.loads(node.run(VERIFY % (2 + len(publics)), str(key), *files))


@pytest.mark.parametrize("name", CASES)
def test_snarkjs_accepts_the_proof_and_refuses_it_for_other_inputs(circom_folders, name, tmp_path):
    place = circom_folders[name]
    proof, public = proofs.prove(place / "circuit.zkey", place / "witness.wtns")
    assert public == CASES[name].public
    (tmp_path / "proof.json").write_text(snarkjs.encode_proof(proof))
    others = [[*public[:-1], (public[-1] + 1) % R]] if public else []
    assert accepted(place / "key.json", tmp_path, public, *others) == [True, *(False for _ in others)]


@pytest.mark.parametrize("name", CASES)
def test_a_proof_of_snarkjs_verifies_here_and_not_for_other_inputs(circom_folders, name):
    place = circom_folders[name]
    key = snarkjs.decode_verifying_key((place / "key.json").read_bytes())
    public = snarkjs.decode_public((place / "public.json").read_bytes())
    proof = snarkjs.decode_proof((place / "proof.json").read_bytes())
    assert public == CASES[name].public
    verifier.verify(key, public, proof)
    if public:
        with pytest.raises(InvalidProof):
            verifier.verify(key, [*public[:-1], (public[-1] + 1) % R], proof)


@pytest.mark.parametrize("name", CASES)
def test_the_key_in_the_file_is_the_one_that_snarkjs_exports(circom_folders, name):
    exported = snarkjs.decode_verifying_key((circom_folders[name] / "key.json").read_bytes())
    assert proofs.open_key(circom_folders[name] / "circuit.zkey").verifying == exported


@pytest.mark.parametrize("name", CASES)
def test_a_witness_is_read_as_snarkjs_reads_it(circom_folders, name):
    exported = json.loads((circom_folders[name] / "wtns.json").read_text())
    found = wtns.decode((circom_folders[name] / "witness.wtns").read_bytes())
    assert array.from_plain(found) == list(map(int, exported))


@pytest.mark.parametrize("name", CASES)
def test_a_system_is_read_as_snarkjs_reads_it(circom_folders, name):
    exported = json.loads((circom_folders[name] / "r1cs.json").read_text())
    found = r1csfile.decode((circom_folders[name] / "circuit.r1cs").read_bytes())
    assert (found.num_wires, found.num_public) == (exported["nVars"], exported["nOutputs"] + exported["nPubInputs"])
    for index, constraint in enumerate(exported["constraints"]):
        rows = [getattr(found, side).row(index) for side in "abc"]
        assert rows == [sorted((int(wire), int(value)) for wire, value in row.items()) for row in constraint]
    assert found.num_constraints == len(exported["constraints"])


@pytest.mark.parametrize("name", CASES)
def test_another_value_of_a_used_private_wire_is_not_satisfying(circom_folders, name, tmp_path):
    place = circom_folders[name]
    data = bytearray((place / "witness.wtns").read_bytes())
    values = array.from_plain(wtns.decode(bytes(data)))
    wire = next(i for i in range(len(CASES[name].public) + 1, len(values)) if values[i] not in (0, 99))
    start = len(data) - 32 * (len(values) - wire)
    data[start : start + 32] = ((values[wire] + 1) % R).to_bytes(32, "little")
    (tmp_path / "witness.wtns").write_bytes(data)
    with pytest.raises(Unsatisfied):
        proofs.prove(place / "circuit.zkey", tmp_path / "witness.wtns")


def test_a_key_before_phase_two_is_refused(circom_folders):
    with pytest.raises(FormatError, match="delta = ±gamma"):
        proofs.open_key(circom_folders["an unused wire"] / "start.zkey")
