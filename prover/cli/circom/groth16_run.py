"""What `zksettle groth16 prove`, `fullprove` and `verify` do."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from prover.circom import proofs, witnesses
from prover.circom.witnesses import Witness
from prover.cli.circom import wtns_run
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.cli.tools import resident
from prover.machine import files, units
from prover.proofs import proving
from prover.service import client
from prover.upkeep import warmup
from zk.formats import snarkjs
from zk.groth16 import keys


def prove(app: App, zkey: Path, wtns: Path, proof: Path, public: Path, uses_service: bool, timeout_s: int) -> None:
    """Proves the witness in a file and writes the proof and its public inputs."""
    _check_files({"CIRCUIT.zkey": zkey, "WITNESS.wtns": wtns}, proof, public)
    proofs.check_counts(zkey, wtns)
    started = time.perf_counter()
    answer = None
    if uses_service:
        answer = client.prove_circom(app.home.service, zkey, wtns, resident.tell, timeout_s * 1000)
    if answer is None:
        proof_text, public_text, took_s = _prove_here(app, zkey, lambda: witnesses.read(wtns))
    else:
        proof_text, public_text = (part.decode() for part in answer.parts)
        took_s = time.perf_counter() - started
    _write(app, proof, public, proof_text, public_text, took_s, is_service=answer is not None)


def fullprove(app: App, inputs: Path, wasm: Path, zkey: Path, proof: Path, public: Path, timeout_s: int) -> None:
    """Calculates a witness, proves it, and writes the proof and its public inputs."""
    _check_files({"INPUT.json": inputs, "CIRCUIT.wasm": wasm, "CIRCUIT.zkey": zkey}, proof, public)
    log: list[str] = []

    def read() -> Witness:
        witness = wtns_run.calculated(app, wasm, inputs, timeout_s)
        log.extend(witness.log)
        return witness

    proof_text, public_text, took_s = _prove_here(app, zkey, read)
    for line in log:
        app.screen.say(line)
    _write(app, proof, public, proof_text, public_text, took_s, is_service=False, log=log)


def verify(app: App, key: Path, public: Path, proof: Path, is_paranoid: bool) -> None:
    """Verifies a proof in snarkjs's three files."""
    verifying = snarkjs.decode_verifying_key(files.read(key, snarkjs.MAX_BYTES))
    inputs = snarkjs.decode_public(files.read(public, snarkjs.MAX_BYTES), verifying.num_public)
    decoded = snarkjs.decode_proof(files.read(proof, paths.MAX_BYTES))
    with watching.show_progress(app):
        warmup.compile_kernels()
        proving.verify(verifying, inputs, decoded, is_paranoid)
    digest = keys.digest(verifying).hex()
    app.screen.say(f"The proof is valid{', and py_ecc agrees' if is_paranoid else ''}.", "good")
    app.screen.fields([("key", f"{digest[:16]}: the key in {key}"), ("public inputs", str(len(inputs)))])
    app.screen.document(
        {"valid": True, "key": {"digest": digest}, "public": list(map(str, inputs)), "paranoid": is_paranoid}
    )


def _check_files(read: dict[str, Path], proof: Path, public: Path) -> None:
    """Raises click.UsageError when two names are of one file, FormatError when an output cannot be written."""
    paths.check_different(read | {"PROOF.json": proof, "PUBLIC.json": public})
    for path in (proof, public):
        paths.check_folder(path)


def _prove_here(app: App, zkey: Path, read: Callable[[], Witness]) -> tuple[str, str, float]:
    """The texts of the proof and of its public inputs, and how many seconds they took."""
    with watching.show_progress(app):
        proofs.check_key(zkey)
        started = time.perf_counter()
        witness = read()
        read_s = time.perf_counter() - started
        warmup.compile_kernels()
        started = time.perf_counter()
        proof, inputs = proofs.prove_witness(proofs.load_key(zkey), witness)
        took_s = read_s + time.perf_counter() - started
    return snarkjs.encode_proof(proof), snarkjs.encode_public(inputs), took_s


def _write(app: App, proof: Path, public: Path, proof_text: str, public_text: str, took_s: float, *,
           is_service: bool, **more: object) -> None:  # fmt: skip
    """Writes both files or neither, and reports them; `more` goes into the JSON document."""
    files.replace_all({proof: proof_text.encode(), public: public_text.encode()})
    app.screen.say(
        f"Proved in {units.seconds(took_s)}{resident.by(is_service)}; the proof is in {proof}, "
        f"its public inputs in {public}."
    )
    app.screen.document({
        "proof": str(proof),
        "public": str(public),
        "inputs": json.loads(public_text),
        "seconds": round(took_s, 6),
        "service": is_service,
        **more,
    })  # fmt: skip
