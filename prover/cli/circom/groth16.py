"""`zksettle groth16 prove`, `fullprove` and `verify`: circom's circuits, in snarkjs's files and order of arguments."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.cli.circom import setup
from prover.cli.circom.wtns import calculated, input_argument, limit_option, wasm_argument, wtns_argument
from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.frame.screen import seconds
from prover.cli.tools import resident

if TYPE_CHECKING:
    import numpy as np

zkey_argument = click.argument("zkey", type=paths.Existing(), default="circuit_final.zkey", metavar="[CIRCUIT.zkey]")
proof_argument, public_argument = (
    click.argument(name, type=paths.Output(), default=f"{name}.json", metavar=f"[{name.upper()}.json]")
    for name in ("proof", "public")
)


def _existing(name: str, default: str) -> Callable[[Callable], Callable]:
    return click.argument(name, type=paths.Existing(), default=default, metavar=f"[{default.upper()[:-5]}.json]")


@group()
def groth16() -> None:
    """Groth16 proofs of any circuit, in snarkjs's files.

    Files that are not named are snarkjs's: circuit_final.zkey, witness.wtns, proof.json, public.json and so on.
    """


groth16.add_command(setup.setup)


@groth16.command("prove")
@zkey_argument
@wtns_argument
@proof_argument
@public_argument
@resident.options
@pass_app
def prove(app: App, zkey: Path, wtns: Path, proof: Path, public: Path, service: bool, timeout: int) -> None:
    """Prove a circom circuit from snarkjs's key and witness.

    Writes the proof and the public inputs as `snarkjs groth16 verify` takes them.  Files of these names are replaced.

    The first proof under a key checks it; a copy is kept where the compiled kernels lie.
    """
    from prover.service import client

    _check_files({"CIRCUIT.zkey": zkey, "WITNESS.wtns": wtns}, proof, public)
    started = time.perf_counter()
    folder = app.home.service
    answer = client.prove_circom(folder, zkey, wtns, resident.tell, timeout * 1000) if service else None
    if answer is None:
        proof_text, public_text, took_s = _prove_here(app, zkey, wtns, lambda: _read(wtns))
    else:
        proof_text, public_text = (part.decode() for part in answer.parts)
        took_s = time.perf_counter() - started
    _write(app, proof, public, proof_text, public_text, took_s, is_service=answer is not None)


def _read(wtns: Path) -> "np.ndarray":
    from prover.circom import proofs

    return proofs.read_witness(wtns)


@groth16.command("fullprove")
@input_argument
@wasm_argument
@zkey_argument
@proof_argument
@public_argument
@limit_option
@pass_app
def fullprove(app: App, input: Path, wasm: Path, zkey: Path, proof: Path, public: Path, timeout: int) -> None:
    """Calculate a witness and prove it: `wtns calculate`, then `groth16 prove`.

    The witness is written nowhere.
    """
    _check_files({"INPUT.json": input, "CIRCUIT.wasm": wasm, "CIRCUIT.zkey": zkey}, proof, public)
    log: list[str] = []

    def witness() -> "np.ndarray":
        found = calculated(app, wasm, input, timeout)
        log.extend(found.log)
        return found.witness

    proof_text, public_text, took_s = _prove_here(app, zkey, input, witness)
    for line in log:
        app.screen.say(line)
    _write(app, proof, public, proof_text, public_text, took_s, is_service=False, log=log)


def _check_files(read: dict[str, Path], proof: Path, public: Path) -> None:
    """Raises click.UsageError when a file is given twice, FormatError when one cannot be written where it is to be."""
    paths.check_different(read | {"PROOF.json": proof, "PUBLIC.json": public})
    for path in (proof, public):
        paths.check_folder(path)


def _write(app: App, proof: Path, public: Path, proof_text: str, public_text: str, took_s: float, *,
           is_service: bool, **more: object) -> None:  # fmt: skip
    """Writes the two files and says so; `more` goes into the JSON document."""
    paths.write_text(proof, proof_text)
    paths.write_text(public, public_text)
    app.screen.say(
        f"Proved in {seconds(took_s)}{resident.by(is_service)}; the proof is in {proof}, its public inputs in {public}."
    )
    app.screen.document({
        "proof": str(proof),
        "public": str(public),
        "inputs": json.loads(public_text),
        "seconds": round(took_s, 6),
        "service": is_service,
        **more,
    })  # fmt: skip


def _prove_here(
    app: App, zkey: Path, given: Path, read: "Callable[[], np.ndarray]"
) -> tuple[str, str, float]:
    """The texts of proof and public inputs, and how many seconds they took.

    `read` makes the witness from the file `given`.
    """
    from prover.circom import proofs
    from prover.cli.frame import watching
    from prover.upkeep import warmup
    from zk.formats import snarkjs

    with watching.show_progress(app):
        proofs.check_key(zkey)
        started = time.perf_counter()
        witness = read()
        read_s = time.perf_counter() - started
        warmup.compile_kernels()
        started = time.perf_counter()
        found, inputs = proofs.prove_witness(zkey, witness, given)
        took_s = read_s + time.perf_counter() - started
    return snarkjs.encode_proof(found), snarkjs.encode_public(inputs), took_s


@groth16.command("verify")
@_existing("key", "verification_key.json")
@_existing("public", "public.json")
@_existing("proof", "proof.json")
@click.option("--paranoid", is_flag=True, help="Verify with py_ecc too, an independent implementation.")
@pass_app
def verify(app: App, key: Path, public: Path, proof: Path, paranoid: bool) -> None:
    """Verify a proof under a key, from snarkjs's three files."""
    from prover.cli.frame import watching
    from prover.proofs import proving
    from prover.upkeep import warmup
    from zk.formats import snarkjs
    from zk.groth16 import keys

    trusted = snarkjs.decode_verifying_key(paths.read_bytes(key, snarkjs.MAX_BYTES))
    inputs = snarkjs.decode_public(paths.read_bytes(public, snarkjs.MAX_BYTES), trusted.num_public)
    found = snarkjs.decode_proof(paths.read_bytes(proof))
    with watching.show_progress(app):
        warmup.compile_kernels()
        proving.verify_inputs(trusted, inputs, found, paranoid)
    digest = keys.digest(trusted).hex()
    app.screen.say(f"The proof is valid{', and py_ecc agrees' if paranoid else ''}.", "good")
    app.screen.fields([("key", f"{digest[:16]}: the key in {key}"), ("public inputs", str(len(inputs)))])
    app.screen.document(
        {"valid": True, "key": {"digest": digest}, "public": list(map(str, inputs)), "paranoid": paranoid}
    )
