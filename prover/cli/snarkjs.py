"""`zksettle groth16 prove` and `verify`, `export snarkjs` and `import snarkjs`: circom's and snarkjs's files."""

import json
import time
from pathlib import Path

import click

from prover.cli import files, resident
from prover.cli.command import Session, group, pass_session
from prover.cli.names import statement_argument
from prover.cli.screen import seconds

KEY, PUBLIC, PROOF = "verification_key.json", "public.json", "proof.json"


@group()
def groth16() -> None:
    """Groth16 proofs of any circuit, in snarkjs's files."""


@groth16.command("prove")
@click.argument("zkey", type=files.Existing(), metavar="CIRCUIT.zkey")
@click.argument("wtns", type=files.Existing(), metavar="WITNESS.wtns")
@click.argument("proof", type=files.Output(), metavar="PROOF.json")
@click.argument("public", type=files.Output(), metavar="PUBLIC.json")
@resident.options
@pass_session
def prove(session: Session, zkey: Path, wtns: Path, proof: Path, public: Path, service: bool, timeout: int) -> None:
    """Prove a circom circuit from snarkjs's key and witness.

    Writes the proof and the public inputs as `snarkjs groth16 verify` takes them.  Files of these names are replaced.

    The first proof under a key checks it; a copy is kept where the compiled kernels lie.
    """
    from prover.service import client

    files.check_different({"CIRCUIT.zkey": zkey, "WITNESS.wtns": wtns, "PROOF.json": proof, "PUBLIC.json": public})
    for path in (proof, public):
        files.check_folder(path)
    started = time.perf_counter()
    folder = session.home.service
    answer = client.prove_circom(folder, zkey, wtns, resident.tell, timeout * 1000) if service else None
    if answer is None:
        proof_text, public_text, took_s = _prove_here(session, zkey, wtns)
    else:
        proof_text, public_text = (part.decode() for part in answer.parts)
        took_s = time.perf_counter() - started
    files.write_text(proof, proof_text)
    files.write_text(public, public_text)
    is_service = answer is not None
    session.screen.say(
        f"Proved in {seconds(took_s)}{resident.by(is_service)}; the proof is in {proof}, its public inputs in {public}."
    )
    session.screen.document({
        "proof": str(proof),
        "public": str(public),
        "inputs": json.loads(public_text),
        "seconds": round(took_s, 6),
        "service": is_service,
    })  # fmt: skip


def _prove_here(session: Session, zkey: Path, wtns: Path) -> tuple[str, str, float]:
    """The texts of proof and public inputs, and how many seconds they took."""
    from prover.cli import watching
    from prover.machine import progress, warmup
    from prover.proofs import circom
    from zk.formats import snarkjs

    with progress.watched_by(watching.watcher(session.screen.is_json)):
        circom.check_key(zkey)
        started = time.perf_counter()
        witness = circom.read_witness(wtns)
        read_s = time.perf_counter() - started
        warmup.compile_kernels()
        started = time.perf_counter()
        found, inputs = circom.prove_witness(zkey, witness, wtns)
        took_s = read_s + time.perf_counter() - started
    return snarkjs.encode_proof(found), snarkjs.encode_public(inputs), took_s


@groth16.command("verify")
@click.argument("key", type=files.Existing(), metavar="VERIFICATION_KEY.json")
@click.argument("public", type=files.Existing(), metavar="PUBLIC.json")
@click.argument("proof", type=files.Existing(), metavar="PROOF.json")
@click.option("--paranoid", is_flag=True, help="Verify with py_ecc too, an independent implementation.")
@pass_session
def verify(session: Session, key: Path, public: Path, proof: Path, paranoid: bool) -> None:
    """Verify a proof under a key, from snarkjs's three files."""
    from prover.cli import watching
    from prover.machine import progress, warmup
    from prover.proofs import proving
    from zk.formats import snarkjs
    from zk.groth16 import keys

    trusted = snarkjs.decode_verifying_key(files.read_bytes(key, snarkjs.MAX_BYTES))
    inputs = snarkjs.decode_public(files.read_bytes(public, snarkjs.MAX_BYTES), trusted.public)
    found = snarkjs.decode_proof(files.read_bytes(proof))
    with progress.watched_by(watching.watcher(session.screen.is_json)):
        warmup.compile_kernels()
        proving.verify_inputs(trusted, inputs, found, paranoid)
    digest = keys.digest(trusted).hex()
    session.screen.say(f"The proof is valid{', and py_ecc agrees' if paranoid else ''}.", "good")
    session.screen.fields([("key", f"{digest[:16]}: the key in {key}"), ("public inputs", str(len(inputs)))])
    session.screen.document(
        {"valid": True, "key": {"digest": digest}, "public": list(map(str, inputs)), "paranoid": paranoid}
    )


@group()
def export() -> None:
    """Write proofs in other programs' formats."""


@export.command("snarkjs")
@click.argument("proof", type=files.Existing(), metavar="PROOF.json")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("."), metavar="FOLDER",
              help="Where the three files go. Default: here.")  # fmt: skip
@pass_session
def export_snarkjs(session: Session, proof: Path, output: Path) -> None:
    """Write the three files that snarkjs verifies.

    verification_key.json, public.json and proof.json, as `snarkjs groth16 verify` takes them.
    """
    from prover.proofs import prooffile
    from zk.formats import snarkjs

    found = prooffile.decode(files.read_bytes(proof))
    texts = {
        KEY: snarkjs.encode_verifying_key(found.key),
        PUBLIC: snarkjs.encode_public(found.inputs),
        PROOF: snarkjs.encode_proof(found.proof),
    }
    if (output / PROOF).exists() and (output / PROOF).samefile(proof):
        raise click.UsageError(f"{PROOF} would replace the file it is made from: give a folder with -o")
    output.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        files.write_text(output / name, text)
        session.screen.say(str(output / name))
    session.screen.document({name: str(output / name) for name in texts})


@group(name="import")
def import_() -> None:
    """Read proofs in other programs' formats."""


@import_.command("snarkjs")
@statement_argument
@click.argument("key", type=files.Existing(), metavar="VERIFICATION_KEY.json")
@click.argument("public", type=files.Existing(), metavar="PUBLIC.json")
@click.argument("proof", type=files.Existing(), metavar="PROOF.json")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
              help="Where the proof is written.")  # fmt: skip
@pass_session
def import_snarkjs(session: Session, statement: str, key: Path, public: Path, proof: Path, output: Path) -> None:
    """Make a proof file of STATEMENT from snarkjs's three files.  Nothing is verified: `zksettle verify` does that."""
    from prover.proofs import prooffile

    found = prooffile.from_snarkjs(statement, *(files.read_bytes(path) for path in (key, public, proof)))
    files.write_text(output, prooffile.encode(found))
    session.screen.say(f"The proof is in {output}; it is not verified yet.")
    session.screen.document({"statement": statement, "proof": str(output)})
