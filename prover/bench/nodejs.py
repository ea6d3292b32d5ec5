"""snarkjs, as a peer in a benchmark: inside one node process, warm and with its files in memory, and as a command.

ZKSETTLE_NODE names the folder whose node_modules has it.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from prover.bench.peerfiles import TIMEOUT_S, Case, Missing, Times

VARIABLE = "ZKSETTLE_NODE"

# It keeps its worker threads for as long as the process lives, so one process measures one number of threads.
_SCRIPT = """
const snarkjs = require("snarkjs"), fs = require("fs");
const [zkey, wtns, vkey, runs, isSingle] = process.argv.slice(1);
const options = {singleThread: isSingle === "1"};
const load = name => ({type: "mem", data: new Uint8Array(fs.readFileSync(name))});
async function time(work) {
    const taken = [];
    for (let i = 0; i <= Number(runs); i++) {
        const started = performance.now();
        await work();
        taken.push((performance.now() - started) / 1000);
    }
    return taken;
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
    """snarkjs with its version.  Raises Missing when it cannot run."""
    package = json.loads((_folder() / "node_modules" / "snarkjs" / "package.json").read_text("utf-8"))
    return f"snarkjs {package['version']}"


def in_process(case: Case, runs: int, is_single: bool) -> Times:
    """Proofs and verifications in one process; with one thread, or with as many as the machine has cores.

    Raises Missing when it cannot run or what it makes is not valid.
    """
    files = [case.zkey, case.wtns, case.verification_key]
    done = _start(["-e", _SCRIPT, "--", *map(str, files), str(runs), "1" if is_single else "0"])
    found: dict[str, Any] = json.loads(done)
    if not found["isValid"]:
        raise Missing("snarkjs does not accept its own proof of these files")
    return {"prove": found["prove"], "verify": found["verify"]}


def command(case: Case, folder: Path) -> list[str]:
    """The command that proves, writing to a folder.  Raises Missing when it cannot run."""
    outputs = [str(folder / "proof.json"), str(folder / "public.json")]
    return [*program(), "groth16", "prove", str(case.zkey), str(case.wtns), *outputs]


def program() -> list[str]:
    """What starts snarkjs as a command.  Raises Missing when it is not there."""
    return [_node(), str(_folder() / "node_modules" / "snarkjs" / "cli.js")]


def _node() -> str:
    found = shutil.which("node")
    if found is None:
        raise Missing("node is not installed")
    return found


def _folder() -> Path:
    """The folder with node_modules."""
    _node()
    stated = os.environ.get(VARIABLE, "")
    if not stated or not (Path(stated) / "node_modules" / "snarkjs" / "cli.js").is_file():
        raise Missing(f"{VARIABLE} does not name a folder in which `npm install snarkjs` was run")
    return Path(stated).resolve()


def _start(arguments: list[str]) -> str:
    """What node prints.  Raises Missing when it fails or takes too long."""
    try:
        done = subprocess.run([_node(), *arguments], cwd=_folder(), capture_output=True, text=True, timeout=TIMEOUT_S,
                              check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Missing(f"snarkjs took more than {TIMEOUT_S} s") from None
    if done.returncode:
        raise Missing(f"snarkjs failed: {(done.stderr.strip().splitlines() or ['no reason given'])[0][:200]}")
    return done.stdout
