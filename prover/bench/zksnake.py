"""zksnake (PyPI) as a peer in a benchmark, in a Python process of its own.

It does not read .zkey files: it makes its own key from circuit.r1cs, which is not timed, and proves the same witness.
"""

import importlib.util
import json
import subprocess
import sys

from prover.bench.peerfiles import TIMEOUT_S, Case, Times, Unavailable
from prover.machine import hardware

PACKAGE = "zksnake"

_SCRIPT = """
import json, sys, time
from zksnake.arithmetization import R1CS
from zksnake.groth16 import Groth16
from zksnake.parser import R1CSReader

def timed(work, runs):
    times = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - started)
    return times, result

witness, runs = json.load(sys.stdin), int(sys.argv[2])
r1cs = R1CS.from_file(sys.argv[1])
r1cs.compile()
groth16 = Groth16(r1cs)
groth16.setup()
wires = R1CSReader(sys.argv[1]).read()["wires"]  # it orders them in its own way
public, private = r1cs.generate_witness({str(wire): value for wire, value in zip(wires, witness)})
prove, proof = timed(lambda: groth16.prove(public, private), runs)
verify, is_valid = timed(lambda: groth16.verify(proof, public), runs)
print(json.dumps({"prove": prove, "verify": verify, "is_valid": is_valid}))
"""


def name() -> str:
    """zksnake with its version.  Raises Unavailable when it is not installed."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise Unavailable("zksnake is not installed: pip install zksnake")
    return f"{PACKAGE} {hardware.package_version(PACKAGE)}"


def in_process(case: Case, witness: list[int], runs: int) -> Times:
    """Times of proofs and verifications.  Raises Unavailable without a circuit.r1cs, or when zksnake fails on it."""
    if not case.r1cs.is_file():
        raise Unavailable("zksnake makes its own key, and there is no circuit.r1cs to make it from")
    try:
        result = subprocess.run([sys.executable, "-c", _SCRIPT, str(case.r1cs), str(runs)], capture_output=True,
                              check=False, text=True, timeout=TIMEOUT_S, input=json.dumps(witness))  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unavailable(f"zksnake took more than {TIMEOUT_S} s") from None
    if result.returncode:
        raise Unavailable(f"zksnake failed: {(result.stderr.strip().splitlines() or ['no reason given'])[-1][:200]}")
    times = json.loads(result.stdout)
    if not times["is_valid"]:
        raise Unavailable("zksnake does not accept its own proof of these files")
    return {"prove": times["prove"], "verify": times["verify"]}
