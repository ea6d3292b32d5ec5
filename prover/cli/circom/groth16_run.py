"""Runs `zksettle groth16 prove`, `fullprove` and `verify` in this process."""

import time
from collections.abc import Callable
from pathlib import Path

from prover.circom import proofs, witnesses
from prover.circom.witnesses import Witness
from prover.cli.circom import prooffiles, wtns_run
from prover.cli.farm.options import Asked
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.machine import files, tasks
from prover.proofs import proving
from prover.upkeep import warmup
from zk.formats import snarkjs
from zk.groth16 import keys
from zk.groth16.keys import Proof


def prove(app: App, zkey: Path, wtns: Path, proof: Path, public: Path, asked: Asked | None = None) -> None:
    """Proves the witness in a file and writes the proof and its public inputs; with `asked`, other machines prove."""
    proofs.check_counts(zkey, wtns)
    proof_text, public_text, took_s = _prove(app, zkey, lambda: witnesses.read(wtns), asked)
    prooffiles.write(
        app, proof, public, proof_text, public_text, took_s, is_service=False, is_queue=asked is not None
    )  # fmt: skip


def fullprove(
    app: App, inputs: Path, wasm: Path, zkey: Path, proof: Path, public: Path, timeout_s: int, asked: Asked | None
) -> None:
    """Calculates a witness here, proves it as `prove` does, and writes the proof and its public inputs."""
    prooffiles.check({"INPUT.json": inputs, "CIRCUIT.wasm": wasm, "CIRCUIT.zkey": zkey}, proof, public)
    log: list[str] = []

    def read() -> Witness:
        witness = wtns_run.calculate_witness(app, wasm, inputs, timeout_s)
        log.extend(witness.log)
        return witness

    proof_text, public_text, took_s = _prove(app, zkey, read, asked)
    for line in log:
        app.screen.say(line)
    prooffiles.write(
        app, proof, public, proof_text, public_text, took_s, is_service=False, is_queue=asked is not None, log=log
    )


def verify(app: App, key: Path, public: Path, proof: Path, is_paranoid: bool) -> None:
    """Verifies a proof in snarkjs's three files."""
    verifying = snarkjs.decode_verifying_key(files.read(key, snarkjs.MAX_BYTES))
    inputs = snarkjs.decode_public(files.read(public, snarkjs.MAX_BYTES), verifying.num_public)
    points = snarkjs.decode_proof(files.read(proof, paths.MAX_BYTES))
    with watching.show_progress(app):
        warmup.compile_kernels()
        proving.verify(verifying, inputs, points, is_paranoid)
    digest = keys.digest(verifying).hex()
    app.screen.say(f"The proof is valid{', and py_ecc agrees' if is_paranoid else ''}.", "good")
    app.screen.fields([("key", f"{digest[:16]}: the key in {key}"), ("public inputs", str(len(inputs)))])
    app.screen.document(
        {"valid": True, "key": {"digest": digest}, "public": list(map(str, inputs)), "paranoid": is_paranoid}
    )


def _prove(app: App, zkey: Path, read: Callable[[], Witness], asked: Asked | None) -> tuple[str, str, float]:
    """The texts of the proof and of its public inputs, and the seconds that they took."""
    with watching.show_progress(app):
        proofs.check_key(zkey)
        start_s = time.perf_counter()
        witness = read()
        read_s = time.perf_counter() - start_s
        warmup.compile_kernels()
        start_s = time.perf_counter()
        if asked is None:
            proof, inputs = proofs.prove_witness(proofs.load_key(zkey), witness)
        else:
            proof, inputs = _ask(app, asked, zkey, witness)
        took_s = read_s + time.perf_counter() - start_s
    return snarkjs.encode_proof(proof), snarkjs.encode_public(inputs), took_s


def _ask(app: App, asked: Asked, zkey: Path, witness: Witness) -> tuple[Proof, list[int]]:
    """A proof by the workers of a queue, and its public inputs."""
    from prover.cli.farm import asking

    with asking.opened(app, asked.url, asked.key) as submitter, tasks.task("Proving"):
        return asking.prove_zkey(submitter, asked, zkey, witness)
