"""Runs `zksettle groth16 prove`: asks a prover that runs in the home before it imports anything heavy."""

import time
from pathlib import Path

from prover.cli.circom import prooffiles
from prover.cli.farm.options import Asked
from prover.cli.frame.command import App
from prover.cli.tools import resident
from prover.service import client


def prove(
    app: App, zkey: Path, wtns: Path, proof: Path, public: Path, uses_service: bool, timeout_s: int,
    asked: Asked | None,
) -> None:  # fmt: skip
    """Proves a witness, with a queue, the resident prover or here, and writes the proof and its public inputs."""
    prooffiles.check({"CIRCUIT.zkey": zkey, "WITNESS.wtns": wtns}, proof, public)
    start_s, answer = time.perf_counter(), None
    if uses_service and asked is None:
        answer = client.prove_circom(app.home.service, zkey, wtns, resident.tell, timeout_s * 1000)
    if answer is None:
        from prover.cli.circom import groth16_run  # NumPy and the proof system, which the service has loaded already

        groth16_run.prove(app, zkey, wtns, proof, public, asked)
    else:
        proof_text, public_text = (part.decode() for part in answer.parts)
        prooffiles.write(app, proof, public, proof_text, public_text, time.perf_counter() - start_s, is_service=True)
