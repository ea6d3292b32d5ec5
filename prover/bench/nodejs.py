"""snarkjs as a peer in a benchmark: in one node process, warm and with its files in memory, and as a command.

ZKSETTLE_NODE names the folder whose node_modules holds it.
"""

import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

from prover.bench import peerprocess
from prover.bench.contenders import Contender
from prover.bench.peerfiles import TIMEOUT_S, Case, Unavailable

VARIABLE = "ZKSETTLE_NODE"

# snarkjs keeps its worker threads as long as the process lives, so a process measures only one number of threads.
_SCRIPT = """
const [path, zkey, wtns, vkey, isSingle] = process.argv.slice(1);
const snarkjs = require(path), fs = require("fs"), readline = require("readline");
const options = {singleThread: isSingle === "1"};
const load = name => ({type: "mem", data: new Uint8Array(fs.readFileSync(name))});
const files = [load(zkey), load(wtns)], key = JSON.parse(fs.readFileSync(vkey));
const say = document => process.stdout.write(JSON.stringify(document) + "\\n");
let made;
const works = {
    prove: async () => { made = await snarkjs.groth16.prove(...files, undefined, options); return true; },
    verify: () => snarkjs.groth16.verify(key, made.publicSignals, made.proof),
};
(async () => {
    say({ready: true, works: Object.keys(works)});
    for await (const line of readline.createInterface({input: process.stdin})) {
        const work = works[JSON.parse(line).do];
        if (work === works.verify && !made) await works.prove();
        const started = performance.now(), isValid = await work();
        const seconds = (performance.now() - started) / 1000;
        say(isValid ? {seconds} : {failed: "does not accept its own proof of these files"});
    }
    process.exit(0);
})().catch(error => { console.error(error); process.exit(1); });
"""


def name() -> str:
    """snarkjs with its version.  Raises Unavailable when it cannot run."""
    package = json.loads((_folder() / "node_modules" / "snarkjs" / "package.json").read_text("utf-8"))
    return f"snarkjs {package['version']}"


def in_process(case: Case, threads: int, folder: Path, running: ExitStack) -> list[Contender]:
    """Proofs and verifications in one process, on one thread or on every core.  Raises Unavailable as `program`."""
    files = map(str, (case.zkey, case.wtns, case.verification_key))
    package = str(_folder() / "node_modules" / "snarkjs")
    words = [_node(), "-e", _SCRIPT, "--", package, *files, "1" if threads == 1 else "0"]
    return peerprocess.contenders(name(), words, None, threads, folder, running)


def command(case: Case, *outputs: str) -> list[str]:
    """The command that proves and writes a proof and its public inputs.  Raises Unavailable when it cannot run."""
    return [*program(), "groth16", "prove", str(case.zkey), str(case.wtns), *outputs]


def thread_counts() -> list[int]:
    """One thread, and every core: snarkjs knows nothing in between."""
    return sorted({1, os.cpu_count() or 1})


def program() -> list[str]:
    """The words that start snarkjs.  Raises Unavailable when it is not installed."""
    return [_node(), str(_folder() / "node_modules" / "snarkjs" / "cli.js")]


def version() -> str:
    """The version of node.  Raises Unavailable when it is not installed."""
    words = [_node(), "--version"]
    return subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S, check=False).stdout.strip()


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
