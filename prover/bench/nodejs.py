"""snarkjs as a peer in a benchmark: in one node process, warm and with its files in memory, and as a command.

ZKSETTLE_NODE names the folder whose node_modules holds it.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from prover.bench.peerfiles import TIMEOUT_S, Case, Times, Unavailable

VARIABLE = "ZKSETTLE_NODE"

# snarkjs keeps its worker threads as long as the process lives, so a process measures only one number of threads.
_SCRIPT = """
const snarkjs = require("snarkjs"), fs = require("fs");
const [zkey, wtns, vkey, runs, isSingle] = process.argv.slice(1);
const options = {singleThread: isSingle === "1"};
const load = name => ({type: "mem", data: new Uint8Array(fs.readFileSync(name))});
async function time(work) {
    const times = [];
    for (let i = 0; i <= Number(runs); i++) {
        const started = performance.now();
        await work();
        times.push((performance.now() - started) / 1000);
    }
    return times;
}
(async () => {
    const files = [load(zkey), load(wtns)], key = JSON.parse(fs.readFileSync(vkey));
    let made, isValid = true;
    const prove = await time(async () => { made = await snarkjs.groth16.prove(...files, undefined, options); });
    const verify = await time(async () => {
        isValid = isValid && await snarkjs.groth16.verify(key, made.publicSignals, made.proof);
    });
    console.log(JSON.stringify({prove, verify, isValid}));
    process.exit(0);
})().catch(error => { console.error(error); process.exit(1); });
"""


def name() -> str:
    """snarkjs with its version.  Raises Unavailable when it cannot run."""
    package = json.loads((_folder() / "node_modules" / "snarkjs" / "package.json").read_text("utf-8"))
    return f"snarkjs {package['version']}"


def in_process(case: Case, runs: int, is_single: bool) -> Times:
    """Times of proofs and verifications in one process, on one thread or on every core.

    Raises Unavailable when snarkjs cannot run or makes an invalid proof.
    """
    files = [case.zkey, case.wtns, case.verification_key]
    output = _start(["-e", _SCRIPT, "--", *map(str, files), str(runs), "1" if is_single else "0"])
    times: dict[str, Any] = json.loads(output)
    if not times["isValid"]:
        raise Unavailable("snarkjs does not accept its own proof of these files")
    return {"prove": times["prove"], "verify": times["verify"]}


def command(case: Case, folder: Path) -> list[str]:
    """The command that proves and writes into a folder.  Raises Unavailable when it cannot run."""
    outputs = [str(folder / "proof.json"), str(folder / "public.json")]
    return [*program(), "groth16", "prove", str(case.zkey), str(case.wtns), *outputs]


def program() -> list[str]:
    """The words that start snarkjs.  Raises Unavailable when it is not installed."""
    return [_node(), str(_folder() / "node_modules" / "snarkjs" / "cli.js")]


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise Unavailable("node is not installed")
    return node


def _folder() -> Path:
    """The folder with node_modules."""
    _node()
    named = os.environ.get(VARIABLE, "")
    if not named or not (Path(named) / "node_modules" / "snarkjs" / "cli.js").is_file():
        raise Unavailable(f"{VARIABLE} does not name a folder in which `npm install snarkjs` was run")
    return Path(named).resolve()


def _start(arguments: list[str]) -> str:
    """The output of node.  Raises Unavailable when it fails or takes too long."""
    try:
        result = subprocess.run([_node(), *arguments], cwd=_folder(), capture_output=True, text=True, timeout=TIMEOUT_S,
                              check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unavailable(f"snarkjs took more than {TIMEOUT_S} s") from None
    if result.returncode:
        raise Unavailable(f"snarkjs failed: {(result.stderr.strip().splitlines() or ['no reason given'])[0][:200]}")
    return result.stdout
