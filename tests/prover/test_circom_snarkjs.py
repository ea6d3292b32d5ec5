"""circom's and snarkjs's own files are read as they read them, and snarkjs accepts the proofs made from them."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from prover.proofs import circom, keycache
from tests import node
from zk.errors import FormatError, Unsatisfied
from zk.fields import array
from zk.fields.prime import R
from zk.formats import r1csfile, snarkjs, wtns


@dataclass(frozen=True)
class Case:
    source: str
    inputs: dict
    public: list[int]


MANY = 40
CASES = {
    "nothing public": Case(
        """template Factors() { signal input a; signal input b; signal d; d <== a * b; d * d === 441; }
        component main = Factors();""",
        {"a": 3, "b": 7},
        [],
    ),
    "an unused wire": Case(
        """template Power() { signal input x; signal input k; signal input unused; signal output y; signal square;
        square <== x * x; y <== square * x - 5 * k; }
        component main {public [k]} = Power();""",
        {"x": 12, "k": 7, "unused": 99},
        [12**3 - 35, 7],
    ),
    "many public": Case(
        """template Dot(n) { signal input a[n]; signal input b[n]; signal output sum; signal part[n + 1]; part[0] <== 0;
        for (var i = 0; i < n; i++) { part[i + 1] <== part[i] + a[i] * b[i]; } sum <== part[n]; }
        component main {public [a]} = Dot(%d);""" % MANY,
        {"a": list(range(1, MANY + 1)), "b": [str(R - 1)] * MANY},
        [-sum(range(MANY + 1)) % R, *range(1, MANY + 1)],
    ),
}

SETUP = """
const { powersOfTau, zKey, wtns, r1cs, curves } = require("snarkjs"), fs = require("fs");
const [folder, ...names] = process.argv.slice(-%d);
const big = (key, value) => typeof value === "bigint" ? value.toString() : value;
(async () => {
  const at = name => folder + "/" + name, tau = await curves.getCurveFromName("bn128");
  await powersOfTau.newAccumulator(tau, 8, at("start.ptau"));
  await powersOfTau.contribute(at("start.ptau"), at("second.ptau"), "test", "tests only");
  await powersOfTau.preparePhase2(at("second.ptau"), at("final.ptau"));
  for (const name of names) {
    const of = file => at(name + "/" + file);
    await zKey.newZKey(of("circuit.r1cs"), at("final.ptau"), of("start.zkey"));
    await zKey.contribute(of("start.zkey"), of("circuit.zkey"), "test", "tests only");
    fs.writeFileSync(of("key.json"), JSON.stringify(await zKey.exportVerificationKey(of("circuit.zkey"))));
    const inputs = JSON.parse(fs.readFileSync(of("input.json")));
    await wtns.calculate(inputs, of("circuit_js/circuit.wasm"), of("witness.wtns"));
    fs.writeFileSync(of("wtns.json"), JSON.stringify(await wtns.exportJson(of("witness.wtns")), big));
    fs.writeFileSync(of("r1cs.json"), JSON.stringify(await r1cs.exportJson(of("circuit.r1cs")), big));
  }
  process.exit(0);
})().catch(error => { console.error(error); process.exit(1); });
"""

VERIFY = """
const { groth16 } = require("snarkjs"), fs = require("fs"), read = name => JSON.parse(fs.readFileSync(name));
const names = process.argv.slice(-3);
groth16.verify(...names.map(read)).then(is_valid => { console.log(is_valid); process.exit(0); });
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """{name of a case: the folder with snarkjs's files of it}."""
    node.folder()
    top = tmp_path_factory.mktemp("circom")
    made = {name: top / name.replace(" ", "-") for name in CASES}
    for name, place in made.items():
        place.mkdir()
        (place / "circuit.circom").write_text("pragma circom 2.0.0;\n" + CASES[name].source)
        (place / "input.json").write_text(json.dumps(CASES[name].inputs))
        node.circom(place / "circuit.circom", place)
    names = [place.name for place in made.values()]
    node.run(SETUP % (1 + len(names)), str(top), *names)
    return made


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path)


def accepted(place: Path, public: list[int]) -> bool:
    """Whether snarkjs accepts the proof in the folder for these public inputs."""
    (place / "public.json").write_text(snarkjs.encode_public(public))
    files = (str(place / name) for name in ("key.json", "public.json", "proof.json"))
    return node.run(VERIFY, *files).strip() == "true"


@pytest.mark.parametrize("name", CASES)
def test_snarkjs_accepts_the_proof_and_refuses_it_for_other_inputs(folders, name):
    place, expected = folders[name], CASES[name].public
    proof, public = circom.prove(place / "circuit.zkey", place / "witness.wtns")
    assert public == expected
    (place / "proof.json").write_text(snarkjs.encode_proof(proof))
    assert accepted(place, public)
    if public:
        assert not accepted(place, [*public[:-1], (public[-1] + 1) % R])


@pytest.mark.parametrize("name", CASES)
def test_the_key_in_the_file_is_the_one_that_snarkjs_exports(folders, name):
    exported = snarkjs.decode_verifying_key((folders[name] / "key.json").read_bytes())
    assert circom.open_key(folders[name] / "circuit.zkey").verifying == exported


@pytest.mark.parametrize("name", CASES)
def test_a_witness_is_read_as_snarkjs_reads_it(folders, name):
    exported = json.loads((folders[name] / "wtns.json").read_text())
    assert array.from_plain(wtns.decode((folders[name] / "witness.wtns").read_bytes())) == list(map(int, exported))


@pytest.mark.parametrize("name", CASES)
def test_a_system_is_read_as_snarkjs_reads_it(folders, name):
    exported = json.loads((folders[name] / "r1cs.json").read_text())
    found = r1csfile.decode((folders[name] / "circuit.r1cs").read_bytes())
    assert (found.wires, found.public) == (exported["nVars"], exported["nOutputs"] + exported["nPubInputs"])
    for index, constraint in enumerate(exported["constraints"]):
        rows = [getattr(found, side).row(index) for side in "abc"]
        assert rows == [sorted((int(wire), int(value)) for wire, value in row.items()) for row in constraint]
    assert found.constraints == len(exported["constraints"])


@pytest.mark.parametrize("name", CASES)
def test_another_value_of_a_used_private_wire_is_not_satisfying(folders, name, tmp_path):
    place = folders[name]
    data = bytearray((place / "witness.wtns").read_bytes())
    values = array.from_plain(wtns.decode(bytes(data)))
    wire = next(i for i in range(len(CASES[name].public) + 1, len(values)) if values[i] not in (0, 99))
    start = len(data) - 32 * (len(values) - wire)
    data[start : start + 32] = ((values[wire] + 1) % R).to_bytes(32, "little")
    (tmp_path / "witness.wtns").write_bytes(data)
    with pytest.raises(Unsatisfied):
        circom.prove(place / "circuit.zkey", tmp_path / "witness.wtns")


def test_a_key_before_phase_two_is_refused(folders):
    with pytest.raises(FormatError, match="delta = ±gamma"):
        circom.open_key(folders["an unused wire"] / "start.zkey")
