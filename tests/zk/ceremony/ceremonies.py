"""Powers of tau made by snarkjs, and its verdict on other files; one run of node serves many files."""

import json
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests import node

POWER = 4
BEACON, ITERATIONS_EXP = bytes(range(1, 33)), 10

_MAKE = """
const { powersOfTau } = require(process.cwd() + "/node_modules/snarkjs");
const { getCurveFromName } = require(process.cwd() + "/node_modules/snarkjs/node_modules/ffjavascript");
const [folder, power, beacon, exponent] = process.argv.slice(1);
const at = name => folder + "/" + name + ".ptau";
(async () => {
    const curve = await getCurveFromName("bn128");
    await powersOfTau.newAccumulator(curve, Number(power), at("new"));
    await powersOfTau.contribute(at("new"), at("one"), "Zoë \\u2028", "entropy of a test");
    await powersOfTau.beacon(at("one"), at("two"), "the beacon", beacon, Number(exponent));
    await powersOfTau.contribute(at("two"), at("three"), undefined, "more of it");
    await powersOfTau.preparePhase2(at("two"), at("ready"));
    await powersOfTau.truncate(at("ready"), folder + "/ready_");
    process.exit(0);
})();
"""

_VERIFY = """
const { powersOfTau } = require(process.cwd() + "/node_modules/snarkjs");
const folder = process.argv[1], names = process.argv.slice(2), errors = [];
const logger = { debug() {}, info() {}, warn() {}, error(text) { errors.push(text); } };
(async () => {
    const verdicts = {};
    for (const name of names) {
        const isValid = await powersOfTau.verify(folder + "/" + name, logger);
        verdicts[name] = isValid ? "" : errors.pop();
    }
    console.log(JSON.stringify(verdicts));
    process.exit(0);
})();
"""


@cache
def by_snarkjs() -> dict[str, bytes]:
    """The files new, one (a contribution), two (a beacon), three, ready (two, prepared), ready_01 to ready_03."""
    with tempfile.TemporaryDirectory() as folder:
        node.run(_MAKE, folder, str(POWER), BEACON.hex(), str(ITERATIONS_EXP))
        return {path.stem: path.read_bytes() for path in Path(folder).glob("*.ptau")}


def snarkjs_errors(files: Mapping[str, bytes]) -> dict[str, str]:
    """The error of `snarkjs powersoftau verify` for each file; empty if it accepts the file."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        errors: dict[str, str] = json.loads(node.run(_VERIFY, folder, *files))
        return errors
