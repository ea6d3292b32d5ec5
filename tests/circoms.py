"""Circuits that circom2 compiles, with keys, witnesses and proofs by snarkjs: once per session, for many tests.

`make` writes a folder for each, with circuit.circom, circuit.r1cs, circuit.sym, circuit_js/circuit.wasm, input.json,
and by snarkjs start.zkey (before phase 2), circuit.zkey, key.json, witness.wtns, wtns.json, r1cs.json, proof.json and
public.json.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from tests import node
from zk.fields.prime import R

MANY = 40


@dataclass(frozen=True)
class Case:
    source: str
    inputs: dict
    public: list[int]


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
        component main {public [a]} = Dot(MANY);""".replace("MANY", str(MANY)),
        {"a": list(range(1, MANY + 1)), "b": [str(R - 1)] * MANY},
        [-sum(range(MANY + 1)) % R, *range(1, MANY + 1)],
    ),
    "duplicates": Case(
        """template Twice() { signal input a; signal input b; signal input spare[20]; signal output x; signal output y;
        signal c; signal d; c <== a; x <== c * b; y <== c * b; d <== x; d * c === 150; }
        component main {public [a, spare]} = Twice();""",
        {"a": "5", "b": "6", "spare": [[8] * 10, [9] * 10]},
        [30, 30, 5, *[8] * 10, *[9] * 10],
    ),
    "words": Case(
        """template Square() { signal input x; signal output y; y <== x * x; }
        template Words() { signal input a[2][2]; signal input k; signal input left; signal output o; signal s;
        component square[2];
        for (var i = 0; i < 2; i++) { square[i] = Square(); square[i].x <== a[i][0]; }
        log("k is", k); log(a[0][0]);
        assert(k != 9);
        s <== square[0].y + square[1].y; o <== s * k; s * a[0][1] === a[1][1]; }
        component main = Words();""",
        {"a": [[1, 2], ["3", 20]], "k": "4", "left": 0},
        [40],
    ),
    "a bus": Case(
        """bus Point() { signal x; signal y[2]; }
        template Sum() { input Point() p[2]; signal output z; z <== p[0].x * p[1].y[1] + p[0].y[0]; }
        component main = Sum();""",
        {"p[0].x": 2, "p[0].y": [3, 4], "p[1].x": 5, "p[1].y": [6, 7]},
        [17],
    ),
}

_SETUP = """
const { powersOfTau, zKey, wtns, r1cs, curves, groth16 } = require("snarkjs"), fs = require("fs");
const [folder, ...names] = process.argv.slice(-%d);
const big = (key, value) => typeof value === "bigint" ? value.toString() : value;
(async () => {
  const at = name => folder + "/" + name, tau = await curves.getCurveFromName("bn128");
  await powersOfTau.newAccumulator(tau, 8, at("start.ptau"));
  await powersOfTau.contribute(at("start.ptau"), at("second.ptau"), "test", "tests only");
  await powersOfTau.preparePhase2(at("second.ptau"), at("final.ptau"));
  for (const name of names) {
    const of = file => at(name + "/" + file);
    const write = (file, value) => fs.writeFileSync(of(file), JSON.stringify(value, big));
    await zKey.newZKey(of("circuit.r1cs"), at("final.ptau"), of("start.zkey"));
    await zKey.contribute(of("start.zkey"), of("circuit.zkey"), "test", "tests only");
    write("key.json", await zKey.exportVerificationKey(of("circuit.zkey")));
    const inputs = JSON.parse(fs.readFileSync(of("input.json")));
    await wtns.calculate(inputs, of("circuit_js/circuit.wasm"), of("witness.wtns"));
    write("wtns.json", await wtns.exportJson(of("witness.wtns")));
    write("r1cs.json", await r1cs.exportJson(of("circuit.r1cs")));
    const made = await groth16.prove(of("circuit.zkey"), of("witness.wtns"));
    write("proof.json", made.proof);
    write("public.json", made.publicSignals);
  }
  process.exit(0);
})().catch(error => { console.error(error); process.exit(1); });
"""


def compiled(name: str, place: Path) -> None:
    """Compiles a case with circom2 into a folder, and writes input.json.  Skips the test without node."""
    node.folder()
    (place / "circuit.circom").write_text("pragma circom 2.2.0;\n" + CASES[name].source)
    (place / "input.json").write_text(json.dumps(CASES[name].inputs))
    node.circom(place / "circuit.circom", place)


def folders(top: Path) -> dict[str, Path]:
    """{name of a case: its folder} in the folder `top`."""
    return {name: top / name.replace(" ", "-") for name in CASES}


def make(top: Path) -> None:
    """Makes these folders, with circom's and snarkjs's files of the cases.  Skips the test without node."""
    made = folders(top)
    for name, place in made.items():
        place.mkdir()
        compiled(name, place)
    names = [place.name for place in made.values()]
    node.run(_SETUP % (1 + len(names)), str(top), *names)
