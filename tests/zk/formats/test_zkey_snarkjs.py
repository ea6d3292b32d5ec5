"""Keys are made, contributed to and exported byte for byte as by snarkjs, and each accepts the keys of the other."""

import io
from dataclasses import replace

import pytest

from tests import node
from tests.zk.ceremony import test_phase2, toy_ceremony
from tests.zk.formats import test_zkeyfile
from zk.ceremony import initial_key, phase2, phase2check
from zk.formats import alphabeta, ptau, r1csfile, snarkjs, zkeyfile, zkeyheader

SOURCES = {
    "nothing public": """template Factors() { signal input a; signal input b; signal d; d <== a * b; d * d === 441; }
        component main = Factors();""",
    # k is public twice, u is public and unused, x is used with a coefficient that is neither 1 nor -1
    "several public": """template Several() { signal input x; signal input k; signal input u; signal output k1;
        signal output k2; signal output y; k1 <== k; k2 <== k; signal s; s <== (3 * x + k) * (x - 7);
        y <== s * x + 5 * k; }
        component main {public [k, u]} = Several();""",
}
POWER, BEACON, EXPONENT = 5, "0a0b0c0d", 10

MAKE = """
const { zKey } = require("snarkjs"), fs = require("fs"), [folder, beacon, ...names] = process.argv.slice(1);
(async () => {
  for (const name of names) {
    const of = file => folder + "/" + name + "." + file;
    await zKey.newZKey(of("r1cs"), folder + "/powers.ptau", of("0.zkey"));
    await zKey.contribute(of("0.zkey"), of("1.zkey"), "Żółw", "tests only");
    await zKey.beacon(of("1.zkey"), of("2.zkey"), "a beacon", beacon, %d);
    fs.writeFileSync(of("json"), JSON.stringify(await zKey.exportVerificationKey(of("2.zkey")), null, 1));
  }
  process.exit(0);
})().catch(error => { console.error(error); process.exit(1); });
"""
VERIFY = """
const { zKey } = require("snarkjs"), [folder, ...names] = process.argv.slice(1);
(async () => {
  for (const name of names) {
    const of = file => folder + "/" + name + "." + file, powers = folder + "/powers.ptau";
    for (const key of ["ours.zkey", "changed.zkey"]) {
      console.log(await zKey.verifyFromR1cs(of("r1cs"), powers, of(key)));
      console.log(await zKey.verifyFromInit(of("0.zkey"), powers, of(key)));
    }
  }
  process.exit(0);
})().catch(error => { console.error(error); process.exit(1); });
"""
NAMES = ["least", "toy", *(name.replace(" ", "-") for name in SOURCES)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that snarkjs made of each circuit, by name: NAME.r1cs, .0.zkey, .1.zkey, .2.zkey and .json."""
    node.folder()
    made = tmp_path_factory.mktemp("keys")
    (made / "powers.ptau").write_bytes(toy_ceremony.ptau(POWER))
    (made / "toy.r1cs").write_bytes(toy_ceremony.r1cs())
    (made / "least.r1cs").write_bytes(toy_ceremony.r1cs([], wires=1, public=0))
    for name, source in zip(NAMES[2:], SOURCES.values(), strict=True):
        (made / f"{name}.circom").write_text("pragma circom 2.0.0;\n" + source)
        node.circom(made / f"{name}.circom", made)
    node.run(MAKE % EXPONENT, str(made), BEACON, *NAMES)
    return made


def key(folder, name: str, number: object) -> zkeyfile.KeyFile:
    return zkeyfile.decode((folder / f"{name}.{number}.zkey").read_bytes())


def circuit(folder, name: str) -> r1csfile.CircuitTerms:
    return r1csfile.decode_terms((folder / f"{name}.r1cs").read_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_a_new_key_is_the_one_that_snarkjs_makes(folder, name):
    made = initial_key.make(circuit(folder, name), ptau.decode(toy_ceremony.ptau(POWER)))
    assert test_zkeyfile.written(made) == (folder / f"{name}.0.zkey").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_what_snarkjs_contributed_verifies_and_says_who(folder, name):
    powers = ptau.decode(toy_ceremony.ptau(POWER))
    for number in range(3):
        phase2check.verify(key(folder, name, number), circuit(folder, name), powers)
    phase2check.verify_from(key(folder, name, 2), key(folder, name, 1), powers)
    told = [one.attribution.name for one in key(folder, name, 2).ceremony.contributions]
    assert told == ["Żółw", "a beacon"]


@pytest.mark.parametrize("name", NAMES)
def test_a_beacon_is_contributed_byte_for_byte_as_snarkjs_does(folder, name):
    made = phase2.beacon(key(folder, name, 1), bytes.fromhex(BEACON), EXPONENT, "a beacon")
    assert test_zkeyfile.written(made) == (folder / f"{name}.2.zkey").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_verification_key_is_exported_byte_for_byte_as_snarkjs_does(folder, name):
    verifying, _, _ = zkeyheader.read_fixed(io.BytesIO((folder / f"{name}.2.zkey").read_bytes()))
    text = snarkjs.encode_verifying_key(verifying, alphabeta.of(verifying))
    assert text == (folder / f"{name}.json").read_text() + "\n"
    assert snarkjs.decode_verifying_key(text.encode()) == verifying


def test_snarkjs_accepts_what_we_contributed_to_and_refuses_it_changed(folder):
    for name in NAMES:
        ours = phase2.contribute(phase2.contribute(key(folder, name, 2), "Ada"), None, b"more")
        changed = replace(ours, h_query=test_phase2.changed(ours.h_query, 1))
        for kind, made in (("ours", ours), ("changed", changed)):
            (folder / f"{name}.{kind}.zkey").write_bytes(test_zkeyfile.written(made))
    printed = node.run(VERIFY, str(folder), *NAMES).split()
    assert [word for word in printed if word in ("true", "false")] == ["true", "true", "false", "false"] * len(NAMES)
