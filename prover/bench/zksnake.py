"""zksnake (PyPI) as a peer in a benchmark, in a Python process of its own.

It does not read .zkey files: it makes its own key from circuit.r1cs, which is not timed, and proves the same witness.
"""

import importlib.util
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from prover.bench import peerprocess
from prover.bench.contenders import Contender
from prover.bench.peerfiles import Case, Unavailable
from prover.machine import hardware

PACKAGE = "zksnake"

_SCRIPT = """
import json, sys, time
from zksnake.arithmetization import R1CS
from zksnake.groth16 import Groth16
from zksnake.parser import R1CSReader

def say(**document):
    print(json.dumps(document), flush=True)

witness = json.loads(sys.stdin.readline())["witness"]
r1cs = R1CS.from_file(sys.argv[1])
r1cs.compile()
groth16 = Groth16(r1cs)
groth16.setup()
wires = R1CSReader(sys.argv[1]).read()["wires"]  # it orders them in its own way
public, private = r1cs.generate_witness({str(wire): value for wire, value in zip(wires, witness)})
say(ready=True, works=["prove", "verify"])
proof = None
for line in sys.stdin:
    work = json.loads(line)["do"]
    if work == "verify" and proof is None:
        proof = groth16.prove(public, private)
    started = time.perf_counter()
    if work == "prove":
        proof = groth16.prove(public, private)
        say(seconds=time.perf_counter() - started)
    elif groth16.verify(proof, public):
        say(seconds=time.perf_counter() - started)
    else:
        say(failed="does not accept its own proof of these files")
"""


def name() -> str:
    """zksnake with its version.  Raises Unavailable when it is not installed."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise Unavailable("zksnake is not installed: pip install zksnake")
    return f"{PACKAGE} {hardware.package_version(PACKAGE)}"


def in_process(case: Case, witness: list[int], folder: Path, running: ExitStack) -> list[Contender]:
    """Proofs and verifications.  Raises Unavailable without a circuit.r1cs, or when zksnake fails on it."""
    if not case.r1cs.is_file():
        raise Unavailable("zksnake makes its own key, and there is no circuit.r1cs to make it from")
    words = [sys.executable, "-c", _SCRIPT, str(case.r1cs)]
    return peerprocess.contenders(name(), words, {"witness": witness}, os.cpu_count() or 1, folder, running)
